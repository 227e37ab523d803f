using Writ.Protocol;
using Writ.Server.Audit;
using Writ.Server.Callers;
using Writ.Server.Decisions;
using Writ.Server.Edge;
using Writ.Server.Keys;
using Writ.Server.Storage;

namespace Writ.Server.Tokens;

/// <summary>POST /oauth/token: the road of a token (DESIGN §4), and nothing else.</summary>
public sealed class TokenEndpoint(TokenRoad road, RefusalLog refusals, Registry registry)
{
    private const int Attempts = 3;

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
        for (var attempt = 1; ; attempt++)
        {
            // 3. Caller.
            var evidence = HttpEvidence.Of(http, road.Settings, request.Client);
            var who = await road.Callers.AuthenticateAsync(evidence, http.RequestAborted);
            if (who is CallerOutcome.Refused stranger) { await refusals.CallerAsync(http, stranger); return; }
            var caller = ((CallerOutcome.Authenticated)who).Caller;
            if (await refusals.IsStoppedAsync(http, caller)) return;

            // 4. Ask.
            if (!road.Grants.TryGetValue(request.GrantType, out var grantType))
            {
                await refusals.RequestAsync(http, OAuthError.UnsupportedGrantType("this grant type is not served"));
                return;
            }
            var resolved = await grantType.ResolveAsync(caller, request, http.RequestAborted);
            if (resolved is Resolved.Refused unfit) { await refusals.AskAsync(http, unfit, caller); return; }
            var ready = (Resolved.Ready)resolved;

            // 5. Decide.
            var decision = road.Decisions.Decide(ready.Ask, ready.Facts);

            // 6. Record, with everything that must still hold.
            var kid = road.Keys.Current(KeyPurpose.Token)?.Kid;
            var step = TokenStep.Of(ready, decision, http.TraceIdentifier, kid);
            var appended = await road.Audit.AppendAsync(decision, step.Event, step.Claims);
            switch (appended)
            {
                case Appended.Stale when attempt < Attempts:
                    registry.Forget(caller.Principal.Id);
                    continue;
                case Appended.Stale:
                    await Answers.OAuthAsync(http, TokenErrors.Of(Reason.Stale, ready.Ask), decision.Id);
                    return;
                case Appended.Refused refused:
                    await refusals.ClaimAsync(ready, refused.Failure, step.Event);
                    await Answers.OAuthAsync(http, TokenErrors.Of(refused.Failure), decision.Id);
                    return;
                case Appended.Done when decision is Decision.Denied denied:
                    await Answers.OAuthAsync(http, TokenErrors.Of(denied.Reason, ready.Ask), decision.Id);
                    return;
                case Appended.Done { Receipt: var receipt }:
                    // 7. Sign. 8. Answer.
                    var grant = ((Decision.Granted)decision).Grant;
                    var token = road.Signer.Sign(grant, receipt);
                    await TokenAnswer.WriteAsync(http, ready, grant, token, step.RefreshToken);
                    return;
            }
        }
    }
}
