using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.Features;
using Writ.Server.Audit;
using Writ.Server.Callers;
using Writ.Server.Decisions;
using Writ.Server.Edge;
using Writ.Server.Storage;

namespace Writ.Server.Acts;

/// <summary>
/// The road of a management call: caller, ask, decision, record with its effects, answer.
/// An endpoint is a function from a call to a plan; it changes nothing itself.
/// </summary>
public sealed class ActRoad(ActRooms rooms, Attempts attempts, IdSource ids)
{
    /// <summary>Why an act with <c>dry_run=true</c> was not done, though it could have been: its effects are tried in
    /// the transaction of its record, and taken back.</summary>
    private static readonly ClaimFailure DryRun = new("dry_run", "Nothing was done: it was only asked whether.");

    /// <summary>Walks it with a call, and answers.</summary>
    /// <param name="http">The call.</param>
    /// <param name="endpoint">Makes the plan.</param>
    /// <param name="door">What kind of calls that is.</param>
    public async Task HandleAsync(
        HttpContext http, Func<ActCall, Task<ActPlan>> endpoint, Door door = Door.Management)
    {
        if (!rooms.Revocations.IsFresh) { await Answers.StaleAsync(http); return; }
        if (http.Request.QueryString.Value!.Contains("%00", StringComparison.Ordinal))
        {
            // No text column of PostgreSQL takes U+0000, and no name that we know holds it.
            await rooms.Failures.RecordAsync(http, "request.refuse", "bad_query", null);
            await Answers.ProblemAsync(http, 400, "invalid_request", "A query parameter holds U+0000.");
            return;
        }
        KeepBody(http.Request); // a plan may be made again, when facts changed meanwhile
        await attempts.RunAsync(
            hold => AttemptAsync(http, endpoint, door, hold), http.RequestAborted);
    }

    private async Task<Attempt> AttemptAsync(
        HttpContext http, Func<ActCall, Task<ActPlan>> endpoint, Door door, LogHold? hold)
    {
        var evidence = HttpEvidence.Of(http, rooms.Settings);
        var who = await rooms.Callers.AuthenticateAsync(evidence, door is Door.Questions, http.RequestAborted);
        if (who is CallerOutcome.Refused stranger) return new Attempt(() => RefuseAsync(http, stranger));
        var caller = ((CallerOutcome.Authenticated)who).Caller;
        if (rooms.Failures.IsStopped(caller.Principal.Id)) return new Attempt(() => StopAsync(http));
        if (door is not Door.Management && rooms.Budget.WaitOf(caller.Principal.Id) is { } wait)
            return new Attempt(() => WaitAsync(http, caller.Principal.Id, wait));
        // Taken before the endpoint reads the store: what changes after this is found out in the transaction.
        var facts = await rooms.Facts.ForActAsync(caller.Principal.Id, http.RequestAborted);
        var call = new ActCall(http, caller, facts, ids);
        http.Request.Body.Position = 0;
        return await endpoint(call) switch
        {
            ActPlan.Refuse refuse => new Attempt(() => RefuseAsync(http, refuse, call)),
            var plan => await DoAsync(http, call, (ActPlan.Do)plan, hold),
        };
    }

    /// <summary>Keeps the body to be read again, in memory whatever its size: it may hold a user's token, and what
    /// outgrows the threshold would be written to a file (P6). No endpoint reads more than the limit.</summary>
    private static void KeepBody(HttpRequest request)
    {
        var hasBody = request.HttpContext.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody ?? true;
        var most = hasBody ? Math.Min(request.ContentLength ?? int.MaxValue, RequestBody.LargestLimit) : 0;
        request.EnableBuffering(bufferThreshold: (int)most + 1);
    }

    private async Task<Attempt> DoAsync(HttpContext http, ActCall call, ActPlan.Do plan, LogHold? hold)
    {
        var ask = plan.Ask is Ask.Act act ? act with { Sent = await SentAsync(http.Request) } : plan.Ask;
        var (facts, decision) = await DecideAsync(http, ask, plan.Facts ?? call.Facts);
        var isTry = http.Request.Query["dry_run"] == "true";
        if (plan.Work is { } work && decision is Decision.Granted && !isTry)
        {
            plan = plan with { Event = await work(plan.Event) };
            // Of now: what was found is as of a moment ago, and that the registry changed since is no fault of it.
            var now = await rooms.Facts.ForActAsync(call.Caller.Principal.Id, http.RequestAborted);
            (facts, decision) = await DecideAsync(http, ask, now);
        }
        var wish = isTry ? null : await rooms.Approvals.WishAsync(ask, decision, facts, http.RequestAborted);
        var granted = (decision as Decision.Granted)?.Grant.What;
        List<Claim> claims = [.. call.Caller.Claims];
        if (decision is Decision.Granted yes)
        {
            claims.Add(new Claim.RegistryCurrent(facts.Registry.Version));
            claims.AddRange(ApprovalRequests.UseOf(yes, facts));
            claims.AddRange(plan.Effects(yes.Grant.What));
            if (isTry) claims.Add(new Claim.Effect(_ => Task.FromResult<ClaimFailure?>(DryRun)));
        }
        if (wish is not null) claims.Add(wish.Claim);
        var e = ApprovalRequests.Describe(plan.Event, decision, wish);
        return await rooms.Audit.AppendAsync(decision, e, claims, hold, CancellationToken.None) switch
        {
            Appended.Stale => new Attempt(Problem(503, Reason.Stale), call.Caller.Principal.Id),
            Appended.Refused { Failure: var failure } when failure == DryRun => new Attempt(() =>
            {
                http.Response.Headers["Writ-Decision-Id"] = decision.Id;
                return Answers.JsonAsync(http, StatusCodes.Status200OK, new JsonObject { ["dry_run"] = true });
            }),
            Appended.Refused { Failure: var failure }
                when failure == ClaimFailure.TaskEnded && plan.AnswerNo is { } answer =>
                new Attempt(() => answer(http, Decision.Denied.Late(decision.Id, failure))),
            Appended.Refused { Failure: var failure } => new Attempt(
                () => Answers.ProblemAsync(http, StatusOf(failure.Code), failure.Code, failure.Message, decision.Id)),
            _ when decision is Decision.Denied { Reason.IsOfCaller: false } no && plan.AnswerNo is { } answer =>
                new Attempt(() => answer(http, no)),
            _ when decision is Decision.Denied denied => new Attempt(Problem(403, denied.Reason, wish)),
            _ => new Attempt(() =>
            {
                http.Response.Headers["Writ-Decision-Id"] = decision.Id;
                return plan.Answer(http, granted!);
            }),
        };

        Func<Task> Problem(int status, Reason reason, ApprovalWish? wish = null) =>
            () => Answers.ProblemAsync(http, status, reason.Code, reason.Message, decision.Id, wish?.Answer());
    }

