using System.CommandLine;
using Writ.Cli.Policies.Bundles;
using Writ.Rego;
using Writ.Rego.Bundles;
using Writ.Rego.Queries;
using Writ.Rego.Values;

namespace Writ.Cli.Policies;

/// <summary>A query, what it is about, and what it may cost: what eval, bench and explain have in common.</summary>
internal sealed class EvalFlags
{
    private readonly Argument<string?> _query = new("query")
    {
        Description = "What to evaluate, as 'data.authz.allow'.",
        Arity = ArgumentArity.ZeroOrOne,
        DefaultValueFactory = _ => null,
    };

    private readonly Option<string[]> _data = Flags.Paths(
        "--data", "-d", "Modules and documents: files and folders; - is standard input.");

    private readonly Option<string[]> _bundles = Flags.Paths("--bundle", "-b", "A bundle: an archive or a folder.");

    private readonly Option<string?> _input = new("--input", "-i")
    {
        Description = "The input: JSON or YAML.",
        HelpName = "FILE",
    };

    private readonly Option<bool> _isInputStandard = Flags.Switch(
        "--stdin-input", "-I", "Reads the input from standard input.");

    private readonly Option<bool> _isQueryStandard = Flags.Switch("--stdin", "Reads the query from standard input.");

    private readonly Option<string?> _package = new("--package")
    {
        Description = "The package whose rules the query may name alone.",
        HelpName = "NAME",
    };

    private readonly Option<string[]> _imports = new("--import")
    {
        Description = "What the query imports, as data.lib.text. Repeatable.",
        HelpName = "PATH",
    };

    private readonly Option<bool> _isStrict = Flags.Switch(
        "--strict-builtin-errors", "The first error of a built-in ends the query.");

    private readonly Option<TimeSpan?> _timeout = Flags.Span("--timeout", "How long the query may take; 5m.");
    private readonly VerificationFlags _verification = new();

    public SourceFlags Sources { get; } = new();

    public IEnumerable<Symbol> All =>
    [
        _query, _data, _bundles, _input, _isInputStandard, _isQueryStandard, _package, _imports, _isStrict, _timeout,
        .. _verification.All, .. Sources.All,
    ];

    public PolicySet Load(Call call)
    {
        var loader = Sources.Loader(call, verification: _verification.Read(call));
        foreach (var path in call.Get(_data) ?? [])
        {
            if (path == "-")
                loader.Add("-", StandardInput.Read(call));
            else
                loader.Add(path);
        }

        foreach (var path in call.Get(_bundles) ?? [])
        {
            loader.AddBundle(path);
        }

        return loader.Load();
    }

    public string Query(Call call)
    {
        CheckStandardInput(call);
        return (call.Get(_query), call.Get(_isQueryStandard)) switch
        {
            (null, false) => throw new UsageException("Give a query, or --stdin."),
            (not null, true) => throw new UsageException("Give a query or --stdin, not both."),
            (null, true) => StandardInput.ReadText(call),
            (var query, _) => query,
        };
    }

    public QueryScope Scope(Call call) => new()
    {
        Package = call.Get(_package) ?? "",
        Imports = call.Get(_imports) ?? [],
    };

    public QueryInput Input(Call call, PolicySet policy) => new()
    {
        Input = Document(call),
        Data = policy.Data,
        IsStrict = call.Get(_isStrict),
        Time = call.Outside.Time,
        Limits = CommandLimits.Of(call.Get(_timeout) ?? CommandLimits.Usual),
        Cancellation = call.Cancel,
        Print = call.Outside.Error.WriteLine,
    };

    private RegoValue? Document(Call call)
    {
        if (call.Get(_isInputStandard))
            return DocumentReader.Read("-", StandardInput.Read(call), LoadLimits.Default);
        return call.Get(_input) is { } file
            ? DocumentReader.Read(WithoutScheme(file), call.Outside.Folder, LoadLimits.Default)
            : null;
    }

    private static string WithoutScheme(string path) =>
        path.StartsWith("file://", StringComparison.Ordinal) ? path["file://".Length..] : path;

    private void CheckStandardInput(Call call)
    {
        var isData = (call.Get(_data) ?? []).Contains("-", StringComparer.Ordinal);
        if ((bool[])[call.Get(_isInputStandard), call.Get(_isQueryStandard), isData] is { } wanted
            && wanted.Count(one => one) > 1)
        {
            throw new UsageException("Standard input can be one thing: --stdin, --stdin-input or --data -.");
        }

        if (call.Get(_isInputStandard) && call.Get(_input) is not null)
            throw new UsageException("Give --stdin-input or --input, not both.");
    }
}
