namespace Writ.Protocol;

/// <summary>A request to the introspection endpoint (RFC 7662 §2.1).</summary>
/// <param name="Token">The token asked about.</param>
/// <param name="TokenTypeHint">What the caller believes it is.</param>
/// <param name="Client">What the form says about the client.</param>
public sealed record IntrospectionRequest(string Token, string? TokenTypeHint, ClientCredentialsInBody Client)
{
    /// <summary>Parses a form body; null with an error when it is malformed.</summary>
    public static IntrospectionRequest? Parse(ReadOnlySpan<byte> form, out OAuthError? error)
    {
        error = TokenForm.Read(form, out var token, out var hint, out var client);
        return error is null ? new IntrospectionRequest(token, hint, client) : null;
    }

    /// <summary>Prints no token (promise P6).</summary>
    public override string ToString() => $"introspection by {Client.ClientId ?? "?"}";
}
