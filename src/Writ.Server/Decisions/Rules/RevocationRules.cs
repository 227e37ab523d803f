using Writ.Protocol;

namespace Writ.Server.Decisions;

/// <summary>
/// The rules for revoking a token (RFC 7009 §2.1): its client ends its own; an operator those of the team's identities.
/// </summary>
internal static class RevocationRules
{
    private const string Action = "token:revoke";

    public static Verdict Judge(Ask.TokenRevocation ask, Facts facts)
    {
        // By a management token, it is one that carries the action; by client authentication, it is the client itself.
        var needed = ManagementActions.Of(Action, facts.Registry.Issuer);
        if (ask.Caller.Authority is { } carried && !Narrowing.Contains(carried, needed)) return Reason.TokenLacksAction;
        if (string.Equals(ask.Client, ask.Caller.Principal.Id, StringComparison.Ordinal))
            return new Granting.TokenRevocation(ask.Handle);
        if (ask.Caller.Principal.Operator is not { } person) return Reason.NotYours;
        if (!ManagementActions.RoleAllows(person.Role, Action)) return Reason.RoleTooLow;
        var covers = person.Team is null
            || string.Equals(facts.Agent?.Identity?.Team, person.Team, StringComparison.Ordinal);
        return covers ? new Granting.TokenRevocation(ask.Handle) : Reason.OutsideTeam;
    }
}
