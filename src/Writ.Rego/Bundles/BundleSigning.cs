using System.Buffers.Text;
using System.Security.Cryptography;
using Writ.Rego.Builtins;
using Writ.Rego.Builtins.Crypto;
using Writ.Rego.Values;

namespace Writ.Rego.Bundles;

/// <summary>Signs a bundle: one JWT that lists every file with its hash, in <c>.signatures.json</c>.</summary>
/// <param name="Key">The private key, or the secret; its scope becomes the claim <c>scope</c> unless empty.</param>
/// <param name="Claims">What else the JWT says; its <c>keyid</c> is the key's name.</param>
public sealed record BundleSigning(BundleKey Key, RegoObject Claims)
{
    internal const string FileName = ".signatures.json";

    /// <summary>The signature of a folder that is laid out as a bundle: what is to be its <c>.signatures.json</c>.
    /// </summary>
    /// <param name="paths">Folders; names of files begin within each.</param>
    /// <param name="folder">Where relative paths begin.</param>
    /// <param name="limits">How much is read.</param>
    /// <exception cref="RegoError">It cannot be read, or the key does not sign.</exception>
    public string Sign(IReadOnlyList<string> paths, string folder, LoadLimits limits) => Guard.Run(() =>
    {
        var budget = new LoadBudget(limits);
        var entries = paths.SelectMany(path => BundleReader.Entries(path, folder, [], budget)).ToArray();
        return entries.GroupBy(entry => entry.Path, StringComparer.Ordinal).FirstOrDefault(one => one.Count() > 1)
            is { } twice
            ? throw LoadBudget.Error(twice.Key, "the file is there twice")
            : Sign(entries);
    });

    internal string Sign(IEnumerable<BundleEntry> entries)
    {
        var files = entries.Where(entry => entry.Path != FileName).OrderBy(entry => entry.Path, StringComparer.Ordinal)
            .Select(entry => Object(
                ("name", RegoString.Of(entry.Path)),
                ("hash", RegoString.Of(Convert.ToHexStringLower(BundleHash.Of(entry.Path, entry, BundleHash.Usual)))),
                ("algorithm", RegoString.Of(BundleHash.Usual))));
        var claims = new RegoObject.Builder();
        foreach (var (name, value) in Claims)
        {
            claims.Set(name, value);
        }

        if (Key.Scope.Length > 0)
            claims.Set("scope", RegoString.Of(Key.Scope));
        claims.Set("files", RegoArray.Of(files));
        return Object(("signatures", RegoArray.Of([RegoString.Of(Token(claims.Build()))]))).ToJson();
    }

    private static RegoObject Object(params ReadOnlySpan<(string Name, RegoValue Value)> members)
    {
        var built = new RegoObject.Builder();
        foreach (var (name, value) in members)
        {
            built.Set(name, value);
        }

        return built.Build();
    }

    private string Token(RegoObject claims)
    {
        try
        {
            var algorithm = JwtAlgorithm.Find(Key.Algorithm)
                ?? throw BuiltinError.Failed($"unknown signature algorithm: {Key.Algorithm}");
            var name = RegoString.Of(algorithm.Name);
            var header = Claims.TryGet("keyid", out var id)
                ? Object(("alg", name), ("kid", id))
                : Object(("alg", name));
            var signed = $"{Encoded(header)}.{Encoded(claims)}";
            var signature = algorithm.Sign(BundleKeyText.ToSign(Key), ByteText.Encode(signed));
            return $"{signed}.{Base64Url.EncodeToString(signature)}";
        }
        catch (Exception error) when (error is BuiltinError or CryptographicException)
        {
            throw LoadBudget.Error(FileName, error.Message, error);
        }
    }

    private static string Encoded(RegoObject part) => Base64Url.EncodeToString(ByteText.Encode(part.ToJson()));
}
