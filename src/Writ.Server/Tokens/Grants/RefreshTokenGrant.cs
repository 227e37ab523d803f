using Writ.Protocol;
using Writ.Server.Audit;
using Writ.Server.Callers;
using Writ.Server.Decisions;
using Writ.Server.Revocations;
using Writ.Server.Storage;

namespace Writ.Server.Tokens.Grants;

/// <summary>
/// refresh_token (RFC 6749 §6) with rotation: each is used once, by its client, with its key, while its task is open.
/// A second use kills the family and raises a finding: one of the two users is a thief, and we cannot know which.
/// </summary>
public sealed class RefreshTokenGrant(
    RefreshTokenStore store, TaskStore tasks, FactSource facts, RefreshTokens refresh, RevocationLog revocations,
    ExchangeParts parts) : ITokenGrant
{
    public string GrantType => GrantTypes.RefreshToken;

    public async Task<Resolved> ResolveAsync(Caller caller, TokenRequest request, CancellationToken cancel)
    {
        var e = new AuditEvent { Kind = "token.refresh", Actor = caller.Principal.Id }
            .With("grant_type", GrantType).With("method", caller.Method);
        var row = await store.FindAsync(RefreshTokens.Hash(((TokenRequest.RefreshToken)request).Token), cancel);
        if (row is null || !string.Equals(row.Client, caller.Principal.Id, StringComparison.Ordinal))
            return Refuse("the refresh token does not hold", "refresh_token_invalid", e);
        e = (e with { Subject = row.Subject, Task = row.Task }).With("family", row.Family);
        var reuse = Reuse(row);
        if (row.UsedAt is not null)
            return Refuse("the refresh token was used before", "refresh_reused", e) with { Claims = reuse };
        var issued = Instant.FromMicros(row.IssuedAt);
        if (facts.IsFamilyRevoked(row.Family) || facts.IsRevoked(row.Client, issued)
            || facts.IsRevoked(row.Subject, issued))
            return Refuse("the refresh token was revoked", "refresh_token_revoked", e);
        if (request.TaskId is { } named && !string.Equals(named, row.Task, StringComparison.Ordinal))
            return Refuse("the refresh token is another task's", "not_its_task", e);
        var task = await tasks.FindAsync(row.Task, cancel);
        var known = await facts.ForTokenAsync(caller.Principal, task, cancel);
        if (row.ExpiresAt <= known.Now.ToMicros() || task is null)
            return Refuse("the refresh token has expired", "refresh_token_expired", e);
        if (!string.Equals(row.KeyThumbprint, caller.Binding?.Thumbprint, StringComparison.Ordinal))
            return Refuse("the refresh token's key is not proven", "key_not_proven", e);

        var ask = new Ask.Token
        {
            DecisionId = parts.Ids.Next("dec"),
            Caller = caller,
            GrantType = GrantType,
            Jti = parts.Ids.Next("at"),
            Subject = row.Subject,
            Actors = ActorChain.None.Push(caller.Principal.Id),
            Requested = new Requested(
                request.AuthorizationDetails, request.Scope, [.. request.Resources, .. request.Audiences]),
            Task = task,
            Family = row.Family,
            EndsBy = Instant.FromMicros(row.ExpiresAt),
            AtMost = Stored.Authority(row.Claims),
            MayAct = request.MayAct,
        };
        return new Resolved.Ready(ask, known, e)
        {
            Claims = [RefreshTokenStore.Use(row.Hash)],
            IfClaimFails = failure => failure == ClaimFailure.RefreshReused ? reuse : [],
            Refresh = token => refresh.Rotate(row, token),
        };
    }

    private IReadOnlyList<Claim> Reuse(RefreshTokenRow row) =>
    [
        revocations.RevokeToken(row.Family, Instant.FromMicros(row.ExpiresAt), "refresh_reused"),
        parts.Finding("refresh_reuse", row.Client, "critical", $"A refresh token of {row.Client} was used twice."),
    ];

    private static Resolved.Refused Refuse(string message, string code, AuditEvent e) =>
        new(OAuthError.InvalidGrant(message, code), e);
}
