using System.Net;
using Writ.Protocol;
using Writ.Server.Storage;

namespace Writ.Server.Callers;

/// <summary>
/// Who asks, with what they have just proven. Only this room makes one (House.Tests). A class, not a record:
/// <c>with</c> would forge it.
/// </summary>
public sealed class Caller
{
    internal Caller(Principal principal, string method)
    {
        Principal = principal;
        Method = method;
    }

    public Principal Principal { get; }

    /// <summary>How it proved itself: private_key_jwt, tls_client_auth, self_signed_tls_client_auth,
    /// client_secret_basic, client_secret_post, access_token.</summary>
    public string Method { get; }

    /// <summary>The key that it has proven on this request, to which tokens are bound; null: none.</summary>
    public Confirmation? Binding { get; internal init; }

    /// <summary>Where the request came from: the other end of the connection.</summary>
    public IPAddress? Address { get; internal init; }

    /// <summary>What its access token carries, on management calls.</summary>
    public Authority? Authority { get; internal init; }

    /// <summary>The access token itself, on management calls.</summary>
    public AccessTokenClaims? Token { get; internal init; }

    /// <summary>
    /// What the record of whatever it asks must claim: its one-time values, and that it is still current.
    /// </summary>
    public IReadOnlyList<Claim> Claims { get; internal init; } = [];
}
