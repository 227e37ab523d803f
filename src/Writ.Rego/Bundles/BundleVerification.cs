using System.Security.Cryptography;
using Writ.Rego.Builtins.Crypto;
using Writ.Rego.Builtins;
using Writ.Rego.Bundles.Files;
using Writ.Rego.Values;

namespace Writ.Rego.Bundles;

/// <summary>What a bundle's signature is held against: <c>.signatures.json</c> with one JWT that lists every file.
/// </summary>
public sealed record BundleVerification
{
    private const string Signatures = ".signatures.json";

    /// <summary>The keys, by the ids that signatures name.</summary>
    public IReadOnlyDictionary<string, BundleKey> Keys { get; init; } =
        new Dictionary<string, BundleKey>(StringComparer.Ordinal);

    /// <summary>The key to use; when empty, the one among them that the signature names.</summary>
    public string KeyId { get; init; } = "";

    /// <summary>The scope that the signature must have; the key's when empty.</summary>
    public string Scope { get; init; } = "";

    /// <summary>Paths that need not be listed, with <c>*</c>, <c>?</c>, <c>[]</c>.</summary>
    public IReadOnlyList<string> Exclude { get; init; } = [];

    /// <summary>Every file is listed with its hash, and every listed file is there.</summary>
    /// <param name="name">The bundle, for errors.</param>
    /// <param name="entries">Its files.</param>
    /// <param name="signedBelow">The folder with which all names may begin, as it was signed; empty for an archive,
    /// in which a file that moved is another file.</param>
    internal void Check(string name, IReadOnlyList<BundleEntry> entries, string signedBelow)
    {
        var signatures = entries.FirstOrDefault(entry => entry.Path == Signatures)
            ?? throw LoadBudget.Error(name, "bundle missing .signatures.json file");
        var place = $"{name}/{Signatures}";
        Dictionary<string, (string Hash, string Algorithm)> listed;
        try
        {
            listed = Without($"{signedBelow}/", Files(Token(place, signatures)));
        }
        catch (Exception error) when (error is BuiltinError or CryptographicException)
        {
            throw LoadBudget.Error(place, error.Message, error);
        }

        foreach (var entry in entries.Where(entry => entry.Path != Signatures))
        {
            if (Exclude.Any(pattern => FilePattern.Matches(pattern, entry.Path)))
                _ = listed.Remove(entry.Path);
            else if (listed.Remove(entry.Path, out var file))
                CheckFile(name, entry, file.Hash, file.Algorithm);
            else
                throw LoadBudget.Error(name, $"file {entry.Path} not included in bundle signature");
        }

        if (listed.Count > 0)
        {
            var missing = string.Join(' ', listed.Keys.Order(StringComparer.Ordinal));
            throw LoadBudget.Error(
                name, $"file(s) [{missing}] specified in bundle signatures but not found in the target bundle");
        }
    }

    private static Dictionary<string, (string Hash, string Algorithm)> Without(
        string folder, Dictionary<string, (string Hash, string Algorithm)> listed) =>
        listed.Keys.All(path => path.StartsWith(folder, StringComparison.Ordinal))
            ? listed.ToDictionary(file => file.Key[folder.Length..], file => file.Value, StringComparer.Ordinal)
            : listed;

    private static void CheckFile(string name, BundleEntry entry, string hash, string algorithm)
    {
        var found = BundleHash.Of($"{name}/{entry.Path}", entry, algorithm);
        byte[] wanted;
        try
        {
            wanted = Convert.FromHexString(hash);
        }
        catch (FormatException error)
        {
            throw LoadBudget.Error(name, $"{entry.Path}: the hash in the signature is not hexadecimal", error);
        }

        if (!CryptographicOperations.FixedTimeEquals(found, wanted))
        {
            throw LoadBudget.Error(
                name, $"{entry.Path}: digest mismatch (want: {hash}, got: {Convert.ToHexStringLower(found)})");
        }
    }

    private static JwtToken Token(string place, BundleEntry signatures)
    {
        if (DocumentText.Json(place, signatures.Bytes) is not RegoObject config)
            throw BuiltinError.Failed("the document must be an object");
        if (config.TryGet("plugin", out var plugin) && plugin is not RegoString { Value: "" })
            throw BuiltinError.Failed($"no verifier exists under id {plugin}");
        return config.TryGet("signatures", out var list) && list is RegoArray { Count: > 0 } tokens
            ? tokens is { Count: 1 } && tokens[0] is RegoString token
                ? JwtToken.Parse(token.Value)
                : throw BuiltinError.Failed("multiple JWTs not supported (expected exactly one)")
            : throw BuiltinError.Failed("missing JWT (expected exactly one)");
    }

    private Dictionary<string, (string Hash, string Algorithm)> Files(JwtToken token)
    {
        var header = token.DecodeHeader();
        var claims = JwtToken.ObjectOf(token.DecodePayload());
        var id = KeyId.Length > 0 ? KeyId
            : TextOf(header, "kid") is { Length: > 0 } kid ? kid
            : TextOf(claims, "keyid");
        if (id.Length == 0)
            throw BuiltinError.Failed("verification key ID is empty");
        if (!Keys.TryGetValue(id, out var key))
            throw BuiltinError.Failed($"verification key corresponding to ID {id} not found");
        var algorithm = JwtAlgorithm.Find(key.Algorithm)
            ?? throw BuiltinError.Failed($"unknown signature algorithm: {key.Algorithm}");
        if (TextOf(header, "alg") != algorithm.Name
            || !algorithm.Verify(BundleKeyText.ToVerify(key), token.SignedBytes, token.DecodeSignature()))
        {
            throw BuiltinError.Failed($"the signature is not by key {id} with {key.Algorithm}");
        }

        if (TextOf(claims, "scope") != (Scope.Length > 0 ? Scope : key.Scope))
            throw BuiltinError.Failed("scope mismatch");
        return Listed(claims);
    }

    private static Dictionary<string, (string Hash, string Algorithm)> Listed(RegoObject claims)
    {
        var listed = new Dictionary<string, (string Hash, string Algorithm)>(StringComparer.Ordinal);
        if (!claims.TryGet("files", out var files) || files is not RegoArray list)
            throw BuiltinError.Failed("the signature lists no files");
        foreach (var one in list)
        {
            if (one is not RegoObject file || TextOf(file, "name") is not { Length: > 0 } name
                || !listed.TryAdd(name.TrimStart('/'), (TextOf(file, "hash"), TextOf(file, "algorithm"))))
            {
                throw BuiltinError.Failed("the signature lists a file without a name, or twice");
            }
        }

        return listed;
    }

    private static string TextOf(RegoObject map, string name) =>
        map.TryGet(name, out var value) && value is RegoString text ? text.Value : "";
}
