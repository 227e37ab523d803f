namespace Writ.Client;

/// <summary>A token as a request presents it, taken out of HTTP.</summary>
public sealed record PresentedToken
{
    /// <summary>The token.</summary>
    public required string Token { get; init; }

    /// <summary>Whether it came under the scheme <c>DPoP</c>; else <c>Bearer</c>.</summary>
    public required bool IsDpop { get; init; }

    /// <summary>The HTTP method.</summary>
    public required string Method { get; init; }

    /// <summary>The URI of the request by configuration, never by <c>Host</c>.</summary>
    public required string Uri { get; init; }

    /// <summary>The one <c>DPoP</c> header field; null when there is none, or more than one.</summary>
    public string? Proof { get; init; }

    /// <summary>The <c>x5t#S256</c> of the client certificate that TLS proved; null without one.</summary>
    public string? CertificateThumbprint { get; init; }

    /// <summary>Prints no token (promise P6).</summary>
    public override string ToString() => $"{Method} {Uri}";
}
