using Writ.Protocol;
using Writ.Server.Policies;
using Writ.Server.Storage;

namespace Writ.Server.Decisions;

/// <summary>
/// The second half of a decision: what the rules would grant is held against the policy, which can only narrow it
/// (docs/decision.md).
/// </summary>
internal sealed class PolicyGate(IPolicyEngine engine)
{
    /// <summary>Asks the policy about each action at each resource, and narrows by what it obliges to.</summary>
    public async ValueTask<(Verdict Verdict, PolicyTrace Trace, Obligation.RequireApproval? Wanted)> AskAsync(
        Ask.ByCaller ask, Granting granting, Facts facts, CancellationToken cancel)
    {
        var question = Question.Of(ask, granting, facts);
        var trace = new PolicyTrace(engine.NameOf(facts.Policy), question.ToRecord().ToJson());
        var obligations = Obligations.None;
        foreach (var input in question.Inputs)
            switch (await engine.AskAsync(facts.Policy, input, facts.Now, cancel))
            {
                case PolicyAnswer.Allowed allowed when obligations.And(allowed.Obligations) is ({ } both, _):
                    obligations = both;
                    break;
                case PolicyAnswer.Allowed allowed:
                    var code = obligations.And(allowed.Obligations).Code!;
                    return (Reason.Policy(code), trace with { Reasons = [code] }, null);
                case PolicyAnswer.Refused no:
                    return (Reason.Policy(no.Reasons[0]), trace with
                    {
                        Rules = no.Rules,
                        Reasons = no.Reasons,
                        Missing = no.Missing,
                        Fault = no.Fault,
                    }, null);
            }
        trace = trace with { Obligations = obligations };
        if (Unkept(obligations, ask, granting) is { } reason) return (reason, trace, null);
        var narrowed = granting.Within(obligations, facts.Now);
        // Of a mere question the asking side keeps the approval, too: asking uses none up.
        if (narrowed.Granting is not { } grant || obligations.Approval is not { } rule || grant is Granting.Access)
            return (narrowed, trace, null);
        var digest = ApprovalDigest.Of(ask, grant);
        return facts.Approval is { } approval && approval.IsGoodFor(digest, facts.Policy.Digest, facts.Now.ToMicros())
            ? (grant.EndingBy(Instant.FromMicros(approval.ExpiresAt)), trace, null)
            : (Reason.ApprovalRequired, trace, rule);
    }

    /// <summary>Asks again about what is out. A token cannot be narrowed: what would be narrower now, is refused.
    /// </summary>
    public async ValueTask<Reason?> ReviewAsync(Standing standing, Facts facts, CancellationToken cancel)
    {
        var obligations = Obligations.None;
        foreach (var input in standing.Question!.Refreshed(standing.Holder!, facts))
            switch (await engine.AskAsync(facts.Policy, input, facts.Now, cancel))
            {
                case PolicyAnswer.Allowed allowed when obligations.And(allowed.Obligations) is ({ } both, _):
                    obligations = both;
                    break;
                case PolicyAnswer.Allowed allowed:
                    return Reason.Policy(obligations.And(allowed.Obligations).Code!);
                case PolicyAnswer.Refused no:
                    return Reason.Policy(no.Reasons[0]);
            }
        if (obligations.AtMost is { } most && !Narrowing.Contains(most, standing.Authority))
            return Reason.OutsidePolicy(Bounds.Describe(standing.Authority, most));
        if (obligations.MaxLifetime is { } life && standing.ExpiresAt > standing.IssuedAt + life)
            return Reason.LivesTooLong;
        return obligations.Approval is not null && !standing.Question.IsApproved ? Reason.ApprovalRequired : null;
    }

    /// <summary>Which obligation cannot be kept here.</summary>
    private static Reason? Unkept(Obligations obligations, Ask.ByCaller ask, Granting granting)
    {
        foreach (var name in obligations.Names)
            if (!granting.Honours(name)) return Reason.ObligationUnknown(name);
        if (ask is Ask.Access) return null; // what its caller has proven says nothing of the subject
        foreach (var proof in obligations.StepUp)
            if (!IsProven(proof, ask.Caller.Binding)) return Reason.StepUp(proof);
        return null;
    }

    private static bool IsProven(string proof, Confirmation? binding) => proof switch
    {
        "dpop" => binding is Confirmation.Jkt,
        "mtls" => binding is Confirmation.X5t,
        _ => false,
    };
}
