using Writ.Server.Edge;

namespace Writ.Server.Decisions;

/// <summary>
/// The one place where yes is said: entitlement ∩ workflow ∩ task ∩ parent ∩ request. Pure: the answer depends on the
/// ask and the facts alone. Every effect on a credential passes through here.
/// </summary>
public sealed class DecisionPoint(Settings settings)
{
    /// <summary>Decides. Never throws for what a caller can send.</summary>
    public Decision Decide(Ask ask, Facts facts)
    {
        var verdict = ask is Ask.ByCaller { Caller.Principal: var caller } && !caller.IsActive(facts.Now)
            ? Reason.NotActive(caller)
            : ask switch
            {
                Ask.Token token => TokenRules.Judge(token, facts, settings),
                Ask.WorkToOpen work => TaskRules.Judge(work, facts, settings),
                Ask.Act act => ActRules.Judge(act, facts),
                Ask.TokenRevocation end => RevocationRules.Judge(end, facts),
                Ask.Enrolment enrolment => EnrolmentRules.Judge(enrolment, facts),
                _ => throw new InvalidOperationException($"No rules for {ask.GetType().Name}."),
            };
        return verdict switch
        {
            { Granting: { } granting } => new Decision.Granted(new Grant(ask.DecisionId, granting)),
            { Reason: { } reason } => new Decision.Denied(ask.DecisionId, reason),
            _ => throw new InvalidOperationException("A verdict is a grant or a reason."),
        };
    }
}

/// <summary>What the rules answer: what may be granted, or why not.</summary>
internal readonly record struct Verdict(Granting? Granting, Reason? Reason)
{
    public static implicit operator Verdict(Reason reason) => new(null, reason);

    public static implicit operator Verdict(Granting granting) => new(granting, null);
}
