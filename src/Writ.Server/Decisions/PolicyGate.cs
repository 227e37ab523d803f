using Writ.Protocol;
using Writ.Rego.Values;
using Writ.Server.Policies;
using Writ.Server.Storage;

namespace Writ.Server.Decisions;

/// <summary>
/// The second half of a decision: what the rules would grant is held against the policy, which can only narrow it
/// (docs/decision.md).
/// </summary>
internal sealed class PolicyGate(IPolicyEngine engine)
{
    /// <summary>The version of an engine outside that does not say which it has, or does not answer.</summary>
    private const string Unknown = "opa";

    /// <summary>Called with each question that was answered.</summary>
    public event Action<PolicyAsked>? Asked;

    /// <summary>Asks the policy about each action at each resource, and narrows by what it obliges to.</summary>
    public async ValueTask<GateAnswer> AskAsync(
        Ask.ByCaller ask, Granting granting, Facts facts, CancellationToken cancel)
    {
        // The policy is shown an approval only where it is one for this very thing; then it is used up, too.
        var held = granting is not Granting.Access && facts.Approval is { } given
            && IsHeld(given, ask, granting, facts, engine.NameOf(facts.Policy) ?? given.Policy) ? given : null;
        var question = Question.Of(ask, granting, facts with { Approval = held });
        var said = await GatherAsync(question.Inputs, facts, null, cancel);
        if (held is not null && said.Version != held.Policy && said.No?.Fault is null)
        {
            // An engine outside has moved on since: what its version of before wanted approved is not this one's.
            held = null;
            question = Question.Of(ask, granting, facts with { Approval = null });
            said = await GatherAsync(question.Inputs, facts, null, cancel);
        }
        var (obligations, no) = (said.Obligations, said.No);
        var trace = new PolicyTrace(said.Version, question.ToRecord().ToJson());
        if (facts.Registry.Shadow is not null)
            Asked?.Invoke(PolicyAsked.Of(ask, question, facts, obligations, no, trace.Input.Length));
        if (said.IsMixed) return new GateAnswer(Reason.Stale, trace);
        if (no is not null)
            return new GateAnswer(Reason.Policy(no.Reasons[0]), trace with
            {
                Rules = no.Rules,
                Reasons = no.Reasons,
                Missing = no.Missing,
                Fault = no.Fault,
            });
        trace = trace with { Obligations = obligations };
        if (Unkept(obligations, ask, granting) is { } reason) return new GateAnswer(reason, trace);
        var narrowed = granting.Within(obligations, facts.Now);
        if (narrowed.Granting is not { } grant) return new GateAnswer(narrowed, trace);
        if (held is not null && Suffices(held, obligations.Approval, facts.Now))
            return new GateAnswer(grant.EndingBy(Instant.FromMicros(held.ExpiresAt)), trace) { Used = held };
        // Of a mere question the asking side keeps the approval, too: asking uses none up.
        return obligations.Approval is { } rule && grant is not Granting.Access
            ? Wanting(rule, ask, granting, facts, trace)
            : new GateAnswer(narrowed, trace);
    }

    /// <summary>The answers to all questions put together; or the first no, and to which.</summary>
    private async ValueTask<Gathered> GatherAsync(
        IEnumerable<RegoObject> inputs, Facts facts, AnswerMemory? memory, CancellationToken cancel)
    {
        var all = new Gathered(Obligations.None, engine.NameOf(facts.Policy) ?? Unknown);
        var isFirst = true;
        foreach (var input in inputs)
        {
            var answer = await AnswerAsync(input, facts, memory, cancel);
            if (answer.Version is { } version)
            {
                if (isFirst) all = all with { Version = version };
                else if (version != all.Version) all = all with { IsMixed = true };
            }
            isFirst = false;
            if (answer is PolicyAnswer.Refused no) return all with { No = no, To = input };
            var (both, code) = all.Obligations.And(((PolicyAnswer.Allowed)answer).Obligations);
            if (both is null) return all with { No = new PolicyAnswer.Refused([], [code!]), To = input };
            if (!ReferenceEquals(both, all.Obligations)) all = all with { Obligations = both };
        }
        return all;
    }

    private async ValueTask<PolicyAnswer> AnswerAsync(
        RegoObject input, Facts facts, AnswerMemory? memory, CancellationToken cancel)
    {
        if (memory is null) return await engine.AskAsync(facts.Policy, input, facts.Now, cancel);
        var key = engine.KeyOf(facts.Policy, input);
        if (memory.Find(key) is { } known) return known;
        var answer = await engine.AskAsync(facts.Policy, input, facts.Now, cancel);
        memory.Keep(key, answer);
        return answer;
    }

    /// <summary>What was asked of the approver then is no less than what the policy demands now: risk, time or place
    /// may have made it stricter since.</summary>
    private static bool Suffices(ApprovalRow held, Obligation.RequireApproval? rule, DateTimeOffset now) =>
        rule is null || (rule.Approvers.SetEquals(Stored.Strings(held.Approvers))
            && held.DecidedAt is { } decided && Instant.FromMicros(decided) + rule.Window > now);

