using System.CommandLine;
using Writ.Rego;
using Writ.Rego.Builtins;
using Writ.Rego.Bundles;
using Writ.Rego.Values;

namespace Writ.Cli.Policies;

/// <summary>How policies are read and checked, alike in all verbs.</summary>
internal sealed class SourceFlags
{
    private readonly Option<string[]> _ignore = Flags.Ignore();
    private readonly Option<bool> _isV0 = Flags.Switch(
        "--v0-compatible", "Modules are in the syntax of OPA before 1.0.");
    private readonly Option<bool> _isV1 = Flags.Switch("--v1-compatible", "Modules are in the syntax of OPA 1.0.");

    private readonly Option<bool> _isStrict = Flags.Switch(
        "--strict", "-S", "Unused variables, imports and the like are errors.");

    private readonly Option<string?> _capabilities = new("--capabilities")
    {
        Description = "A capabilities file of OPA: policies may call no other built-ins.",
        HelpName = "FILE",
    };

    private readonly Option<string?> _schema = new("--schema", "-s")
    {
        Description = "A JSON schema of the input, or a folder of schemas that annotations name.",
        HelpName = "PATH",
    };

    public IEnumerable<Option> All => [_ignore, _isStrict, _isV0, _isV1, _capabilities, _schema];

    /// <summary>The syntax; the old one wins where both are asked for.</summary>
    public RegoVersion Version(Call call) => call.Get(_isV0) ? RegoVersion.V0 : RegoVersion.V1;

    public PolicyLoader Loader(Call call, bool isRegoOnly = false, BundleVerification? verification = null) =>
        new(call.Outside.Folder, LoadLimits.Default)
        {
            Ignore = call.Get(_ignore) ?? [],
            IsRegoOnly = isRegoOnly,
            Verification = verification,
        };

    public Bundle Bundle(Call call, string path, BundleVerification? verification) =>
        PolicyLoader.ReadBundle(path, call.Outside.Folder, LoadLimits.Default, call.Get(_ignore) ?? [], verification);

    public PolicyOptions Options(Call call) => PolicyOptions.Default with
    {
        Version = Version(call),
        IsStrict = call.Get(_isStrict),
        Schemas = call.Get(_schema) is { } path
            ? SchemaReader.Read(path, call.Outside.Folder, LoadLimits.Default)
            : null,
        Builtins = call.Get(_capabilities) is { } file ? Capable(call, file) : BuiltinRegistry.Standard,
    };

    private static BuiltinRegistry Capable(Call call, string file)
    {
        var document = DocumentReader.Read(file, call.Outside.Folder, LoadLimits.Default);
        if (document is not RegoObject map || !map.TryGet("builtins", out var list) || list is not RegoArray builtins)
            throw new UsageException($"{file} is no capabilities file: it has no list of built-ins.");
        var names = builtins.Span.ToArray().OfType<RegoObject>()
            .Select(builtin => builtin.TryGet("name", out var name) ? (name as RegoString)?.Value : null)
            .ToHashSet(StringComparer.Ordinal);
        return BuiltinRegistry.Standard.Without(
            BuiltinRegistry.Standard.All.Select(builtin => builtin.Name).Where(name => !names.Contains(name)));
    }
}
