using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Writ.Protocol;

namespace Writ.Client;

/// <summary>A token as the broker issued it: useless without the key that it is bound to.</summary>
public sealed class IssuedToken
{
    private const int DefaultLifetimeSeconds = 60;

    private IssuedToken(string value, DateTimeOffset issuedAt, DateTimeOffset expiresAt)
    {
        Value = value;
        IssuedAt = issuedAt;
        ExpiresAt = expiresAt;
    }

    /// <summary>The token itself. Do not log it.</summary>
    public string Value { get; }

    /// <summary>When it was received, by our clock.</summary>
    public DateTimeOffset IssuedAt { get; }

    /// <summary>When it ends, by our clock.</summary>
    public DateTimeOffset ExpiresAt { get; }

    /// <summary>What it allows; narrower than what was asked where the broker cut it.</summary>
    public required Authority Authority { get; init; }

    /// <summary>The task that it belongs to and dies with.</summary>
    public string? TaskId { get; private init; }

    /// <summary>The decision behind it.</summary>
    public string? DecisionId { get; private init; }

    /// <summary>The one resource that it is for; null when it is for several, or for none that HTTP reaches.</summary>
    public Uri? Resource =>
        Authority.Locations.ToArray() is [var only] && Uri.TryCreate(only, UriKind.Absolute, out var uri)
        && SafeOrigin.IsSafe(uri)
            ? uri
            : null;

    /// <summary>Prints no token (promise P6).</summary>
    public override string ToString() => $"token of task {TaskId} for {Authority} until {ExpiresAt:O}";

    internal TimeSpan Remaining(TimeProvider time) => ExpiresAt - time.GetUtcNow();

    /// <summary>Reads the token endpoint's answer.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="asked">When it was asked for.</param>
    /// <param name="certificate">What the token must be bound to; null: a key, by DPoP.</param>
    internal static IssuedToken Parse(JsonElement answer, DateTimeOffset asked, X509Certificate2? certificate)
    {
        if (Text(answer, "access_token") is not { Length: > 0 } value)
            throw BrokerErrors.Malformed("access_token is missing");

        // RFC 9449 §5: a token of another type would not be bound to our key.
        var type = Text(answer, "token_type");
        if (certificate is null && !string.Equals(type, "DPoP", StringComparison.OrdinalIgnoreCase))
            throw BrokerErrors.Malformed("the token is not bound to our key");
        if (certificate is not null
            && (!string.Equals(type, "Bearer", StringComparison.OrdinalIgnoreCase) || !IsBound(value, certificate)))
        {
            throw BrokerErrors.Malformed("the token is not bound to our certificate");
        }

        var seconds = answer.TryGetProperty("expires_in", out var lifetime) && lifetime.TryGetInt32(out var given)
            ? given
            : DefaultLifetimeSeconds;
        var authority = Authority.Empty;
        if (answer.TryGetProperty("authorization_details", out var details)
            && !Authority.TryParse(details, out authority, out _))
        {
            throw BrokerErrors.Malformed("authorization_details");
        }

        // Counted from before the request was sent, so that we never believe in a token longer than the broker does.
        return new IssuedToken(value, asked, asked.AddSeconds(Math.Max(0, seconds)))
        {
            Authority = authority!,
            TaskId = Text(answer, "task"),
            DecisionId = Text(answer, "decision_id"),
        };
    }

    // RFC 8705 §3: bound ones are of the type Bearer as unbound ones are. Only the token itself says which it is.
    private static bool IsBound(string token, X509Certificate2 certificate) =>
        Jws.TryRead(token, JwsLimits.Default, out var jws, out _)
        && AccessTokenClaims.TryParseUnverified(jws, out var claims, out _)
        && claims.Confirmation is Confirmation.X5t { Thumbprint: var thumbprint }
        && thumbprint == Base64UrlText.Encode(certificate.GetCertHash(HashAlgorithmName.SHA256));

    private static string? Text(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.String
            ? member.GetString()
            : null;
}
