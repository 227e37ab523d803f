using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Writ.Protocol;

namespace Writ.Server.Acts;

/// <summary>
/// The tokens of pages (AuthZEN 1.0 §8.2). Where a search stopped may be at somebody of whom the asking side is told
/// nothing, so that a token is encrypted; and it is good for the same search of the same caller alone. Every replica
/// reads those of the others, and after a restore none.
/// </summary>
public sealed class PageTokens(byte[] sharedKey)
{
    private const int NonceBytes = 12;
    private const int TagBytes = 16;
    private const int LimitBytes = 4;

    private readonly byte[] _key =
        HKDF.DeriveKey(HashAlgorithmName.SHA256, sharedKey, 32, info: "search-page"u8.ToArray());

    /// <summary>A token for what comes behind a place.</summary>
    /// <param name="bond">What it is good for.</param>
    /// <param name="limit">The most results of a page.</param>
    /// <param name="place">The last candidate that was looked at.</param>
    internal string Make(string bond, int limit, string place)
    {
        var clear = new byte[LimitBytes + Encoding.UTF8.GetByteCount(place)];
        BinaryPrimitives.WriteInt32BigEndian(clear, limit);
        Encoding.UTF8.GetBytes(place, clear.AsSpan(LimitBytes));
        var token = new byte[NonceBytes + clear.Length + TagBytes];
        RandomNumberGenerator.Fill(token.AsSpan(0, NonceBytes));
        using var cipher = new AesGcm(_key, TagBytes);
        cipher.Encrypt(
            token.AsSpan(0, NonceBytes), clear, token.AsSpan(NonceBytes, clear.Length), token.AsSpan(^TagBytes..),
            Encoding.UTF8.GetBytes(bond));
        return Base64UrlText.Encode(token);
    }

    /// <summary>Where to go on; null: it is no token of ours, or not for this.</summary>
    internal (int Limit, string Place)? Read(string bond, string text)
    {
        if (!Base64UrlText.TryDecode(text, out var token) || token.Length < NonceBytes + LimitBytes + TagBytes)
            return null;
        var clear = new byte[token.Length - NonceBytes - TagBytes];
        try
        {
            using var cipher = new AesGcm(_key, TagBytes);
            cipher.Decrypt(
                token.AsSpan(0, NonceBytes), token.AsSpan(NonceBytes, clear.Length), token.AsSpan(^TagBytes..),
                clear, Encoding.UTF8.GetBytes(bond));
        }
        catch (CryptographicException)
        {
            return null;
        }
        return (BinaryPrimitives.ReadInt32BigEndian(clear), Encoding.UTF8.GetString(clear.AsSpan(LimitBytes)));
    }
}
