using System.Text;

namespace Writ.Protocol;

/// <summary>What a form says about the client: claims until the caller's authentication has judged them.</summary>
public sealed record ClientCredentialsInBody
{
    private const int MaxClientIdLength = 2048;

    /// <summary>A form without any.</summary>
    public static ClientCredentialsInBody None { get; } = new();

    /// <summary><c>client_id</c></summary>
    public string? ClientId { get; init; }

    /// <summary><c>client_assertion_type</c>; where there is an assertion, it is the JWT one.</summary>
    public string? ClientAssertionType { get; init; }

    /// <summary><c>client_assertion</c>: a credential.</summary>
    public string? ClientAssertion { get; init; }

    /// <summary><c>client_secret</c>: a credential.</summary>
    public string? ClientSecret { get; init; }

    internal static OAuthError? Read(FormBody form, out ClientCredentialsInBody client)
    {
        client = new ClientCredentialsInBody
        {
            ClientId = form["client_id"],
            ClientAssertionType = form["client_assertion_type"],
            ClientAssertion = form["client_assertion"],
            ClientSecret = form["client_secret"],
        };

        if (client.ClientId is { Length: > MaxClientIdLength })
            return OAuthError.InvalidRequest("client_id is too long");
        if (client.ClientAssertion is null != client.ClientAssertionType is null)
            return OAuthError.InvalidRequest("client_assertion and client_assertion_type come together");
        if (client.ClientAssertionType is not (null or TokenTypeUri.JwtBearerAssertion))
            return OAuthError.InvalidClient("the client_assertion_type is not supported");

        // RFC 6749 §2.3: not more than one method in a request.
        return client.ClientAssertion is not null && client.ClientSecret is not null
            ? OAuthError.InvalidRequest("the client authenticates in two ways at once")
            : null;
    }

    // The generated ToString would print the credentials (promise P6).
    private bool PrintMembers(StringBuilder builder)
    {
        builder.Append("ClientId = ").Append(ClientId);
        return true;
    }
}
