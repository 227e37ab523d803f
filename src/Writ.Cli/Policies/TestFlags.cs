using System.CommandLine;
using System.Text.RegularExpressions;
using Writ.Cli.Policies.Testing;
using Writ.Rego.Bundles;

namespace Writ.Cli.Policies;

/// <summary>Which tests to run, and what to tell of them.</summary>
internal sealed class TestFlags
{
    private readonly Argument<string[]> _paths = CheckVerb.Paths("Modules and documents: files and folders.");
    private readonly Option<bool> _isBundle = Flags.Switch(
        "--bundle", "-b", "The paths are bundles: archives, or folders laid out as one.");

    private readonly Option<bool> _isVerbose = Flags.Switch(
        "--verbose", "-v", "Tells of every test, and what happened.");
    private readonly Option<string> _format = Flags.Format("pretty", "json", "gobench");

    private readonly Option<string?> _pattern = new("--run", "-r")
    {
        Description = "Runs only tests whose full name fits.",
        HelpName = "REGEX",
    };

    private readonly Option<bool> _coverage = Flags.Switch("--coverage", "-c", "Reports which lines were reached.");

    private readonly Option<double> _threshold = new("--threshold")
    {
        Description = "Ends with 2 when fewer lines were reached, in percent.",
        HelpName = "PERCENT",
    };

    private readonly Option<TimeSpan?> _timeout = Flags.Span("--timeout", "How long a test may take; 5s.");
    private readonly Option<bool> _hasValues = Flags.Switch("--var-values", "Shows where a test failed, and on what.");
    private readonly Option<bool> _isBench = Flags.Switch("--bench", "Measures the tests.");
    private readonly Option<bool> _memory = BenchVerb.Memory();
    private readonly Option<int> _count = BenchVerb.Count();

    private readonly Option<string?> _explain = new("--explain")
    {
        Description = "What to tell of tests that fail.",
        HelpName = "fails|full|notes|debug",
    };

    private readonly Option<bool> _maySkip = Flags.Switch(
        "--exit-zero-on-skipped", "-z", "Tests that are still to do are no failure.");

    private readonly Option<bool> _failsEmpty = Flags.Switch("--fail-on-empty", "Ends with 1 when there is no test.");

    public TestFlags() => _explain.AcceptOnlyFromAmong("fails", "full", "notes", "debug");

    public SourceFlags Sources { get; } = new();

    public IEnumerable<Symbol> All =>
    [
        _paths, _isBundle, _isVerbose, _format, _pattern, _coverage, _threshold, _timeout, _hasValues, _isBench,
        _memory, _count, _explain, _maySkip, _failsEmpty, .. Sources.All,
    ];

    public PolicySet Load(Call call)
    {
        var loader = Sources.Loader(call);
        foreach (var path in call.Get(_paths))
        {
            _ = call.Get(_isBundle) ? loader.AddBundle(path) : loader.Add(path);
        }

        return loader.Load();
    }

    public TestWishes Read(Call call)
    {
        var threshold = call.Get(_threshold);
        if (threshold is not (>= 0 and <= 100))
            throw new UnableException("Code coverage threshold must be between 0 and 100.");
        if (call.Get(_format) == "gobench" && !call.Get(_isBench))
            throw new UsageException("The format gobench is for --bench.");
        var explain = call.Get(_explain);
        var isVerbose = call.Get(_isVerbose) || explain is not null;
        return new TestWishes
        {
            Format = call.Get(_format)!,
            Pattern = call.Get(_pattern) is { } pattern ? Compiled(pattern) : null,
            HasCoverage = !call.Get(_isBench) && (call.Get(_coverage) || threshold > 0),
            Threshold = threshold,
            Timeout = call.Get(_timeout) ?? TimeSpan.FromSeconds(call.Get(_isBench) ? 30 : 5),
            IsTraced = !call.Get(_isBench)
                && (isVerbose || call.Get(_hasValues) || call.Get(_coverage) || threshold > 0),
            IsVerbose = isVerbose,
            IsBench = call.Get(_isBench),
            HasMemory = call.Get(_memory),
            Count = call.Get(_count),
            MaySkip = call.Get(_maySkip),
            FailsEmpty = call.Get(_failsEmpty),
            Text = new TestText(isVerbose, call.Get(_hasValues), explain ?? "fails"),
        };
    }

    private static Regex Compiled(string pattern)
    {
        try
        {
            return new Regex(
                pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
                TimeSpan.FromSeconds(1));
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            throw new UsageException($"--run: {e.Message}");
        }
    }
}
