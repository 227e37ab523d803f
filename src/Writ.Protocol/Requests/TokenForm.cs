namespace Writ.Protocol;

/// <summary>The form that introspection (RFC 7662 §2.1) and revocation (RFC 7009 §2.1) share.</summary>
internal static class TokenForm
{
    internal static OAuthError? Read(
        ReadOnlySpan<byte> body, out string token, out string? hint, out ClientCredentialsInBody client)
    {
        token = "";
        hint = null;
        client = ClientCredentialsInBody.None;
        if (FormBody.Read(body, out var form) is { } formError)
            return formError;
        if (ClientCredentialsInBody.Read(form, out client) is { } clientError)
            return clientError;
        if (form["token"] is not { } sent)
            return OAuthError.InvalidRequest("token is missing");

        token = sent;
        hint = form["token_type_hint"];
        return null;
    }
}