    private async Task<(Facts Facts, Decision Decision)> DecideAsync(HttpContext http, Ask ask, Facts facts)
    {
        var id = http.Request.Headers[ApprovalRequests.Header] is [{ } given] ? given : null;
        var all = await rooms.Approvals.FactsAsync(facts, id, http.RequestAborted);
        return (all, await rooms.Decisions.DecideAsync(ask, all, http.RequestAborted));
    }

    /// <summary>The call as it came, with as much of its body as the endpoint read: nothing else had a say.</summary>
    private static async Task<SentRequest> SentAsync(HttpRequest request)
    {
        var body = HttpMethods.IsGet(request.Method) ? [] : new byte[request.Body.Length];
        request.Body.Position = 0;
        await request.Body.ReadExactlyAsync(body, request.HttpContext.RequestAborted);
        return new SentRequest(
            request.Method, request.Path.Value ?? "", request.QueryString.Value ?? "", body);
    }

    private static Task StopAsync(HttpContext http)
    {
        http.Response.Headers.RetryAfter = "1";
        return Answers.ProblemAsync(http, 429, "too_many_refusals", "Too many of your requests were refused.");
    }

    private Task WaitAsync(HttpContext http, string principal, TimeSpan wait)
    {
        rooms.Failures.CountUnheard(principal, Reason.BudgetSpent.Code);
        http.Response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        return Answers.ProblemAsync(http, 429, Reason.BudgetSpent.Code, Reason.BudgetSpent.Message);
    }

    private async Task RefuseAsync(HttpContext http, CallerOutcome.Refused refused)
    {
        if (!string.Equals(refused.Error.Code, "use_dpop_nonce", StringComparison.Ordinal))
            await rooms.Failures.RecordAsync(http, "caller.refuse", refused.Reason, refused.Claimed);
        http.Response.Headers.WWWAuthenticate = Answers.DpopChallenge(refused.Error);
        await Answers.ProblemAsync(http, 401, refused.Error.Code, refused.Error.Description);
    }

    private async Task RefuseAsync(HttpContext http, ActPlan.Refuse refuse, ActCall call)
    {
        // Who may not do such a thing at all, not even with their own, learns nothing of what exists.
        var target = new ActTarget("nothing", call.Team, call.Caller.Principal.Id);
        var ask = new Ask.Act
        {
            DecisionId = ids.Next("dec"),
            Caller = call.Caller,
            Action = refuse.Action,
            Target = target,
        };
        // Nor is anybody asked to approve what cannot be done.
        var decision = await rooms.Decisions.DecideAsync(ask, call.Facts, http.RequestAborted);
        if (decision is Decision.Denied { Approval: null } denied)
        {
            await rooms.Audit.AppendAsync(denied, refuse.Event, call.Caller.Claims, CancellationToken.None);
            await Answers.ProblemAsync(http, 403, denied.Reason.Code, denied.Reason.Message, denied.Id);
            return;
        }
        var e = (refuse.Event with { Reason = refuse.Code }).With("why", refuse.Detail);
        Claim[] spent = [.. call.Caller.Claims.Where(c => c is Claim.Once)];
        await rooms.Audit.RefuseAsync(e, spent, CancellationToken.None);
        await Answers.ProblemAsync(http, refuse.Status, refuse.Code, refuse.Detail);
    }

    private static int StatusOf(string code) => code switch
    {
        "not_found" => StatusCodes.Status404NotFound,
        "conflict" or "last_owner" or "task_not_open" or "key_known" or "in_use" or "too_soon"
            or "too_many_keys" or "held" or "too_many_holds" => StatusCodes.Status409Conflict,
        "proof_replayed" or "assertion_replayed" => StatusCodes.Status401Unauthorized,
        "too_many_approvals" => StatusCodes.Status429TooManyRequests,
        _ => StatusCodes.Status403Forbidden,
    };
}
