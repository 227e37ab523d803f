using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace Writ.Server.Callers;

/// <summary>
/// Client secrets: ours, 256 random bits, shown once. A hash needs no stretching then; it is salted so that equal
/// secrets could not be told from a copy of the store.
/// </summary>
public static class ClientSecret
{
    /// <summary>What is stored of a secret: salt and SHA-256, in hex.</summary>
    public static string Store(string secret)
    {
        var salt = RandomNumberGenerator.GetBytes(16);
        return $"{Convert.ToHexStringLower(salt)}:{Convert.ToHexStringLower(Digest(salt, secret))}";
    }

    internal static bool Matches(string secret, string stored)
    {
        var parts = stored.Split(':');
        return parts.Length == 2
            && CryptographicOperations.FixedTimeEquals(
                Digest(Convert.FromHexString(parts[0]), secret), Convert.FromHexString(parts[1]));
    }

    /// <summary>The credentials in the header (RFC 6749 §2.3.1: form-encoded, then Basic) or in the body.</summary>
    internal static (string ClientId, string Secret, string Method)? Read(CallerEvidence evidence)
    {
        if (evidence.Authorization is not { } header)
            return evidence.Body is { ClientId: { } id, ClientSecret: { } inBody }
                ? (id, inBody, "client_secret_post")
                : null;
        const string scheme = "Basic ";
        if (!header.StartsWith(scheme, StringComparison.OrdinalIgnoreCase)) return null;
        var bytes = new byte[header.Length];
        if (!Convert.TryFromBase64String(header[scheme.Length..].Trim(), bytes, out var written)) return null;
        var text = Encoding.UTF8.GetString(bytes, 0, written);
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon <= 0) return null;
        var clientId = WebUtility.UrlDecode(text[..colon]);
        var agrees = evidence.Body.ClientId is null
            || string.Equals(evidence.Body.ClientId, clientId, StringComparison.Ordinal);
        return agrees ? (clientId, WebUtility.UrlDecode(text[(colon + 1)..]), "client_secret_basic") : null;
    }

    private static byte[] Digest(byte[] salt, string secret) =>
        SHA256.HashData([.. salt, .. Encoding.UTF8.GetBytes(secret)]);
}
