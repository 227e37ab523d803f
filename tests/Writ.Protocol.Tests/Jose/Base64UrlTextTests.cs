using System.Security.Cryptography;

namespace Writ.Protocol.Tests;

// RFC 7515 §2; RFC 4648 §3.5 (canonical encoding)
public sealed class Base64UrlTextTests
{
    [Fact]
    public void What_is_written_reads_back()
    {
        for (var length = 0; length < 200; length++)
        {
            var bytes = RandomNumberGenerator.GetBytes(length);
            var text = Base64UrlText.Encode(bytes);
            Assert.Equal(length, Base64UrlText.DecodedLength(text.Length));
            Assert.True(Base64UrlText.TryDecode(text, out var read));
            Assert.Equal(bytes, read);
            Assert.True(Base64UrlText.TryDecode(text, new byte[length], out var written));
            Assert.Equal(length, written);
        }
    }

    [Theory]
    [InlineData("A")]
    [InlineData("AAAAA")]
    [InlineData("AA==")]
    [InlineData("AA=")]
    [InlineData("AA%3D")]
    [InlineData("A A")]
    [InlineData("AA\n")]
    [InlineData(" AA")]
    [InlineData("A+A")]
    [InlineData("A/A")]
    [InlineData("AA.")]
    [InlineData("AB")]
    [InlineData("AAB")]
    [InlineData("A\u0410")]
    public void A_second_spelling_is_refused(string text) => Assert.False(Base64UrlText.TryDecode(text, out _));

    [Fact]
    public void Of_all_short_texts_exactly_one_stands_for_each_byte()
    {
        const string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        var seen = new HashSet<byte>();
        foreach (var first in alphabet)
        {
            foreach (var second in alphabet)
            {
                if (Base64UrlText.TryDecode([first, second], out var bytes))
                    Assert.True(seen.Add(Assert.Single(bytes)));
            }
        }

        Assert.Equal(256, seen.Count);
    }

    [Fact]
    public void Too_small_a_destination_is_no_overflow() =>
        Assert.False(Base64UrlText.TryDecode("AAAA", new byte[2], out _));
}