    private static bool IsHeld(
        ApprovalRow row, Ask.ByCaller ask, Granting granting, Facts facts, string version) =>
        row.IsGoodFor(
            ApprovalDigest.Of(ask, granting, version), version, facts.Now.ToMicros())
        && facts.Approver is { Operator: { } person } approver && approver.IsActive(facts.Now)
        && string.Equals(row.DecidedBy, approver.Id, StringComparison.Ordinal)
        // As of now: what it is for may have moved to another team, and others may have got a hand in it.
        && ApprovalRules.Refusal(
            person, row with { Team = ApprovalRules.TeamOf(ask, granting, facts.Registry) }, facts.Hands) is null;

    /// <summary>A person must say yes; unless the caller points to one who was asked for this very thing, and that is
    /// over.</summary>
    private static GateAnswer Wanting(
        Obligation.RequireApproval rule, Ask.ByCaller ask, Granting granting, Facts facts, PolicyTrace trace)
    {
        var digest = ApprovalDigest.Of(ask, granting, trace.Digest);
        var known = facts.Approval is { } row && string.Equals(row.Digest, digest, StringComparison.Ordinal)
            ? row
            : null;
        var status = known?.StatusAt(facts.Now.ToMicros());
        var over = status switch
        {
            "used" => Reason.ApprovalUsed,
            "denied" => Reason.ApprovalDenied(known!.DecidedBecause),
            "expired" => Reason.ApprovalExpired,
            _ => null,
        };
        return over is not null ? new GateAnswer(over, trace) : new GateAnswer(Reason.ApprovalRequired, trace)
        {
            Needed = new ApprovalNeed(rule, digest, granting, status is "approved" ? known!.Id : null)
            {
                Likeness = ApprovalDigest.Likeness(ask, granting, trace.Digest),
                Policy = trace.Digest,
            },
        };
    }

    /// <summary>Asks again about what is out. A token cannot be narrowed: what would be narrower now, is refused.
    /// </summary>
    public async ValueTask<Fall?> ReviewAsync(
        Standing standing, Facts facts, AnswerMemory memory, CancellationToken cancel)
    {
        var inputs = standing.Question!.Refreshed(standing.Holder!, facts);
        var said = await GatherAsync(inputs, facts, memory, cancel);
        if (said.No is { } no)
            return new Fall(
                Reason.Policy(no.Reasons[0]), () => engine.IsOfSubject(facts.Policy, no, said.To!, facts.Now));
        // An engine outside that moves on meanwhile: both of its versions have said yes.
        return Unmet(said.Obligations, standing, facts) is { } reason ? new Fall(reason, () => false) : null;
    }

    private static Reason? Unmet(Obligations obligations, Standing standing, Facts facts)
    {
        if (obligations.AtMost is { } most && !Narrowing.Contains(most, standing.Authority))
            return Reason.OutsidePolicy(Bounds.Describe(standing.Authority, most));
        if (obligations.MaxLifetime is { } life && standing.ExpiresAt > standing.IssuedAt + life)
            return Reason.LivesTooLong;
        if (!obligations.Masks.IsEmpty) return Reason.ObligationUnknown(Obligation.Mask.Word); // as when it is issued
        foreach (var proof in obligations.StepUp)
            if (proof != standing.Question!.ProvenBy) return Reason.StepUp(proof);
        return obligations.Approval is { } rule && !IsStillApproved(rule, standing, facts)
            ? Reason.ApprovalRequired
            : null;
    }

    /// <summary>Whoever approved it may do so still, and it ends no later than the policy allows now.</summary>
    private static bool IsStillApproved(Obligation.RequireApproval rule, Standing standing, Facts facts) =>
        standing.Question!.Approved is (var approver, var at) && at + rule.Window >= standing.ExpiresAt
        && facts.Approver is { Operator: { } person } known && known.IsActive(facts.Now)
        && string.Equals(approver, known.Id, StringComparison.Ordinal)
        && ApprovalRules.NotMeant(
            person, rule.Approvers, ApprovalRules.TeamOf(standing.Authority, facts.Registry)) is null;

    /// <summary>Which obligation cannot be kept here.</summary>
    private static Reason? Unkept(Obligations obligations, Ask.ByCaller ask, Granting granting)
    {
        foreach (var name in obligations.Names)
            if (!granting.Honours(name)) return Reason.ObligationUnknown(name);
        if (ask is Ask.Access) return null; // what its caller has proven says nothing of the subject
        foreach (var proof in obligations.StepUp)
            if (proof != ask.Caller.Binding?.Proof) return Reason.StepUp(proof);
        return null;
    }
}

/// <summary>What the policy says to all questions of a request.</summary>
/// <param name="Obligations">What comes with a yes.</param>
/// <param name="Version">The version that said so.</param>
internal sealed record Gathered(Obligations Obligations, string Version)
{
    /// <summary>The first no; null: yes to all.</summary>
    public PolicyAnswer.Refused? No { get; init; }

    /// <summary>What that was said to.</summary>
    public RegoObject? To { get; init; }

    /// <summary>Two versions had a say: then neither has.</summary>
    public bool IsMixed { get; init; }
}

/// <summary>What came of asking the policy.</summary>
/// <param name="Verdict">Yes or no.</param>
/// <param name="Trace">What it was asked and said; null: it was not asked.</param>
internal sealed record GateAnswer(Verdict Verdict, PolicyTrace? Trace)
{
    /// <summary>Whose yes would turn a no.</summary>
    public ApprovalNeed? Needed { get; init; }

    /// <summary>The approval that a yes rests on.</summary>
    public ApprovalRow? Used { get; init; }
}
