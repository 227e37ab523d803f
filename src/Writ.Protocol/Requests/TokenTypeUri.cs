namespace Writ.Protocol;

/// <summary>The token type identifiers of RFC 8693 §3, and the client assertion type of RFC 7523 §2.2.</summary>
public static class TokenTypeUri
{
    /// <summary>An access token of ours.</summary>
    public const string AccessToken = "urn:ietf:params:oauth:token-type:access_token";

    /// <summary>A refresh token of ours.</summary>
    public const string RefreshToken = "urn:ietf:params:oauth:token-type:refresh_token";

    /// <summary>An OpenID Connect id token.</summary>
    public const string IdToken = "urn:ietf:params:oauth:token-type:id_token";

    /// <summary>Some JWT.</summary>
    public const string Jwt = "urn:ietf:params:oauth:token-type:jwt";

    /// <summary>The value of <c>client_assertion_type</c>.</summary>
    public const string JwtBearerAssertion = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
}
