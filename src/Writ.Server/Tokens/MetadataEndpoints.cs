using System.Text.Json.Nodes;
using Writ.Protocol;
using Writ.Server.Edge;
using Writ.Server.Keys;
using Writ.Server.Tokens.Grants;

namespace Writ.Server.Tokens;

/// <summary>What clients discover: metadata (RFC 8414, RFC 9449 §5.1, RFC 8705 §3.3) and keys (RFC 7517).</summary>
public sealed class MetadataEndpoints(
    Settings settings, SigningKeys keys, IReadOnlyDictionary<string, ITokenGrant> grants)
{
    private static readonly string[] AuthMethods =
    [
        "private_key_jwt", "tls_client_auth", "self_signed_tls_client_auth", "client_secret_basic",
        "client_secret_post",
    ];

    public Task MetadataAsync(HttpContext http)
    {
        var json = new JsonObject
        {
            ["issuer"] = settings.Issuer,
            ["token_endpoint"] = settings.Url("/oauth/token"),
            ["introspection_endpoint"] = settings.Url("/oauth/introspect"),
            ["revocation_endpoint"] = settings.Url("/oauth/revoke"),
            ["jwks_uri"] = settings.Url("/oauth/jwks"),
            ["grant_types_supported"] = Array(grants.Keys.Order(StringComparer.Ordinal)),
            ["response_types_supported"] = new JsonArray(),
            ["token_endpoint_auth_methods_supported"] = Array(AuthMethods),
            ["token_endpoint_auth_signing_alg_values_supported"] = Array(JwsAlgorithms.All),
            ["introspection_endpoint_auth_methods_supported"] = Array(AuthMethods),
            ["introspection_endpoint_auth_signing_alg_values_supported"] = Array(JwsAlgorithms.All),
            ["revocation_endpoint_auth_methods_supported"] = Array(AuthMethods),
            ["revocation_endpoint_auth_signing_alg_values_supported"] = Array(JwsAlgorithms.All),
            ["dpop_signing_alg_values_supported"] = Array(JwsAlgorithms.All),
            ["tls_client_certificate_bound_access_tokens"] = settings.MtlsIssuer is not null,
            ["authorization_details_types_supported"] = Array([AuthorizationDetail.Type]),
            ["writ_trust_domain"] = settings.TrustDomain.Name,
            ["writ_revocation_feed_endpoint"] = settings.Url("/v1/revocations/feed"),
            ["writ_revocation_jwks_uri"] = settings.Url("/v1/revocations/keys"),
        };
        if (settings.MtlsIssuer is { } mtls)
            json["mtls_endpoint_aliases"] = new JsonObject
            {
                ["token_endpoint"] = mtls + "/oauth/token",
                ["introspection_endpoint"] = mtls + "/oauth/introspect",
                ["revocation_endpoint"] = mtls + "/oauth/revoke",
            };
        return Answers.TextAsync(http, StatusCodes.Status200OK, json.ToJsonString());
    }

    public Task JwksAsync(HttpContext http) =>
        Answers.TextAsync(http, StatusCodes.Status200OK, keys.Jwks(KeyPurpose.Token));

    public Task FeedJwksAsync(HttpContext http) =>
        Answers.TextAsync(http, StatusCodes.Status200OK, keys.Jwks(KeyPurpose.Feed));

    private static JsonArray Array(IEnumerable<string> values) => [.. values.Select(v => (JsonNode)v)];
}
