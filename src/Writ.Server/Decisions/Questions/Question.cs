using Writ.Protocol;
using Writ.Rego.Values;

namespace Writ.Server.Decisions;

/// <summary>
/// What the policy is asked: one (action, resource) of a request with all that is known (docs/decision.md). The parts
/// that all questions of a request share are made once.
/// </summary>
internal sealed class Question
{
    /// <summary>What the policy gets as its input.</summary>
    internal static readonly RegoObject.Shape Input = new("subject", "action", "resource", "context");

    private static readonly RegoObject.Shape Recorded = new("subject", "asked", "context");
    private static readonly RegoObject.Shape Asked = new("action", "resource");

    private readonly RegoObject _subject;
    private readonly RegoObject _context;
    private readonly RegoObject? _asserted; // who and what, where whoever asks describes them
    private readonly IReadOnlyList<(RegoObject Action, RegoObject Resource)> _asked;

    private Question(
        RegoObject subject, RegoObject context, IReadOnlyList<(RegoObject Action, RegoObject Resource)> asked,
        RegoObject? asserted = null) =>
        (_subject, _context, _asked, _asserted) = (subject, context, asked, asserted);

    /// <summary>Whether the policy is asked at all. What only takes away is not: no policy keeps anybody from stopping
    /// an agent. Nor is the enrolment of a key, for which whoever made its code was asked.</summary>
    public static bool IsFor(Ask ask) => ask switch
    {
        Ask.Act act => act.KeepsAlive || !TakesAway(act.Action),
        Ask.TokenRevocation or Ask.Enrolment => false,
        _ => true,
    };

    public static Question Of(Ask ask, Granting granting, Facts facts) => (ask, granting) switch
    {
        (Ask.Token token, Granting.Token { Claims: var claims }) => new Question(
            SubjectFacts.Of(token.Caller.Principal, facts),
            ContextFacts.Of(token, claims, facts), Pairs(claims.Authority, facts)),
        (Ask.WorkToOpen work, Granting.WorkToOpen { Task: var task }) => new Question(
            SubjectFacts.Of(facts.Agent!, facts),
            ContextFacts.Of(work, task, facts), Pairs(Storage.Stored.Authority(task.Authority), facts)),
        (Ask.Act act, _) => new Question(
            SubjectFacts.Of(act.Caller.Principal, facts), ContextFacts.Of(act, facts),
            [(ResourceFacts.Action(act.Action), ResourceFacts.Management(act.Target))]),
        (Ask.Access { Question: var asked }, _) => new Question(
            facts.Agent is { } subject
                ? SubjectFacts.Of(subject, facts)
                : asked.Asserted("subject", asked.SubjectType, asked.SubjectId),
            ContextFacts.Of((Ask.Access)ask, facts),
            [(ResourceFacts.Action(asked.Action), ResourceFacts.Of(asked, facts.Registry))],
            Repeated.Without(asked.Said, facts.Agent is null, asked.ResourceIn(facts.Registry) is null)),
        _ => throw new InvalidOperationException($"No question for {ask.GetType().Name}."),
    };

    /// <summary>The inputs, one for each action at each resource.</summary>
    public IEnumerable<RegoObject> Inputs => _asked.Select(one =>
        Input.Of(_subject, one.Action, one.Resource, _context));

    /// <summary>All of it, as the decision's record keeps it: what is asked about is a list.</summary>
    public RegoObject ToRecord() => Recorded.Of(
        _subject, RegoArray.Of(_asked.Select(one => (RegoValue)Asked.Of(one.Action, one.Resource))),
        _asserted is null ? _context : Repeated.Put(_context, "caller", _asserted));

    private static List<(RegoObject Action, RegoObject Resource)> Pairs(Authority authority, Facts facts)
    {
        var pairs = new List<(RegoObject Action, RegoObject Resource)>();
        foreach (var detail in authority.Details)
            foreach (var location in detail.Locations)
            {
                if (string.Equals(location, facts.Registry.Issuer, StringComparison.Ordinal))
                {
                    // A token of the management API: each act with it is asked about when it is done.
                    pairs.Add((ResourceFacts.Action(ResourceFacts.Connect), ResourceFacts.Management(facts.Registry)));
                    continue;
                }
                var resource = ResourceFacts.Of(location, detail, facts.Registry);
                foreach (var action in detail.Actions) pairs.Add((ResourceFacts.Action(action.Value), resource));
            }
        return pairs;
    }

    private static bool TakesAway(string action) => action is "task:end" or "key:revoke" or "lock:create"
        or "identity:suspend" or "identity:decommission" or "operator:remove" or "signing_key:revoke"
        or "workflow:delete" or "resource:delete" or "token:revoke";
}
