using System.Text.Json;
using Writ.Protocol;

namespace Writ.Client;

/// <summary>What the broker says about itself (RFC 8414), where we use it. Every endpoint lies at the issuer.</summary>
internal sealed record BrokerMetadata(
    Uri Issuer, Uri Token, Uri Introspection, Uri Revocation, Uri Jwks, Uri? Feed, Uri? FeedJwks)
{
    internal const string Path = "/.well-known/oauth-authorization-server";

    internal static BrokerMetadata Parse(Uri issuer, string issuerText, ReadOnlySpan<byte> json)
    {
        if (!StrictJson.TryParse(json, StrictJson.DefaultMaxDepth, out var root, out _)
            || root.ValueKind != JsonValueKind.Object)
        {
            throw BrokerErrors.Malformed("the metadata is not a JSON object");
        }

        // RFC 8414 §3.3: identical, as text.
        if (Text(root, "issuer") != issuerText)
            throw BrokerErrors.Malformed("the metadata names another issuer");

        return new BrokerMetadata(
            issuer,
            Required(root, issuer, "token_endpoint"),
            Required(root, issuer, "introspection_endpoint"),
            Required(root, issuer, "revocation_endpoint"),
            Required(root, issuer, "jwks_uri"),
            Endpoint(root, issuer, "writ_revocation_feed_endpoint"),
            Endpoint(root, issuer, "writ_revocation_jwks_uri"));
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
