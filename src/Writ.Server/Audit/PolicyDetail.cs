using Writ.Server.Decisions;

namespace Writ.Server.Audit;

/// <summary>What the record of a decision says of the policy: enough to decide it again (docs/audit.md).</summary>
internal static class PolicyDetail
{
    /// <summary>The version that was asked.</summary>
    public const string Version = "policy";

    /// <summary>The question.</summary>
    public const string Input = "policy_input";

    public static AuditEvent Of(AuditEvent e, Decision decision) => decision.Policy is not { } said ? e : e
        .With(Version, said.Digest)
        .With(Input, said.Input)
        .With("policy_obligations", said.Obligations.IsEmpty ? null : said.Obligations.ToJson())
        .With("policy_rules", Words(said.Rules))
        .With("policy_reasons", Words(said.Reasons))
        .With("policy_missing", Words(said.Missing))
        .With("policy_fault", said.Fault);

    private static string? Words(IReadOnlyList<string> words) => words.Count == 0 ? null : string.Join(' ', words);
}
