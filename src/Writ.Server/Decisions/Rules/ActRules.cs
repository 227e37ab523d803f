using Writ.Protocol;
using Writ.Server.Storage;

namespace Writ.Server.Decisions;

/// <summary>
/// The rules for administrative acts: the token carries the action, the role allows it, the scope covers it.
/// </summary>
internal static class ActRules
{
    public static Verdict Judge(Ask.Act ask, Facts facts)
    {
        var caller = ask.Caller;
        var needed = ManagementActions.Of(ask.Action, facts.Registry.Issuer);
        if (caller.Authority is not { } carried || !Narrowing.Contains(carried, needed))
            return Lacking(caller.Principal, ask.Action);
        var refusal = caller.Principal.Operator is { } person
            ? JudgeOperator(person, ask, facts)
            : JudgeIdentity(caller.Principal, ask, facts);
        return refusal is not null ? refusal : new Granting.Act(ask.Action, ask.Target.Name);
    }

    /// <summary>Why a token does not carry an action: mostly because no token of its holder could.</summary>
    public static Reason Lacking(Principal caller, string action) => caller.Operator switch
    {
        null when !ManagementActions.IsOwnAct(action) => Reason.OperatorsAlone(action),
        { } person when !ManagementActions.RoleAllows(person.Role, action)
            && !ManagementActions.IsOperatorsOwnAct(action) => Reason.RoleTooLow,
        _ => Reason.TokenLacksAction,
    };

    private static Reason? JudgeIdentity(Principal identity, Ask.Act ask, Facts facts)
    {
        if (!ManagementActions.IsOwnAct(ask.Action)) return Reason.OperatorsAlone(ask.Action);
        if (ask.Target.At is { } places)
        {
            return places.Any(place => IsEntitled(identity, ask.Action, place, facts.Registry))
                ? null
                : Reason.NotEntitled($"{ask.Action} at {ask.Target.Name}");
        }
        var own = string.Equals(ask.Target.Owner, identity.Id, StringComparison.Ordinal);
        return own && ask.Target.Gives is null && ask.Target.GivesAuthority is null
            ? null
            : Reason.NotYours;
    }

    /// <summary>As to any resource: registered, with that action, its data within the clearance.</summary>
    private static bool IsEntitled(Principal identity, string action, string place, RegistrySnapshot registry)
    {
        var wanted = Authority.Of([AuthorizationDetail.Of([ActionName.Parse(action)], [place])]);
        return Narrowing.Contains(identity.Entitlements, wanted)
            && Bounds.Registered(wanted, identity.Identity!, registry) is null;
    }

    private static Reason? JudgeOperator(OperatorRow person, Ask.Act ask, Facts facts)
    {
        var own = string.Equals(ask.Target.Owner, person.Id, StringComparison.Ordinal);
        if (ask.Target.OwnerOnly && !own) return Reason.NotYours;
        if (own && ManagementActions.IsOperatorsOwnAct(ask.Action)) return null;
        if (!ManagementActions.RoleAllows(person.Role, ask.Action)) return Reason.RoleTooLow;
        if (ask.Decides is { } row) return ApprovalRules.Refusal(person, row, facts.Hands);
        if (person.Team is not { } team) return GiftBeyond(person, ask.Target.Gives);
        if (!string.Equals(ask.Target.Team, team, StringComparison.Ordinal)
            || ask.Target.OtherTeams.Any(t => !string.Equals(t, team, StringComparison.Ordinal)))
            return Reason.OutsideTeam;
        if (ask.Target.GivesAuthority is { } gives && !gives.Locations.All(l => IsTeams(l, team, facts.Registry)))
            return Reason.BeyondOwnScope;
        return GiftBeyond(person, ask.Target.Gives);
    }

    private static bool IsTeams(string location, string team, RegistrySnapshot registry) =>
        registry.ByUri.TryGetValue(location, out var resource)
        && string.Equals(resource.Team, team, StringComparison.Ordinal);

    private static Reason? GiftBeyond(OperatorRow person, Gift? gift) =>
        gift is null || ManagementActions.Covers(person, gift) ? null : Reason.BeyondOwnScope;
}
