using Writ.Protocol;
using Writ.Server.Acts;
using Writ.Server.Audit;
using Writ.Server.Callers;
using Writ.Server.Decisions;
using Writ.Server.Edge;
using Writ.Server.Revocations;
using Writ.Server.Storage;

namespace Writ.Server.Tokens;

/// <summary>
/// POST /oauth/revoke (RFC 7009): ends an access token with all that was made from it, or a family of refresh tokens.
/// Who may is decided like any other act. A token that does not hold is answered like one that was ended (§2.2), and
/// the log tells them apart; but nobody must take a token for dead that they may not end (§2.2.1).
/// </summary>
public sealed class RevocationEndpoint(
    TokenRoad road, RevocationParts parts, ClientAccess access, RefusalLog refusals, Attempts attempts)
{
    private const string Kind = "token.revoke";

    public async Task HandleAsync(HttpContext http)
    {
        if (!road.Revocations.IsFresh) { await Answers.OAuthAsync(http, TokenAnswer.Stale); return; }
        var (form, status) = await RequestBody.ReadAsync(http, RequestBody.Form);
        if (form is null) { await refusals.BodyAsync(http, status); return; }
        if (RevocationRequest.Parse(form, out var error) is not { } request)
        {
            await refusals.RequestAsync(http, error!);
            return;
        }
        await attempts.RunAsync(hold => AttemptAsync(http, request, hold), http.RequestAborted);
    }

    private async Task<Attempt> AttemptAsync(HttpContext http, RevocationRequest request, LogHold? hold)
    {
        var who = await access.AuthenticateAsync(http, request.Client, "token:revoke");
        if (who is CallerOutcome.Refused stranger) return new Attempt(() => refusals.CallerAsync(http, stranger));
        var caller = ((CallerOutcome.Authenticated)who).Caller;
        if (await refusals.IsStoppedAsync(http, caller)) return Attempt.Answered;
        var (decision, appended) = await FindAsync(request.Token, http.RequestAborted) is { } found
            ? await DecideAsync(http, caller, found, hold)
            : new Decided(null, await RefuseAsync(http, caller));
        switch (appended)
        {
            case Appended.Stale:
                return new Attempt(Refuse(TokenErrors.Of(Reason.Stale)), caller.Principal.Id);
            case Appended.Refused { Failure: var failure }:
                return new Attempt(Refuse(TokenErrors.Of(failure)));
            case Appended.Done when decision is Decision.Denied denied:
                var error = TokenErrors.Of(denied.Reason);
                return new Attempt(Refuse(error.Status == 400 ? error.WithStatus(403) : error));
            default:
                http.Response.StatusCode = StatusCodes.Status200OK;
                http.Response.Headers.CacheControl = "no-store";
                return Attempt.Answered;
        }

        Func<Task> Refuse(OAuthError error) => () => Answers.OAuthAsync(http, error, decision?.Id);
    }

    private async Task<Decided> DecideAsync(HttpContext http, Caller caller, Found found, LogHold? hold)
    {
        var ask = new Ask.TokenRevocation
        {
            DecisionId = parts.Ids.Next("dec"),
            Caller = caller,
            Handle = found.Handle,
            Client = found.Client,
        };
        var facts = await parts.Facts.ForRevocationAsync(found.Client, http.RequestAborted);
        var decision = await road.Decisions.DecideAsync(ask, facts, http.RequestAborted);
        var e = EventOf(http, caller) with { Subject = found.Client, Task = found.Task };
        List<Claim> claims = [.. caller.Claims];
        if (decision is Decision.Granted)
            claims.Add(parts.Revocations.RevokeToken(found.Handle, found.EndsAt, "revoked"));
        return new Decided(
            decision, await road.Audit.AppendAsync(decision, e.With("handle", found.Handle), claims, hold));
    }

    /// <summary>There is nothing to decide on: the proof is used up all the same.</summary>
    private Task<Appended> RefuseAsync(HttpContext http, Caller caller) => road.Audit.RefuseAsync(
        EventOf(http, caller) with { Reason = "token_invalid" }, [.. caller.Claims.Where(c => c is Claim.Once)]);

    private static AuditEvent EventOf(HttpContext http, Caller caller) =>
        new() { Kind = Kind, Actor = caller.Principal.Id, RequestId = http.TraceIdentifier };

    private async Task<Found?> FindAsync(string text, CancellationToken cancel)
    {
        if (parts.Tokens.ReadAny(text) is { } token)
            return new Found(token.Jti, token.ClientId, token.TaskId, token.ExpiresAt);
        return await parts.RefreshTokens.FindAsync(RefreshTokens.Hash(text), cancel) is { } row
            ? new Found(row.Family, row.Client, row.Task, Instant.FromMicros(row.ExpiresAt))
            : null;
    }

    private sealed record Decided(Decision? Decision, Appended Appended);

    private sealed record Found(string Handle, string Client, string Task, DateTimeOffset EndsAt);
}

/// <summary>What the end of a token is looked up in and made with.</summary>
public sealed record RevocationParts(
    TokenCallers Tokens, RefreshTokenStore RefreshTokens, RevocationLog Revocations, FactSource Facts,
    IdSource Ids);
