using System.Security.Cryptography;
using System.Text;

namespace Writ.Server.Keys;

/// <summary>
/// The key-encryption key: wraps private keys before they reach the store (AES-256-GCM). The file is created
/// with mode 0600 on first use; a file that others can read is refused.
/// Wrapped form: version 1, nonce (12), tag (16), ciphertext; the purpose is authenticated with it.
/// </summary>
public sealed class KeyEncryption : IDisposable
{
    private const int NonceBytes = 12;
    private const int TagBytes = 16;
    private readonly AesGcm _aes; // one call at a time: it has one context of OpenSSL's

    private KeyEncryption(ReadOnlySpan<byte> key) => _aes = new AesGcm(key, TagBytes);

    public static KeyEncryption FromFile(string path)
    {
        if (!File.Exists(path)) Create(path);
        const UnixFileMode others =
            UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
        if ((File.GetUnixFileMode(path) & others) != UnixFileMode.None)
            throw new InvalidOperationException($"The key-encryption key {path} is open to others: chmod 600 {path}");
        var key = File.ReadAllBytes(path);
        try
        {
            return key.Length == 32
                ? new KeyEncryption(key)
                : throw new InvalidOperationException($"The key-encryption key {path} must be 32 bytes.");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    public byte[] Wrap(ReadOnlySpan<byte> secret, string purpose)
    {
        var wrapped = new byte[1 + NonceBytes + TagBytes + secret.Length];
        wrapped[0] = 1;
        RandomNumberGenerator.Fill(wrapped.AsSpan(1, NonceBytes));
        lock (_aes)
            _aes.Encrypt(
                wrapped.AsSpan(1, NonceBytes), secret, wrapped.AsSpan(1 + NonceBytes + TagBytes),
                wrapped.AsSpan(1 + NonceBytes, TagBytes), Encoding.UTF8.GetBytes(purpose));
        return wrapped;
    }

    /// <summary>The secret; the caller wipes it. Throws where the store or the purpose was tampered with.</summary>
    public byte[] Unwrap(ReadOnlySpan<byte> wrapped, string purpose)
    {
        if (wrapped.Length < 1 + NonceBytes + TagBytes || wrapped[0] != 1)
            throw new CryptographicException("Not a wrapped key.");
        var secret = new byte[wrapped.Length - 1 - NonceBytes - TagBytes];
        lock (_aes)
            _aes.Decrypt(
                wrapped.Slice(1, NonceBytes), wrapped[(1 + NonceBytes + TagBytes)..],
                wrapped.Slice(1 + NonceBytes, TagBytes), secret, Encoding.UTF8.GetBytes(purpose));
        return secret;
    }

    public void Dispose() => _aes.Dispose();

    private static void Create(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        // Written beside and moved, so that a crash leaves no half of one. Never over another one: of two that start
        // together the second takes the key of the first.
        var fresh = $"{path}.{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}";
        using (var file = new FileStream(fresh, options))
        {
            file.Write(RandomNumberGenerator.GetBytes(32));
            file.Flush(flushToDisk: true);
        }
        try
        {
            File.Move(fresh, path, overwrite: false);
        }
        catch (IOException) when (File.Exists(path))
        {
            File.Delete(fresh);
        }
    }
}
