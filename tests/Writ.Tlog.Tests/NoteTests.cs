using System.Security.Cryptography;
using System.Text.Json;

namespace Writ.Tlog.Tests;

/// <summary>Signed notes, their keys, checkpoints and cosignatures: the specifications' examples, and others' notes.
/// </summary>
public sealed class NoteTests
{
    private const string Example = """
        This is an example message.

        — example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=

        """;

    private const string ExampleKey = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";

    [Fact]
    public void Example_of_the_specification_verifies()
    {
        using var key = VerifierKey.Parse(ExampleKey);
        Assert.True(SignedNote.TryParse(Example, out var note));

        Assert.Equal([key], note.Verify([key]));
        Assert.Equal(Example, note.ToString());
        Assert.Equal(ExampleKey, key.ToString());
        Assert.Empty((note with { Text = "This is an example message!\n" }).Verify([key]));
    }

    [Fact]
    public void Notes_of_others_are_signed_byte_for_byte_as_they_sign_them()
    {
        if (!Vectors.TryRead("merkle/signed-note-vectors.json", out var vectors)) return;
        var sign = vectors.GetProperty("sign");
        using var key = VerifierKey.Parse(Text(sign, "vkey"));
        using var signer = NoteSigner.Parse(Text(sign, "skey"));
        using var other = NoteSigner.OfSeed("EnochRoot", new byte[32]);
        var text = Text(sign, "text");

        Assert.Equal(Text(sign, "vkey"), signer.Key.ToString());
        var signed = new SignedNote(text, [signer.Sign(text)]);
        Assert.Equal(Text(sign, "signed"), signed.ToString());
        var cosigned = new SignedNote(text, [.. signed.Signatures, other.Sign(text)]);
        Assert.Equal(Text(sign, "cosigned"), cosigned.ToString());
        Assert.Equal([key, other.Key], cosigned.Verify([key, other.Key]));
        var leaf = TreeHash.OfLeaf("hello world"u8);
        Assert.Equal(Text(vectors.GetProperty("record_hash"), "hash"), leaf.ToString());
        Assert.True(Checkpoint.TryParse(Text(vectors.GetProperty("tree_note"), "good"), out var checkpoint));
        Assert.Equal((123_456_789_012, leaf), (checkpoint.Size, checkpoint.Root));
        foreach (var bad in vectors.GetProperty("tree_note").GetProperty("bad").EnumerateArray().Skip(1))
            Assert.False(Checkpoint.TryParse(bad.GetString()!, out _), bad.GetString());
    }

    [Fact]
    public void Corner_cases_of_Ed25519_are_judged_by_one_policy()
    {
        if (!Vectors.TryRead("cctv-ed25519/ed25519vectors.json", out var suite)) return;
        string[] refusing = ["low_order_A", "non_canonical_A", "non_canonical_R", "low_order_residue"];
        foreach (var test in suite.EnumerateArray())
        {
            var flags = test.TryGetProperty("flags", out var list) && list.ValueKind == JsonValueKind.Array
                ? list.EnumerateArray().Select(flag => flag.GetString()!).ToArray()
                : [];
            Assert.True(Verifies(test) != flags.Any(refusing.Contains), string.Join(' ', flags));
        }

        static bool Verifies(JsonElement test)
        {
            try
            {
                using var key = VerifierKey.Of("k", NoteKeyType.Ed25519, Convert.FromHexString(Text(test, "key")));
                return key.Verify(Text(test, "msg"), Convert.FromHexString(Text(test, "sig")));
            }
            catch (CryptographicException)
            {
                return false;
            }
        }
    }

    [Fact]
    public void Note_with_ECDSA_verifies()
    {
        using var signer = NoteSigner.Of("example.com/p256", ECDsa.Create(ECCurve.NamedCurves.nistP256));
        using var key = VerifierKey.Parse(signer.Key.ToString());

        Assert.True(key.Verify("text\n", signer.Sign("text\n").Bytes.Span));
        Assert.False(key.Verify("test\n", signer.Sign("text\n").Bytes.Span));
    }

    [Fact]
    public void Cosignature_says_when_and_of_what()
    {
        var checkpoint = new Checkpoint("example.com/log", 3, TreeHash.OfLeaf("x"u8)).ToString();
        var at = DateTimeOffset.FromUnixTimeSeconds(1_679_315_147);
        using var witness = NoteSigner.CosignerOfSeed("witness.example.com/w1", new byte[32]);

        var line = witness.Cosign(checkpoint, at);

        Assert.Equal(at, Cosignature.TimeOf(line));
        Assert.True(witness.Key.Verify(checkpoint, line.Bytes.Span));
        Assert.False(witness.Key.Verify(checkpoint.Replace('3', '4'), line.Bytes.Span));
        var later = line.Bytes.ToArray();
        later[7]++; // the time is signed, too
        Assert.False(witness.Key.Verify(checkpoint, later));
        using var plain = NoteSigner.OfSeed("witness.example.com/w1", new byte[32]);
        Assert.NotEqual(plain.Key.Id, witness.Key.Id);
        Assert.False(plain.Key.Verify(checkpoint, line.Bytes.Span));
    }

    [Fact]
    public void Signature_of_a_trusted_key_that_does_not_hold_spoils_the_note()
    {
        using var one = NoteSigner.OfSeed("one", new byte[32]);
        using var two = NoteSigner.OfSeed("two", new byte[32]);
        var note = new SignedNote("text\n", [one.Sign("text\n"), two.Sign("another\n")]);

        Assert.Empty(note.Verify([one.Key, two.Key]));
        Assert.Equal([one.Key], note.Verify([one.Key])); // of strangers nobody knows
    }

    [Theory]
    [InlineData("")]
    [InlineData("text\n")]
    [InlineData("text\n\n")]
    [InlineData("text\n\n— name\n")]
    [InlineData("text\n\n— name AAAAAAA=")]
    [InlineData("text\n\n— name AAAA\n")]
    [InlineData("text\n\n— na+me AAAAAAA=\n")]
    [InlineData("text\n\n- name AAAAAAA=\n")]
    [InlineData("te\rxt\n\n— name AAAAAAA=\n")]
    [InlineData("text\n\n— name AAAAAAB=\n")] // bits behind the end
    [InlineData("text\n\n— name AAAA AAA=\n")]
    public void What_is_no_note_is_refused(string text) => Assert.False(SignedNote.TryParse(text, out _));

    [Theory]
    [InlineData("name+00000000+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")]
    [InlineData("example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")]
    [InlineData("example.com/foo+530d903a+CekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")]
    [InlineData("example.com/foo+530d903a")]
    [InlineData("zero+00000000+AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public void What_is_no_key_is_refused(string text) =>
        Assert.Throws<FormatException>(() => VerifierKey.Parse(text));

    [Theory]
    [InlineData("log\n1\n")]
    [InlineData("log\n01\nTszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBb0=\n")]
    [InlineData("log\n-1\nTszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBb0=\n")]
    [InlineData("log\n1\nTszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBb0=")]
    [InlineData("\n1\nTszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBb0=\n")]
    [InlineData("log\n1\nTszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBb0=\n\n")]
    [InlineData("log\n0\nTszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBb0=\n")] // the empty tree has one root
    [InlineData("log\n9223372036854775808\nTszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBb0=\n")]
    public void What_is_no_checkpoint_is_refused(string text) => Assert.False(Checkpoint.TryParse(text, out _));

    private static string Text(JsonElement from, string name) => from.GetProperty(name).GetString()!;
}
