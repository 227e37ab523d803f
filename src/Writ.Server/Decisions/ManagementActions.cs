using System.Collections.Concurrent;
using System.Collections.Immutable;
using Writ.Protocol;
using Writ.Server.Storage;

namespace Writ.Server.Decisions;

/// <summary>The actions of the management resource, which is the issuer itself, and who may ask for them.</summary>
public static class ManagementActions
{
    /// <summary>The registered name of the management resource.</summary>
    public const string ResourceName = "writ";

    /// <summary>What each role may do in its scope; a higher role may do all that a lower one may.</summary>
    private static readonly ImmutableDictionary<string, string> LeastRole =
        new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["identity:read"] = OperatorRole.Viewer,
            ["resource:read"] = OperatorRole.Viewer,
            ["workflow:read"] = OperatorRole.Viewer,
            ["task:read"] = OperatorRole.Viewer,
            ["finding:read"] = OperatorRole.Viewer,
            ["operator:read"] = OperatorRole.Viewer,
            ["audit:read"] = OperatorRole.Viewer,
            ["identity:suggest"] = OperatorRole.Viewer,
            ["decision:explain"] = OperatorRole.Viewer,
            ["signing_key:read"] = OperatorRole.Viewer,
            ["policy:read"] = OperatorRole.Viewer,
            ["policy:query"] = OperatorRole.Viewer,
            ["access:evaluate"] = OperatorRole.Viewer,
            ["access:bundle"] = OperatorRole.Viewer,
            ["access:report"] = OperatorRole.Viewer,
            ["approval:read"] = OperatorRole.Viewer,
            ["notice:read"] = OperatorRole.Viewer,
            ["token:introspect"] = OperatorRole.Viewer,
            ["revocation:read"] = OperatorRole.Viewer,
            ["identity:create"] = OperatorRole.Operator,
            ["identity:update"] = OperatorRole.Operator,
            ["identity:suspend"] = OperatorRole.Operator,
            ["identity:resume"] = OperatorRole.Operator,
            ["identity:decommission"] = OperatorRole.Operator,
            ["identity:except"] = OperatorRole.Owner,
            ["key:add"] = OperatorRole.Operator,
            ["key:revoke"] = OperatorRole.Operator,
            ["resource:create"] = OperatorRole.Operator,
            ["resource:update"] = OperatorRole.Operator,
            ["resource:delete"] = OperatorRole.Operator,
            ["workflow:create"] = OperatorRole.Operator,
            ["workflow:update"] = OperatorRole.Operator,
            ["workflow:delete"] = OperatorRole.Operator,
            ["task:start"] = OperatorRole.Operator,
            ["task:end"] = OperatorRole.Operator,
            ["token:revoke"] = OperatorRole.Operator,
            ["finding:close"] = OperatorRole.Operator,
            ["lock:create"] = OperatorRole.Operator,
            ["signal:write"] = OperatorRole.Operator,
            ["operator:invite"] = OperatorRole.Owner,
            ["operator:update"] = OperatorRole.Owner,
            ["operator:remove"] = OperatorRole.Owner,
            ["signing_key:rotate"] = OperatorRole.Owner,
            ["signing_key:revoke"] = OperatorRole.Owner,
            ["audit:hold"] = OperatorRole.Owner,
            ["audit:release"] = OperatorRole.Owner,
            ["audit:erase"] = OperatorRole.Owner,
            ["approval:decide"] = OperatorRole.Operator,
            ["policy:preview"] = OperatorRole.Owner,
            ["policy:shadow"] = OperatorRole.Owner,
            ["policy:replay"] = OperatorRole.Owner,
            ["policy:push"] = OperatorRole.Owner,
            ["policy:rollback"] = OperatorRole.Owner,
        }.ToImmutableDictionary(StringComparer.Ordinal);

    /// <summary>What every identity may do for itself; the rules of each act narrow it to its own things.</summary>
    private static readonly ImmutableHashSet<string> OwnActs = ImmutableHashSet.Create(
        StringComparer.Ordinal,
        "task:start", "task:read", "task:end", "key:add", "key:revoke", "token:introspect", "token:revoke",
        "revocation:read", "access:evaluate", "access:bundle", "access:report", "policy:query", "approval:read");

    /// <summary>What operators of any role may do with what is their own: keys, their agents' tasks, their requests.
    /// </summary>
    private static readonly ImmutableHashSet<string> OperatorsOwnActs =
        ImmutableHashSet.Create(StringComparer.Ordinal, "key:add", "key:revoke", "task:end", "approval:read");

    private static readonly ConcurrentDictionary<(string Action, string Issuer), Authority> Single = new();

    /// <summary>The most that a principal may ask of the management resource.</summary>
    public static Authority CeilingOf(Principal principal, string issuer)
    {
        var actions = principal.Operator is { } person
            ? LeastRole.Where(a => Rank(person.Role) >= Rank(a.Value)).Select(a => a.Key)
                .Union(OperatorsOwnActs, StringComparer.Ordinal)
            : OwnActs;
        return Of(actions, issuer);
    }

    /// <summary>One action, which must be one that there is; made once.</summary>
    internal static Authority Of(string action, string issuer) => Single.GetOrAdd(
        (action, issuer), static one => Of([one.Action], one.Issuer));

    public static Authority Of(IEnumerable<string> actions, string issuer) =>
        Authority.Of([AuthorizationDetail.Of([.. actions.Select(ActionName.Parse)], [issuer])]);

    /// <summary>The lowest role that may do it; null: it is no act of operators.</summary>
    internal static string? LeastRoleOf(string action) => LeastRole.GetValueOrDefault(action);

    internal static bool IsOwnAct(string action) => OwnActs.Contains(action);

    internal static bool IsOperatorsOwnAct(string action) => OperatorsOwnActs.Contains(action);

    internal static bool RoleAllows(string role, string action) =>
        LeastRole.TryGetValue(action, out var least) && Rank(role) >= Rank(least);

    /// <summary>Whether an operator's own role and scope hold what is given.</summary>
    internal static bool Covers(OperatorRow person, Gift gift) =>
        Rank(gift.Role) is var rank and >= 0 && rank <= Rank(person.Role)
        && (person.Team is null || string.Equals(person.Team, gift.Team, StringComparison.Ordinal));

    internal static int Rank(string role)
    {
        for (var i = 0; i < OperatorRole.All.Count; i++)
            if (string.Equals(OperatorRole.All[i], role, StringComparison.Ordinal)) return i;
        return -1;
    }
}
