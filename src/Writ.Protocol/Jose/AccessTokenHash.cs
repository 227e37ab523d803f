using System.Security.Cryptography;
using System.Text;

namespace Writ.Protocol;

/// <summary>The <c>ath</c> of RFC 9449 §4.2: base64url of SHA-256 over the ASCII of an access token.</summary>
public static class AccessTokenHash
{
    /// <summary>Computes the hash of a token.</summary>
    public static string Of(string accessToken)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(accessToken), digest);
        return Base64UrlText.Encode(digest);
    }

    /// <summary>Whether a claimed hash is that of the token; in constant time.</summary>
    public static bool Matches(string claimed, string accessToken) =>
        CryptographicOperations.FixedTimeEquals(
            Encoding.UTF8.GetBytes(claimed), Encoding.UTF8.GetBytes(Of(accessToken)));
}
