namespace Writ.Protocol;

/// <summary>The values of <c>grant_type</c> that <see cref="TokenRequest"/> reads.</summary>
public static class GrantTypes
{
    /// <summary>RFC 6749 §4.4.</summary>
    public const string ClientCredentials = "client_credentials";

    /// <summary>RFC 8693.</summary>
    public const string TokenExchange = "urn:ietf:params:oauth:grant-type:token-exchange";

    /// <summary>RFC 6749 §6.</summary>
    public const string RefreshToken = "refresh_token";

    /// <summary>RFC 6749 §4.1.</summary>
    public const string AuthorizationCode = "authorization_code";
}
