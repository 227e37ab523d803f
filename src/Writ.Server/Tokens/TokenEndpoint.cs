using Writ.Protocol;
using Writ.Server.Acts;
using Writ.Server.Audit;
using Writ.Server.Callers;
using Writ.Server.Decisions;
using Writ.Server.Edge;
using Writ.Server.Keys;

namespace Writ.Server.Tokens;

/// <summary>POST /oauth/token: the road of a token (docs/life-of-a-token.md), and nothing else.</summary>
public sealed class TokenEndpoint(TokenRoad road, RefusalLog refusals, Attempts attempts)
{
    public async Task HandleAsync(HttpContext http)
    {
        if (!road.Revocations.IsFresh) { await Answers.OAuthAsync(http, TokenAnswer.Stale); return; }

        // 1. Edge: one content type, bounded.
        var (form, status) = await RequestBody.ReadAsync(http, RequestBody.Form);
        if (form is null) { await refusals.BodyAsync(http, status); return; }

        // 2. Parse.
        var parsed = TokenRequest.Parse(form);
        if (parsed is TokenRequestOutcome.Failed failed) { await refusals.RequestAsync(http, failed.Error); return; }
        var request = ((TokenRequestOutcome.Parsed)parsed).Request;
        await attempts.RunAsync(hold => AttemptAsync(http, request, hold), http.RequestAborted);
    }

    private async Task<Attempt> AttemptAsync(HttpContext http, TokenRequest request, LogHold? hold)
    {
        // 3. Caller.
        var evidence = HttpEvidence.Of(http, road.Settings, request.Client);
        var who = await road.Callers.AuthenticateAsync(evidence, http.RequestAborted);
        if (who is CallerOutcome.Refused stranger) return new Attempt(() => refusals.CallerAsync(http, stranger));
        var caller = ((CallerOutcome.Authenticated)who).Caller;
        if (await refusals.IsStoppedAsync(http, caller)) return Attempt.Answered;

        // 4. Ask.
        if (!road.Grants.TryGetValue(request.GrantType, out var grantType))
            return new Attempt(() => refusals.RequestAsync(
                http, OAuthError.UnsupportedGrantType("this grant type is not served")));
        http.Features.Set(new AskedGrant(request.GrantType));
        var resolved = await grantType.ResolveAsync(caller, request, http.RequestAborted);
        if (resolved is Resolved.Refused unfit) return new Attempt(() => refusals.AskAsync(http, unfit, caller));
        var ready = (Resolved.Ready)resolved;
        var facts = await road.Approvals.FactsAsync(ready.Facts, request.Approval, http.RequestAborted);
        ready = ready with { Facts = facts };

        // 5. Decide.
        var decision = await road.Decisions.DecideAsync(ready.Ask, facts, http.RequestAborted);
        var wish = await road.Approvals.WishAsync(ready.Ask, decision, facts, http.RequestAborted);

        // 6. Record, with everything that must still hold.
        var kid = road.Keys.Current(KeyPurpose.Token)?.Kid;
        var step = TokenStep.Of(ready, decision, wish, http.TraceIdentifier, kid);
        return await road.Audit.AppendAsync(decision, step.Event, step.Claims, hold) switch
        {
            Appended.Stale => new Attempt(Refuse(TokenErrors.Of(Reason.Stale, ready.Ask)), caller.Principal.Id),
            Appended.Refused { Failure: var failure } => new Attempt(async () =>
            {
                await refusals.ClaimAsync(ready, failure, step.Event);
                await Refuse(TokenErrors.Of(failure))();
            }),
            _ when decision is Decision.Denied denied =>
                new Attempt(Refuse(TokenErrors.Of(denied.Reason, ready.Ask), wish)),
            Appended.Done { Receipt: var receipt } => new Attempt(() =>
            {
                // 7. Sign, with the key that the record names. 8. Answer.
                var grant = ((Decision.Granted)decision).Grant;
                return road.Signer.Sign(grant, receipt, kid) is { } token
                    ? TokenAnswer.WriteAsync(http, ready, grant, token, step.RefreshToken)
                    : Refuse(TokenErrors.Of(Reason.Stale, ready.Ask))();
            }),
            _ => throw new InvalidOperationException("An append is done, refused or stale."),
        };

        Func<Task> Refuse(OAuthError error, ApprovalWish? wish = null) =>
            () => Answers.OAuthAsync(http, error, decision.Id, wish?.Answer());
    }
}
