using Writ.Protocol;
using Writ.Rego.Values;
using Writ.Server.Decisions;
using Writ.Server.Policies;

namespace Writ.Server.Simulation;

/// <summary>What a policy makes of a question: yes with obligations, or no.</summary>
/// <param name="Code">Why not; null: yes.</param>
/// <param name="By">The rules that refuse, or the obligation that could not be kept.</param>
/// <param name="Obligations">What comes with a yes, as JSON; empty: nothing.</param>
internal sealed record PolicyVerdict(string? Code, IReadOnlyList<string> By, string Obligations)
{
    private static readonly string[] OfObligations =
    [
        "step_up_required", "obligation_unknown", "outside_policy", "policy_leaves_nothing", "approval_required",
        "approval_used", "approval_denied", "approval_expired",
    ];

    public bool IsYes => Code is null;

    /// <summary>What was made of it then; null: it was refused for something that no policy has a say in.</summary>
    public static PolicyVerdict? Recorded(RecordedDecision decision) => decision switch
    {
        { Reasons: [var code, ..] } => new PolicyVerdict(code, decision.Rules, ""),
        { IsAllowed: true } => new PolicyVerdict(null, [], decision.Obligations),
        { Reason: { } reason } when OfObligations.Contains(reason, StringComparer.Ordinal) =>
            new PolicyVerdict(reason, [reason], decision.Obligations),
        _ => null,
    };

    /// <summary>What a version makes of the same question, at the time of then.</summary>
    public static PolicyVerdict Of(
        PolicyVersion version, RecordedDecision decision, RecordedQuestion question, DateTimeOffset now,
        TimeProvider time)
    {
        var (verdict, all) = Of(version, question.Inputs, now, time);
        return verdict.IsYes && Unkept(all, decision, question) is { } reason
            ? new PolicyVerdict(reason, [reason], "")
            : verdict;
    }

    /// <summary>What it answers, whether or not its obligations can be kept.</summary>
    public static (PolicyVerdict Verdict, Obligations All) Of(
        PolicyVersion version, IEnumerable<RegoObject> inputs, DateTimeOffset now, TimeProvider time)
    {
        var all = Writ.Protocol.Obligations.None;
        foreach (var input in inputs)
        {
            var answer = version.Ask(input, now, time);
            if (answer is PolicyAnswer.Refused no) return (new PolicyVerdict(no.Reasons[0], no.Rules, ""), all);
            var (both, code) = all.And(((PolicyAnswer.Allowed)answer).Obligations);
            if (both is null) return (new PolicyVerdict(code, [code!], ""), all);
            all = both;
        }
        return (new PolicyVerdict(null, [], all.IsEmpty ? "" : all.ToJson()), all);
    }

    /// <summary>As <c>PolicyGate</c> holds them, by what the record tells of the request.</summary>
    private static string? Unkept(Obligations all, RecordedDecision decision, RecordedQuestion question)
    {
        var kind = decision.Index.Kind;
        var honoured = kind == "access.evaluate" ? question.Honours : null;
        foreach (var name in all.Names)
            if (!(honoured?.Contains(name, StringComparer.Ordinal) ?? IsKept(name, kind))
                && name != Obligation.Notify.Word)
                return "obligation_unknown";
        if (honoured is not null) return null;
        if (all.StepUp.Any(proof => proof != question.ProvenBy)) return "step_up_required";
        if (all.AtMost is { } most && decision.Detail("authorization_details") is { } text
            && Authority.TryParse(text, out var given, out _)
            && Narrowing.TryIntersect(given, most, out var left) && left.IsEmpty)
            return "policy_leaves_nothing";
        return all.Approval is not null && question.Approved is null ? "approval_required" : null;
    }

    private static bool IsKept(string obligation, string kind) => obligation switch
    {
        Obligation.Mask.Word => false,
        Obligation.MaxLifetime.Word or Obligation.AtMost.Word =>
            kind is "task.start" || kind.StartsWith("token.", StringComparison.Ordinal),
        _ => true,
    };
}
