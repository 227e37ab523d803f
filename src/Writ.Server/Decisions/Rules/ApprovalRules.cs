using Writ.Protocol;
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

    /// <summary>Stands in a set of hands for everybody.</summary>
    public const string Anybody = "*";

    /// <summary>Why somebody may not decide it; null: they may.</summary>
    /// <param name="person">Who would.</param>
    /// <param name="row">The request.</param>
    /// <param name="hands">Who has a hand in it now; who had when it was asked stands in the request.</param>
    internal static Reason? Refusal(OperatorRow person, ApprovalRow row, IReadOnlySet<string> hands) =>
        hands.Contains(person.Id) || hands.Contains(Anybody)
        || Stored.Strings(row.Barred).Contains(person.Id, StringComparer.Ordinal)
            ? Reason.OwnRequest
            : NotMeant(person, Stored.Strings(row.Approvers), row.Team);

    /// <summary>Why somebody is not one whom the policy means.</summary>
    internal static Reason? NotMeant(OperatorRow person, IReadOnlyCollection<string> named, string? team)
    {
        if (ManagementActions.Rank(person.Role) < ManagementActions.Rank(OperatorRole.Operator))
            return Reason.RoleTooLow;
        if (named.Count == 0) return Covers(person, team) ? null : Reason.OutsideTeam;
        return named.Any(word => IsMeant(person, word, team)) ? null : Reason.NotApprover;
    }

    /// <summary>The one team in whose scope all of it lies; null: it takes the scope of the trust domain.</summary>
    public static string? TeamOf(Ask.ByCaller ask, Granting granting, RegistrySnapshot registry) => granting switch
    {
        Granting.Token { Claims.Authority: var authority } => TeamOf(authority, registry),
        Granting.WorkToOpen { Task: var task } => TeamOf(Stored.Authority(task.Authority), registry),
        _ when ask is Ask.Act { Target: var target }
            && target.OtherTeams.All(t => string.Equals(t, target.Team, StringComparison.Ordinal)) => target.Team,
        _ => null,
    };

    internal static string? TeamOf(Authority authority, RegistrySnapshot registry)
    {
        var teams = authority.Locations.Select(l => registry.ByUri.GetValueOrDefault(l)?.Team)
            .Distinct(StringComparer.Ordinal).Take(2).ToArray();
        return teams is [var only] ? only : null;
    }

    /// <summary>Whether the policy names somebody for it, in whatever role they are.</summary>
    public static bool IsNamed(OperatorRow person, ApprovalRow row) =>
        Stored.Strings(row.Approvers).Any(word => IsMeant(person, word, row.Team));

    private static bool IsMeant(OperatorRow person, string word, string? team)
    {
        if (word.StartsWith(OfTeam, StringComparison.Ordinal)) return Covers(person, word[OfTeam.Length..]);
        if (word.StartsWith(OfRole, StringComparison.Ordinal))
            return ManagementActions.Rank(word[OfRole.Length..]) is var least and >= 0
                && ManagementActions.Rank(person.Role) >= least && Covers(person, team);
        return string.Equals(word, person.Id, StringComparison.Ordinal)
            || string.Equals(word, person.Name, StringComparison.Ordinal);
    }

    private static bool Covers(OperatorRow person, string? team) =>
        person.Team is null || string.Equals(person.Team, team, StringComparison.Ordinal);
}
