using System.Formats.Tar;
using Writ.Rego.Bundles;

namespace Writ.Rego.Tests.Bundles;

/// <summary>Archives that somebody else has packed: what is not right is an error with the archive's name.</summary>
public sealed class HostileArchiveTests
{
    private static readonly (string Name, string Text) Allow = ("allow.rego", "package a\n\nallow if input.x == 1\n");
    private static readonly (string Name, string Text) Deny = ("deny.rego", "package a\n\ndeny if input.y == 2\n");

    [Fact]
    public void Honest_archive_is_read()
    {
        var bundle = Archive.Read(Archive.Of(Allow, ("/b/data.json", """{"c": [1]}"""), ("./b/d/data.yaml", "e: 2")));

        Assert.Equal(["authz/allow.rego"], bundle.Files.Select(f => f.Name));
        Assert.Equal("""{"b":{"c":[1],"d":{"e":2}}}""", bundle.Data.ToJson());
    }

    [Fact]
    public void Archive_that_was_cut_is_refused()
    {
        var tar = Archive.Tar(Allow, Deny);
        var between = Archive.Tar(Allow).Length - 1024; // where the first file ends and the second would begin
        var packed = Archive.Pack(tar);

        Refused(Archive.Pack(tar.AsSpan(0, between)), "the archive ends before its end");
        Refused(Archive.Pack(tar.AsSpan(0, between + 100)), "the archive ends before its end");
        for (var length = 1; length < packed.Length - 32; length += 7) // behind that only padding and the checksum
            Refused(packed[..length], "");
    }

    [Fact]
    public void Checksum_of_the_packing_is_held_against_all_of_it()
    {
        var packed = Archive.Of(Allow);
        packed[^5] ^= 1; // the last byte of its CRC

        Refused(packed, "broken");
    }

    [Theory]
    [InlineData("../x.rego", "no name for a file")]
    [InlineData("a/../../x.rego", "no name for a file")]
    [InlineData("a\\x.rego", "no name for a file")]
    [InlineData("/", "no name for a file")]
    [InlineData("patch.json", "delta bundle")]
    [InlineData("a/policy.wasm", "WebAssembly")]
    public void Name_that_leads_astray_is_refused(string name, string why) => Refused(Archive.Of((name, "{}")), why);

    [Fact]
    public void Name_with_thousands_of_folders_is_refused() =>
        Refused(Archive.Of((string.Concat(Enumerable.Repeat("a/", 30_000)) + "data.json", "1")), "folders deep");

    [Fact]
    public void Roots_with_thousands_of_folders_end_in_an_error_or_in_nothing()
    {
        var root = string.Join('/', Enumerable.Repeat("a", 30_000));
        var data = string.Concat(Enumerable.Repeat("{\"a\":", 2_000)) + "1" + new string('}', 2_000);

        Refused(Archive.Of((".manifest", $$"""{"roots": ["{{root}}"]}"""), ("data.json", data)), "");
    }

    [Fact]
    public void File_that_is_there_twice_is_refused() =>
        Refused(Archive.Of(Allow, ("./allow.rego", "package b")), "twice");

    [Theory]
    [InlineData(TarEntryType.SymbolicLink)]
    [InlineData(TarEntryType.HardLink)]
    public void Links_are_refused(TarEntryType type) =>
        Refused(
            Archive.Pack(Archive.Tar(new PaxTarEntry(type, "data.json") { LinkName = "/etc/passwd" })), "links");

    [Fact]
    public void Signed_file_that_moved_is_another_file()
    {
        (string, string) honest = ("authz/a.rego", Allow.Text);
        var signature = Archive.Signature(honest);

        Archive.Read(Archive.Of(honest, signature), verification: Archive.Verification);
        Refused(
            Archive.Of(("a.rego", Allow.Text), signature), "not included in bundle signature", Archive.Verification);
    }

    [Fact]
    public void Every_file_is_signed_and_every_signed_file_is_there()
    {
        Refused(Archive.Of(Allow), "missing .signatures.json", Archive.Verification);
        Refused(Archive.Of(Allow, Deny, Archive.Signature(Allow)), "deny.rego not included", Archive.Verification);
        Refused(Archive.Of(Allow, Archive.Signature(Allow, Deny)), "deny.rego", Archive.Verification);
        Refused(
            Archive.Of((Allow.Name, Allow.Text + " "), Archive.Signature(Allow)), "digest mismatch",
            Archive.Verification);
    }

    [Fact]
    public void Mutated_archives_are_read_or_refused()
    {
        var tar = Archive.Tar(
            Allow, Deny, ("b/data.json", """{"c": [1, 2, 3]}"""), (".manifest", """{"roots": ["a", "b"]}"""));
        var random = new Chance(20261122);
        for (var round = 0; round < 2_000; round++)
        {
            var mutated = tar.ToArray();
            for (var n = 1 + random.Below(3); n > 0; n--)
                mutated[random.Below(mutated.Length)] = (byte)random.Below(256);
            if (random.Below(4) == 0) mutated = mutated[..random.Below(mutated.Length)];
            try
            {
                Archive.Read(Archive.Pack(mutated));
            }
            catch (RegoError)
            {
                // As it should be.
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"Round {round}.", e);
            }
        }
    }

    private static void Refused(byte[] packed, string why, BundleVerification? verification = null)
    {
        var error = Assert.Throws<RegoError>(() => Archive.Read(packed, verification: verification));
        Assert.Contains(why, error.Message, StringComparison.Ordinal);
        Assert.Contains("authz", error.Message, StringComparison.Ordinal);
    }
}
