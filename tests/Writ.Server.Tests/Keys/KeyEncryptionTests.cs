using System.Security.Cryptography;
using Writ.Server.Keys;

namespace Writ.Server.Tests;

public sealed class KeyEncryptionTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private readonly string _folder = Directory.CreateTempSubdirectory("writ-kek-").FullName;

    private string File => Path.Combine(_folder, "kek");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Key_is_made_once_for_its_owner_alone()
    {
        using var made = KeyEncryption.FromFile(File);
        using var read = KeyEncryption.FromFile(File);

        Assert.Equal(OwnerOnly, System.IO.File.GetUnixFileMode(File));
        Assert.Equal("secret"u8.ToArray(), read.Unwrap(made.Wrap("secret"u8, "p"), "p"));
    }

    [Theory]
    [InlineData(UnixFileMode.GroupRead)]
    [InlineData(UnixFileMode.GroupWrite)]
    [InlineData(UnixFileMode.OtherRead)]
    [InlineData(UnixFileMode.OtherWrite)]
    public void Key_that_others_can_reach_is_refused(UnixFileMode open)
    {
        KeyEncryption.FromFile(File).Dispose();
        System.IO.File.SetUnixFileMode(File, OwnerOnly | open);

        var e = Assert.Throws<InvalidOperationException>(() => KeyEncryption.FromFile(File));
        Assert.Contains("chmod 600", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [InlineData(33)]
    public void Key_of_another_length_is_refused(int length)
    {
        KeyEncryption.FromFile(File).Dispose();
        System.IO.File.WriteAllBytes(File, new byte[length]);

        Assert.Throws<InvalidOperationException>(() => KeyEncryption.FromFile(File));
    }

    [Fact]
    public void Every_changed_byte_is_noticed()
    {
        using var kek = KeyEncryption.FromFile(File);
        var wrapped = kek.Wrap("a signing key"u8, "signing-key/token/k1");
        for (var i = 0; i < wrapped.Length; i++)
        {
            var changed = wrapped.ToArray();
            changed[i] ^= 1;
            Assert.ThrowsAny<CryptographicException>(() => kek.Unwrap(changed, "signing-key/token/k1"));
        }
        Assert.ThrowsAny<CryptographicException>(() => kek.Unwrap(wrapped.AsSpan(..^1), "signing-key/token/k1"));
        Assert.ThrowsAny<CryptographicException>(() => kek.Unwrap([], "signing-key/token/k1"));
    }

    // A wrapped key moved to another row of the store is not the other row's key.
    [Fact]
    public void Purpose_is_part_of_the_wrapping()
    {
        using var kek = KeyEncryption.FromFile(File);
        var wrapped = kek.Wrap("a feed key"u8, "signing-key/feed/k1");

        Assert.ThrowsAny<CryptographicException>(() => kek.Unwrap(wrapped, "signing-key/token/k1"));
    }

    [Fact]
    public void Key_of_another_broker_opens_nothing()
    {
        using var mine = KeyEncryption.FromFile(File);
        using var another = KeyEncryption.FromFile(Path.Combine(_folder, "other"));

        Assert.ThrowsAny<CryptographicException>(() => another.Unwrap(mine.Wrap("x"u8, "p"), "p"));
    }
}
