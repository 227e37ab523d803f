using Writ.Protocol;
using Writ.Server.Audit;
using Writ.Server.Callers;

namespace Writ.Server.Tokens.Grants;

/// <summary>Token exchange (RFC 8693): of our own tokens between agents, and of a user's token for an agent.</summary>
public sealed class TokenExchangeGrant(OwnTokenExchange own, UserTokenExchange users) : ITokenGrant
{
    public string GrantType => GrantTypes.TokenExchange;

    public async Task<Resolved> ResolveAsync(Caller caller, TokenRequest request, CancellationToken cancel)
    {
        var exchange = (TokenRequest.TokenExchange)request;
        var e = new AuditEvent { Kind = "token.exchange", Actor = caller.Principal.Id, Task = request.TaskId }
            .With("grant_type", GrantType).With("method", caller.Method)
            .With("subject_token_type", exchange.SubjectTokenType);
        if (exchange.RequestedTokenType is not (null or TokenTypeUri.AccessToken))
            return new Resolved.Refused(
                OAuthError.InvalidRequest("only access tokens are issued", "requested_token_type"), e);
        return exchange.SubjectTokenType switch
        {
            TokenTypeUri.AccessToken => await own.ResolveAsync(caller, exchange, e, cancel),
            TokenTypeUri.Jwt or TokenTypeUri.IdToken => await users.ResolveAsync(caller, exchange, e, cancel),
            _ => new Resolved.Refused(
                OAuthError.InvalidRequest("the subject_token_type is not served", "subject_token_type"), e),
        };
    }
}
