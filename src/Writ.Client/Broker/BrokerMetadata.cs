using System.Text.Json;
using Writ.Protocol;

namespace Writ.Client;

/// <summary>
/// What the broker says about itself (RFC 8414), where we use it. Every endpoint lies at the issuer, or for clients
/// with certificates at its alias (RFC 8705 §5): <c>Base</c> is the origin where our calls go.
/// </summary>
internal sealed record BrokerMetadata(
    Uri Issuer, Uri Base, Uri Token, Uri Introspection, Uri Revocation, Uri Jwks, Uri? Feed, Uri? FeedJwks)
{
    /// <summary>The broker's token endpoint for clients with certificates, at an origin of its own; null: it has
    /// none.</summary>
    internal Uri? TlsToken { get; private init; }

    /// <summary>Whether a place lies at the broker's origin, or at its alias for clients with certificates.</summary>
    internal bool IsAtBroker(Uri place) =>
        SafeOrigin.Of(place) == SafeOrigin.Of(Issuer)
        || (TlsToken is not null && SafeOrigin.Of(place) == SafeOrigin.Of(TlsToken));

    internal const string Path = "/.well-known/oauth-authorization-server";

    internal static BrokerMetadata Parse(Uri issuer, string issuerText, bool byCertificate, ReadOnlySpan<byte> json)
    {
        if (!StrictJson.TryParse(json, StrictJson.DefaultMaxDepth, out var root, out _)
            || root.ValueKind != JsonValueKind.Object)
        {
            throw BrokerErrors.Malformed("the metadata is not a JSON object");
        }

        // RFC 8414 §3.3: identical, as text.
        if (Text(root, "issuer") != issuerText)
            throw BrokerErrors.Malformed("the metadata names another issuer");

        var (aliases, place) = byCertificate ? AliasesOf(root) : (root, issuer);
        return new BrokerMetadata(
            issuer,
            new Uri(SafeOrigin.Of(place)),
            Required(aliases, place, "token_endpoint"),
            Required(aliases, place, "introspection_endpoint"),
            Required(aliases, place, "revocation_endpoint"),
            Required(root, issuer, "jwks_uri"),
            Endpoint(root, issuer, "writ_revocation_feed_endpoint"),
            Endpoint(root, issuer, "writ_revocation_jwks_uri"))
        {
            TlsToken = root.TryGetProperty("mtls_endpoint_aliases", out var others)
                && others.ValueKind == JsonValueKind.Object
                && Uri.TryCreate(Text(others, "token_endpoint"), UriKind.Absolute, out var alias)
                    ? alias
                    : null,
        };
    }

    // The issuer vouches for its alias, which has an origin of its own; a certificate is shown over TLS alone.
    private static (JsonElement Aliases, Uri Place) AliasesOf(JsonElement root)
    {
        if (!root.TryGetProperty("mtls_endpoint_aliases", out var aliases)
            || aliases.ValueKind != JsonValueKind.Object
            || !Uri.TryCreate(Text(aliases, "token_endpoint"), UriKind.Absolute, out var token))
        {
            throw new WritException("no_mtls", "The broker names no endpoints for clients with certificates.");
        }

        return token.Scheme == Uri.UriSchemeHttps && token.UserInfo.Length == 0
            ? (aliases, new Uri(SafeOrigin.Of(token)))
            : throw BrokerErrors.Malformed("mtls_endpoint_aliases are not https");
    }

    private static Uri Required(JsonElement root, Uri issuer, string name) =>
        Endpoint(root, issuer, name) ?? throw BrokerErrors.Malformed($"the metadata lacks {name}");

    // Credentials go to these URLs: one at another origin would be a mix-up (RFC 9700 §4.4).
    private static Uri? Endpoint(JsonElement root, Uri issuer, string name)
    {
        if (Text(root, name) is not { } text)
            return null;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || !SafeOrigin.IsWithin(issuer, uri))
            throw BrokerErrors.Malformed($"{name} does not lie at the issuer");
        return uri;
    }

    private static string? Text(JsonElement root, string name) =>
        root.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.String
            ? member.GetString()
            : null;
}
