using System.Security.Cryptography;
using Writ.Rego.Bundles;
using Writ.Rego.Values;

namespace Writ.Rego.Tests.Bundles;

/// <summary>Bundles that we pack ourselves: our loader reads them back, and its verification accepts them.</summary>
public sealed class BundleDraftTests : IDisposable
{
    private static readonly PolicySet Policy = new(
        [
            new PolicyFile("/p/authz.rego", "package authz\n\nallow if data.x == 1\n"),
            new PolicyFile("../old.rego", "package old\n\np { input.x }\n", RegoVersion.V0),
        ],
        (RegoObject)RegoValue.ParseJson("""{"x": 1, "b": {"<y>": [1.0, "ä"]}}"""));

    private readonly string _folder = Directory.CreateTempSubdirectory("writ-draft-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void What_was_packed_is_read_back()
    {
        var draft = new BundleDraft(Policy) { Revision = "r1", Roots = ["authz", "old", "x", "b"] };
        var bundle = Archive.Read(Packed(draft));

        Assert.Equal("r1", bundle.Manifest.Revision);
        Assert.Equal(["authz", "old", "x", "b"], bundle.Manifest.Roots);
        Assert.Equal(["authz/old.rego", "authz/p/authz.rego"], bundle.Files.Select(file => file.Name));
        Assert.Equal([RegoVersion.V0, RegoVersion.V1], bundle.Files.Select(file => file.Version!.Value));
        Assert.Equal(Policy.Data, bundle.Data);
        Assert.NotNull(new PolicySet(bundle.Files, bundle.Data).Compile(PolicyOptions.Default));
    }

    [Fact]
    public void The_same_draft_gives_the_same_bytes() =>
        Assert.Equal(Packed(new BundleDraft(Policy)), Packed(new BundleDraft(Policy)));

    [Fact]
    public void Modules_of_one_name_are_refused()
    {
        var draft = new BundleDraft(Policy with
        {
            Files = [new PolicyFile("a.rego", "package a"), new PolicyFile("../a", "package b")],
        });
        var error = Assert.Throws<RegoError>(() => Packed(draft));
        Assert.Contains("a.rego: load_error: two modules have one name", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("RS256")]
    [InlineData("PS512")]
    [InlineData("ES256")]
    [InlineData("HS384")]
    public void Our_signature_is_accepted_and_holds(string algorithm)
    {
        var (secret, open) = Keys(algorithm);
        var signing = new BundleSigning(
            new BundleKey(algorithm, secret, "write"),
            (RegoObject)RegoValue.ParseJson("""{"keyid": "prod", "a": 1}"""));
        var packed = Packed(new BundleDraft(Policy), signing);

        Assert.Equal(2, Archive.Read(packed, verification: With(open, "write")).Files.Count);
        Refused("scope mismatch", packed, With(open, "read"));
        Refused("is not by key", packed, With(Keys(algorithm).Open, "write"));
        Refused("missing .signatures.json", Packed(new BundleDraft(Policy)), With(open, "write"));

        BundleVerification With(string key, string scope) => new()
        {
            Keys = new Dictionary<string, BundleKey> { ["prod"] = new(algorithm, key, scope) },
        };
    }

    [Theory]
    [InlineData("RS256", "no key")]
    [InlineData("XS256", "unknown signature algorithm")]
    public void A_key_that_does_not_sign_is_an_error(string algorithm, string text) => Assert.Throws<RegoError>(
        () => Packed(new BundleDraft(Policy), new BundleSigning(new BundleKey(algorithm, text), RegoObject.Empty)));

    [Fact]
    public void A_folder_is_signed_as_it_lies_there()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "p"));
        File.WriteAllText(Path.Combine(_folder, "p", "a.rego"), "package a\n\nq := 1\n");
        File.WriteAllText(Path.Combine(_folder, "data.json"), """{ "b": 1 }""");
        var signing = new BundleSigning(new BundleKey("HS256", Archive.Secret), RegoObject.Empty);
        File.WriteAllText(
            Path.Combine(_folder, ".signatures.json"), signing.Sign([_folder], "/", LoadLimits.Default));

        Assert.Single(Bundle.Read(_folder, Archive.Verification).Files);
        File.WriteAllText(Path.Combine(_folder, "data.json"), """{"b":1}"""); // the same document
        Assert.Single(Bundle.Read(_folder, Archive.Verification).Files);
        File.WriteAllText(Path.Combine(_folder, "data.json"), """{"b":2}""");
        Assert.Throws<RegoError>(() => Bundle.Read(_folder, Archive.Verification));
    }

    [Fact]
    public void Bundles_become_one_unless_their_roots_overlap()
    {
        var one = Archive.Read(
            Archive.Of((".manifest", """{"roots": ["a"], "revision": "1"}"""), ("a/data.json", "1")), "one");
        var two = Archive.Read(
            Archive.Of((".manifest", """{"roots": ["b"]}"""), ("b/x.rego", "package b.x\n\np := 1\n")), "two");

        var both = Archive.Read(Packed(BundleDraft.Of([one, two])));
        Assert.Equal(["a", "b"], both.Manifest.Roots);
        Assert.Equal("""{"a":1}""", both.Data.ToJson());
        Assert.Equal("1", BundleDraft.Of([one]).Revision);
        Assert.Equal("b/x.rego", Assert.Single(BundleDraft.Of([two]).Policy.Files).Name);
        Assert.Throws<RegoError>(() => BundleDraft.Of([one, one]));
    }

    private static void Refused(string why, byte[] packed, BundleVerification verification)
    {
        var error = Assert.Throws<RegoError>(() => Archive.Read(packed, verification: verification));
        Assert.Contains(why, error.Message, StringComparison.Ordinal);
    }

    private static (string Secret, string Open) Keys(string algorithm)
    {
        if (algorithm[0] == 'H')
        {
            var secret = Convert.ToHexString(RandomNumberGenerator.GetBytes(32));
            return (secret, secret);
        }

        using AsymmetricAlgorithm key = algorithm[0] == 'E'
            ? ECDsa.Create(ECCurve.NamedCurves.nistP256)
            : RSA.Create(2048);
        return (key.ExportPkcs8PrivateKeyPem(), key.ExportSubjectPublicKeyInfoPem());
    }

    private static byte[] Packed(BundleDraft draft, BundleSigning? signing = null)
    {
        using var stream = new MemoryStream();
        draft.Write(stream, signing);
        return stream.ToArray();
    }
}
