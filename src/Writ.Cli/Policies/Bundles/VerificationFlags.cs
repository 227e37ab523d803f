using System.CommandLine;
using Writ.Rego.Bundles;

namespace Writ.Cli.Policies.Bundles;

/// <summary>What bundles' signatures are held against; without a key they are taken unverified.</summary>
internal sealed class VerificationFlags
{
    private readonly Option<string?> _key = new("--verification-key")
    {
        Description = "Bundles must be signed by this key: a PEM file, or the secret itself for HS256….",
        HelpName = "FILE",
    };

    private readonly Option<string> _keyId = new("--verification-key-id")
    {
        Description = "The id that signatures give the key; default.",
        HelpName = "ID",
        DefaultValueFactory = _ => "default",
    };

    private readonly Option<string> _algorithm = Algorithm();
    private readonly Option<string?> _scope = Scope();

    private readonly Option<string[]> _exclude = new("--exclude-files-verify")
    {
        Description = "Files of bundles that need not be signed. Repeatable.",
        HelpName = "PATTERN",
    };

    public IEnumerable<Option> All => [_key, _keyId, _algorithm, _scope, _exclude];

    public static Option<string> Algorithm() => new("--signing-alg")
    {
        Description = "The algorithm of the signature; RS256.",
        HelpName = "ALG",
        DefaultValueFactory = _ => "RS256",
    };

    public static Option<string?> Scope() => new("--scope")
    {
        Description = "The scope of the signature.",
        HelpName = "TEXT",
    };

    public string AlgorithmOf(Call call) => call.Get(_algorithm)!;

    public string ScopeOf(Call call) => call.Get(_scope) ?? "";

    public BundleVerification? Read(Call call)
    {
        if (call.Get(_key) is not { } key)
            return null;
        var algorithm = AlgorithmOf(call);
        return new BundleVerification
        {
            Keys = new Dictionary<string, BundleKey>(StringComparer.Ordinal)
            {
                [call.Get(_keyId)!] = new(algorithm, KeyText(call, key, algorithm), ScopeOf(call)),
            },
            Exclude = call.Get(_exclude) ?? [],
        };
    }

    /// <summary>The text of a PEM file; a secret is what was typed, unless that is a file.</summary>
    public static string KeyText(Call call, string key, string algorithm)
    {
        var path = Path.GetFullPath(key, call.Outside.Folder);
        if (File.Exists(path))
            return File.ReadAllText(path).Trim();
        return algorithm.StartsWith("HS", StringComparison.Ordinal)
            ? key
            : throw new UnableException($"There is no key file {key}.");
    }
}
