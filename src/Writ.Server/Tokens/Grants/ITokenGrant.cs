using Writ.Protocol;
using Writ.Server.Callers;

namespace Writ.Server.Tokens.Grants;

/// <summary>A grant type of the token endpoint: one file, which declares its name and resolves its requests.</summary>
public interface ITokenGrant
{
    /// <summary>The value of <c>grant_type</c>.</summary>
    string GrantType { get; }

    /// <summary>Turns a request into an ask with its facts. Decides nothing.</summary>
    Task<Resolved> ResolveAsync(Caller caller, TokenRequest request, CancellationToken cancel);
}
