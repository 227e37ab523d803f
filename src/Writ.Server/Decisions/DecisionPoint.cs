using Writ.Rego;
using Writ.Server.Edge;
using Writ.Server.Policies;

namespace Writ.Server.Decisions;

/// <summary>
/// The one place where yes is said: entitlement ∩ workflow ∩ task ∩ parent ∩ request ∩ policy. Pure, but for an engine
/// outside of this process: the answer depends on the ask and the facts alone. Every effect on a credential passes
/// through here.
/// </summary>
public sealed class DecisionPoint(Settings settings, IPolicyEngine engine, QuestionBudget? budget = null)
{
    private readonly PolicyGate _gate = new(engine);

    /// <summary>Called with whatever the policy was asked and said, on the road of the decision: whoever listens only
    /// takes note.</summary>
    internal event Action<PolicyAsked>? Asked
    {
        add => _gate.Asked += value;
        remove => _gate.Asked -= value;
    }

    /// <summary>Decides. Never throws for what a caller can send, nor for what a policy can do.</summary>
    public ValueTask<Decision> DecideAsync(Ask ask, Facts facts, CancellationToken cancel = default)
    {
        if (budget is null || ask is not Ask.Access asked) return MakeAsync(ask, facts, cancel);
        var began = ThreadTime.Nanoseconds;
        var decision = MakeAsync(ask, facts, cancel); // all of it on this thread, but for an engine outside
        budget.ChargeTime(asked.Caller.Principal.Id, ThreadTime.Nanoseconds - began);
        return decision;
    }

    private ValueTask<Decision> MakeAsync(Ask ask, Facts facts, CancellationToken cancel) =>
        Spans.AreWanted ? TracedAsync(ask, facts, cancel) : JudgeAsync(ask, facts, cancel);

    private async ValueTask<Decision> TracedAsync(Ask ask, Facts facts, CancellationToken cancel)
    {
        using var span = Spans.Start("decide");
        var decision = await JudgeAsync(ask, facts, cancel);
        span?.SetTag(Spans.DecisionId, decision.Id).SetTag("writ.policy", decision.Policy?.Digest)
            .Tell(decision is Decision.Granted, (decision as Decision.Denied)?.Reason.Code);
        return decision;
    }

    private async ValueTask<Decision> JudgeAsync(Ask ask, Facts facts, CancellationToken cancel)
    {
        var verdict = Judge(ask, facts);
        if (verdict.Granting is not { } granting || ask is not Ask.ByCaller asked || !Question.IsFor(ask))
            return Answer(ask, new GateAnswer(verdict, null));
        return Answer(ask, await _gate.AskAsync(asked, granting, facts, cancel));
    }

    /// <summary>Whether what is out would be given still; else why not. The facts are those of now, and of its holder;
    /// what belonged to its request stays as it was.</summary>
    public async ValueTask<Fall?> ReviewAsync(
        Standing standing, Facts facts, AnswerMemory memory, CancellationToken cancel = default)
    {
        if (StandingRules.Judge(standing, facts) is { } reason)
            return new Fall(reason, () => standing.Holder?.IsActive(facts.Now) is not true);
        return standing.Question is null ? null : await _gate.ReviewAsync(standing, facts, memory, cancel);
    }

    private Verdict Judge(Ask ask, Facts facts) =>
        ask is Ask.ByCaller { Caller.Principal: var caller } && !caller.IsActive(facts.Now)
            ? Reason.NotActive(caller) with { IsOfCaller = true }
            : ask switch
            {
                Ask.Token token => TokenRules.Judge(token, facts, settings),
                Ask.WorkToOpen work => TaskRules.Judge(work, facts, settings),
                Ask.Act act => ActRules.Judge(act, facts),
                Ask.Access access => AccessRules.Judge(access, facts),
                Ask.TokenRevocation end => RevocationRules.Judge(end, facts),
                Ask.Enrolment enrolment => EnrolmentRules.Judge(enrolment, facts),
                _ => throw new InvalidOperationException($"No rules for {ask.GetType().Name}."),
            };

    private static Decision Answer(Ask ask, GateAnswer answer) => answer.Verdict switch
    {
        { Granting: { } granting } => new Decision.Granted(new Grant(ask.DecisionId, granting))
        {
            Policy = answer.Trace,
            Approval = answer.Used,
        },
        { Reason: { } reason } => new Decision.Denied(ask.DecisionId, reason)
        {
            Policy = answer.Trace,
            Approval = answer.Needed,
        },
        _ => throw new InvalidOperationException("A verdict is a grant or a reason."),
    };
}

/// <summary>What the rules answer: what may be granted, or why not.</summary>
internal readonly record struct Verdict(Granting? Granting, Reason? Reason)
{
    public static implicit operator Verdict(Reason reason) => new(null, reason);

    public static implicit operator Verdict(Granting granting) => new(granting, null);
}
