using Writ.Server.Storage;

namespace Writ.Server.Decisions;

/// <summary>
/// Who may say yes or no to a request (docs/approvals.md): those whom the policy names, or else whose scope covers it;
/// never one who has a hand in it. Held when it is decided, and again when it is used.
/// </summary>
public static class ApprovalRules
{
    private const string OfTeam = "team:";
    private const string OfRole = "role:";

    /// <summary>Why somebody may not decide it; null: they may.</summary>
    /// <param name="person">Who would.</param>
    /// <param name="row">The request.</param>
    /// <param name="requester">Whoever asked, as they are now.</param>
    internal static Reason? Refusal(OperatorRow person, ApprovalRow row, Principal? requester)
    {
        if (Stored.Strings(row.Barred).Contains(person.Id, StringComparer.Ordinal)
            || string.Equals(requester?.Identity?.Owner, person.Id, StringComparison.Ordinal))
            return Reason.OwnRequest;
        if (ManagementActions.Rank(person.Role) < ManagementActions.Rank(OperatorRole.Operator))
            return Reason.RoleTooLow;
        var named = Stored.Strings(row.Approvers);
        if (named.IsEmpty) return Covers(person, row.Team) ? null : Reason.OutsideTeam;
        return named.Any(word => IsMeant(person, word, row)) ? null : Reason.NotApprover;
    }

    /// <summary>Whether the policy names somebody for it, in whatever role they are.</summary>
    public static bool IsNamed(OperatorRow person, ApprovalRow row) =>
        Stored.Strings(row.Approvers).Any(word => IsMeant(person, word, row));

    private static bool IsMeant(OperatorRow person, string word, ApprovalRow row)
    {
        if (word.StartsWith(OfTeam, StringComparison.Ordinal)) return Covers(person, word[OfTeam.Length..]);
        if (word.StartsWith(OfRole, StringComparison.Ordinal))
            return ManagementActions.Rank(word[OfRole.Length..]) is var least and >= 0
                && ManagementActions.Rank(person.Role) >= least && Covers(person, row.Team);
        return string.Equals(word, person.Id, StringComparison.Ordinal)
            || string.Equals(word, person.Name, StringComparison.Ordinal);
    }

    private static bool Covers(OperatorRow person, string? team) =>
        person.Team is null || string.Equals(person.Team, team, StringComparison.Ordinal);
}
