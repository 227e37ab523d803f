using Writ.Protocol;
using Writ.Server.Audit;
using Writ.Server.Callers;
using Writ.Server.Decisions;
using Writ.Server.Edge;
using Writ.Server.Revocations;
using Writ.Server.Storage;

namespace Writ.Server.Tokens;

/// <summary>
/// POST /oauth/revoke (RFC 7009): ends an access token with all that was made from it, or a family of refresh tokens.
/// By the token's client, or by an operator whose management token carries <c>token:revoke</c>. A token that does not
/// hold, or is somebody else's, is answered like one that is gone (§2.2).
/// </summary>
public sealed class RevocationEndpoint(
    TokenCallers tokens, RefreshTokenStore refreshTokens, RevocationLog revocations, ClientAccess access,
    RefusalLog refusals, AuditLog audit)
{
    public async Task HandleAsync(HttpContext http)
    {
        var (form, status) = await RequestBody.ReadAsync(http, RequestBody.Form);
        if (form is null) { await refusals.BodyAsync(http, status); return; }
        if (RevocationRequest.Parse(form, out var error) is not { } request)
        {
            await refusals.RequestAsync(http, error!);
            return;
        }
        var use = new AuditEvent { Kind = "token.revoke_request" };
        var who = await access.AuthenticateAsync(http, request.Client, "token:revoke", use);
        if (who is CallerOutcome.Refused stranger) { await refusals.CallerAsync(http, stranger); return; }
        var caller = ((CallerOutcome.Authenticated)who).Caller;
        if (await FindAsync(request.Token, http.RequestAborted) is { } found)
        {
            var mine = string.Equals(found.Client, caller.Principal.Id, StringComparison.Ordinal)
                || (caller.Principal.Operator is { Team: null } person
                    && ManagementActions.RoleAllows(person.Role, "token:revoke"));
            var e = new AuditEvent
            {
                Kind = "token.revoke",
                Actor = caller.Principal.Id,
                Subject = found.Client,
                Task = found.Task,
                Reason = mine ? "revoked" : "not_yours",
                RequestId = http.TraceIdentifier,
            };
            IReadOnlyList<Claim> claims = mine ? [revocations.RevokeToken(found.Handle, found.EndsAt, "revoked")] : [];
            await audit.AppendAsync(e.With("handle", found.Handle), mine ? "allow" : "deny", claims);
        }
        http.Response.StatusCode = StatusCodes.Status200OK;
        http.Response.Headers.CacheControl = "no-store";
    }

    private async Task<Found?> FindAsync(string text, CancellationToken cancel)
    {
        if (tokens.ReadAny(text) is { } token)
            return new Found(token.Jti, token.ClientId, token.TaskId, token.ExpiresAt);
        return await refreshTokens.FindAsync(RefreshTokens.Hash(text), cancel) is { } row
            ? new Found(row.Family, row.Client, row.Task, Instant.FromMicros(row.ExpiresAt))
            : null;
    }

    private sealed record Found(string Handle, string Client, string Task, DateTimeOffset EndsAt);
}
