using System.Text.Json;
using System.Text.Json.Serialization;
using Writ.Protocol;

namespace Writ.Client;

/// <summary>The metadata of a protected resource (RFC 9728 §2).</summary>
internal sealed record ProtectedResource
{
    internal const string WellKnown = "/.well-known/oauth-protected-resource";

    internal static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    public required string Resource { get; init; }

    public required string ResourceName { get; init; }

    public required string[] AuthorizationServers { get; init; }

    public string[] BearerMethodsSupported { get; } = ["header"];

    public string[]? ScopesSupported { get; init; }

    public string[] AuthorizationDetailsTypesSupported { get; } = [AuthorizationDetail.Type];

    public string[] DpopSigningAlgValuesSupported { get; } = [.. JwsAlgorithms.All];

    public required bool DpopBoundAccessTokensRequired { get; init; }

    public bool TlsClientCertificateBoundAccessTokens { get; } = true;

    /// <summary>RFC 9728 §3.1: the well-known path goes between the host and the path of the resource.</summary>
    internal static string PathOf(string resource) =>
        Uri.TryCreate(resource, UriKind.Absolute, out var uri) && uri.AbsolutePath.Length > 1
            ? WellKnown + uri.AbsolutePath.TrimEnd('/')
            : WellKnown;

    internal static string PathOf(ResourceServerModel model) =>
        PathOf(model.Resources.Values.Order(StringComparer.Ordinal).First());
}
