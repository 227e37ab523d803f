using Writ.Server.Decisions;

namespace Writ.Server.Audit;

/// <summary>What the record of a decision says of the policy: enough to decide it again (docs/audit.md).</summary>
internal static class PolicyDetail
{
    /// <summary>The version that was asked.</summary>
    public const string Version = "policy";

    /// <summary>The question.</summary>
    public const string Input = "policy_input";

    /// <summary>What came with a yes.</summary>
    public const string Obligations = "policy_obligations";

    /// <summary>The rules that refused.</summary>
    public const string Rules = "policy_rules";

    /// <summary>Their codes.</summary>
    public const string Reasons = "policy_reasons";

    public static AuditEvent Of(AuditEvent e, Decision decision) => decision.Policy is not { } said ? e : e
        .With(Version, said.Digest)
        .With(Input, said.Input)
        .With(Obligations, said.Obligations.IsEmpty ? null : said.Obligations.ToJson())
        .With(Rules, Words(said.Rules))
        .With(Reasons, Words(said.Reasons))
        .With("policy_missing", Words(said.Missing))
        .With("policy_fault", said.Fault);

    private static string? Words(IReadOnlyList<string> words) => words.Count == 0 ? null : string.Join(' ', words);
}
