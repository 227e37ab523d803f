using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Writ.Rego.Bundles;

namespace Writ.Rego.Tests.Bundles;

public sealed class BundleVerificationTests
{
    private const string Module = "package a\n\np := 1\n";
    private const string Data = """{ "b": [1.0, "<x>"],  "a": null }""";
    private const string Canonical = """{"a":null,"b":[1.0,"<x>"]}""";

    private static readonly (string Name, string Hashed)[] Files = [("a.rego", Module), ("data.json", Canonical)];

    [Fact]
    public async Task Signature_of_openssl_is_verified()
    {
        var folder = Directory.CreateTempSubdirectory("writ-signed-").FullName;
        try
        {
            await OpenSslAsync("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", "key.pem");
            await OpenSslAsync("pkey", "-in", "key.pem", "-pubout", "-out", "public.pem");
            var signed = $"{Part("""{"alg":"RS256","kid":"prod"}""")}.{Part(Claims(Files, "write"))}";
            await File.WriteAllTextAsync(Path.Combine(folder, "signed"), signed);
            await OpenSslAsync("dgst", "-sha256", "-sign", "key.pem", "-out", "signature", "signed");
            var signature = await File.ReadAllBytesAsync(Path.Combine(folder, "signature"));
            var archive = Signed($"{signed}.{Base64Url.EncodeToString(signature)}");
            var key = new BundleKey(
                "RS256", await File.ReadAllTextAsync(Path.Combine(folder, "public.pem")), "write");

            Assert.Single(Read(archive, With(key)).Files);
            Refused("scope mismatch", archive, With(key with { Scope = "read" }));
            Refused("the signature is not by key", archive, With(key with { Algorithm = "PS256" }));
            Refused("the signature is not by key", archive, With(new BundleKey("HS256", key.Text, "write")));
            Refused("verification key corresponding to ID prod not found", archive, new BundleVerification());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        async Task OpenSslAsync(params string[] arguments) =>
            (await Command.RunAsync("openssl", arguments, folder: folder)).Succeeded();
    }

    [Fact]
    public void Elliptic_curves_and_secrets_sign_too()
    {
        using var curve = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var es = Token("ES256", Files, bytes => curve.SignData(bytes, HashAlgorithmName.SHA256));
        Assert.Single(Read(Signed(es), With(new BundleKey("ES256", curve.ExportSubjectPublicKeyInfoPem()))).Files);

        Assert.Single(Read(Signed(Secret(Files)), With(new BundleKey("HS256", "secret"))).Files);
        Refused("is not by key", Signed(Secret(Files)), With(new BundleKey("HS256", "Secret")));
    }

    [Fact]
    public void Every_file_is_listed_and_every_listed_file_is_there()
    {
        var key = With(new BundleKey("HS256", "secret"));
        Refused("file data.json not included in bundle signature", Signed(Secret(Files[..1])), key);
        Refused(
            "[c.rego] specified in bundle signatures but not found", Signed(Secret([.. Files, ("c.rego", "")])), key);
        Refused("digest mismatch", Signed(Secret([("a.rego", Module + " "), Files[1]])), key);
        Refused("lists a file without a name, or twice", Signed(Secret([.. Files, Files[0]])), key);
        _ = Read(Signed(Secret(Files[..1])), key with { Exclude = ["*.json"] });
    }

    [Theory]
    [InlineData("{}", "missing JWT")]
    [InlineData("""{"signatures": []}""", "missing JWT")]
    [InlineData("""{"signatures": ["a", "b"]}""", "multiple JWTs")]
    [InlineData("""{"signatures": ["a.b"]}""", "must have 3 sections")]
    [InlineData("""{"signatures": ["a.b.c"]}""", "JWT header")]
    [InlineData("""{"signatures": ["a.b.c"], "plugin": "mine"}""", "no verifier exists")]
    [InlineData("[]", "must be an object")]
    [InlineData("x", "not JSON")]
    public void Broken_signatures_are_refused(string signatures, string said) => Refused(
        said, Archive.Of(("a.rego", Module), (".signatures.json", signatures)), With(new BundleKey("HS256", "secret")));

    [Fact]
    public void Unsigned_bundle_is_refused_where_a_key_is_wanted() => Refused(
        "bundle missing .signatures.json", Archive.Of(("a.rego", Module)), With(new BundleKey("HS256", "secret")));

    [Fact]
    public void Signed_bundle_is_taken_where_no_key_is_wanted() =>
        Assert.Single(Bundle.Read("b", new MemoryStream(Signed("no.token.at all"))).Files);

    private static string Secret((string Name, string Hashed)[] files) =>
        Token("HS256", files, bytes => HMACSHA256.HashData("secret"u8, bytes));

    private static string Token(string algorithm, (string Name, string Hashed)[] files, Func<byte[], byte[]> sign)
    {
        var signed = $"{Part($$"""{"alg":"{{algorithm}}","kid":"prod"}""")}.{Part(Claims(files, ""))}";
        return $"{signed}.{Base64Url.EncodeToString(sign(Encoding.UTF8.GetBytes(signed)))}";
    }

    private static string Part(string json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));

    private static string Claims((string Name, string Hashed)[] files, string scope)
    {
        var listed = files.Select(file => $$"""
            {"name": "{{file.Name}}", "algorithm": "SHA-256", "hash": "{{Convert.ToHexStringLower(
                SHA256.HashData(Encoding.UTF8.GetBytes(file.Hashed)))}}"}
            """);
        return $$"""{"files": [{{string.Join(',', listed)}}], "scope": "{{scope}}"}""";
    }

    private static byte[] Signed(string token) => Archive.Of(
        ("a.rego", Module), ("data.json", Data), (".signatures.json", $$"""{"signatures": ["{{token}}"]}"""));

    private static BundleVerification With(BundleKey key) => new()
    {
        Keys = new Dictionary<string, BundleKey>(StringComparer.Ordinal) { ["prod"] = key },
    };

    private static Bundle Read(byte[] archive, BundleVerification verification) =>
        Bundle.Read("b.tar.gz", new MemoryStream(archive), verification);

    private static void Refused(string said, byte[] archive, BundleVerification verification)
    {
        var error = Assert.Throws<RegoError>(() => Read(archive, verification));
        Assert.Contains(said, error.Message, StringComparison.Ordinal);
    }
}
