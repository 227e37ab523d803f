namespace Writ.Protocol;

/// <summary>A request to the revocation endpoint (RFC 7009 §2.1).</summary>
/// <param name="Token">The token to revoke.</param>
/// <param name="TokenTypeHint">What the caller believes it is.</param>
/// <param name="Client">What the form says about the client.</param>
public sealed record RevocationRequest(string Token, string? TokenTypeHint, ClientCredentialsInBody Client)
{
    /// <summary>Parses a form body; null with an error when it is malformed.</summary>
    public static RevocationRequest? Parse(ReadOnlySpan<byte> form, out OAuthError? error)
    {
        error = TokenForm.Read(form, out var token, out var hint, out var client);
        return error is null ? new RevocationRequest(token, hint, client) : null;
    }

    /// <summary>Prints no token (promise P6).</summary>
    public override string ToString() => $"revocation by {Client.ClientId ?? "?"}";
}
