using Writ.Protocol;
using Writ.Rego.Values;
using Writ.Server.Storage;

namespace Writ.Server.Decisions;

/// <summary>Puts a context together, and notes where each group of facts comes from and how old it is.</summary>
internal sealed class ContextBuilder(Facts facts)
{
    private static readonly RegoObject.Shape Context = new(
        "request", "time", "task", "workflow", "user", "delegation", "binding", "network", "risk", "approvals",
        "recent", "caller", "facts");

    private static readonly RegoObject.Shape Groups = new(
        "subject", "resource", "task", "user", "network", "risk", "recent", "approvals");

    private static readonly RegoObject.Shape Origin = new("source", "age_ms");
    private static readonly RegoObject.Shape Work = new(
        "id", "deadline_in_seconds", "age_seconds", "opened_by", "workflow", "purpose", "parent");
    private static readonly RegoObject.Shape Delegation = new("depth", "chain", "principal", "max_depth");
    private static readonly RegoObject.Shape User = new("id");

    private readonly RegoValue?[] _members = new RegoValue?[Context.Count];
    private readonly RegoValue?[] _groups = new RegoValue?[Groups.Count];

    /// <summary>Whether contexts have such a member.</summary>
    public static bool Has(string name) => Context.SlotOf(name) >= 0;

    public void Set(string name, RegoValue value) => _members[Context.SlotOf(name)] = value;

    public void From(string group, string source, TimeSpan? age) => _groups[Groups.SlotOf(group)] = Origin.Of(
        Word.Of(source), age is { } known ? RegoNumber.Of((long)known.TotalMilliseconds) : null);

    /// <summary>The source of a group that was not looked at anew stays as it was.</summary>
    public void Keep(string group, RegoValue about)
    {
        if (Groups.SlotOf(group) is >= 0 and var slot) _groups[slot] ??= about;
    }

    /// <summary>The task, its workflow, and the user behind it.</summary>
    public ContextBuilder With(TaskRow task)
    {
        var now = facts.Now.ToMicros();
        var isNamed = task.Workflow != TaskRow.NoWorkflow;
        Set("task", Work.Of(
            RegoString.Of(task.Id),
            SubjectFacts.Seconds(task.Deadline - now),
            SubjectFacts.Seconds(now - task.OpenedAt),
            RegoString.Of(task.OpenedBy),
            isNamed ? RegoString.Of(task.Workflow) : null,
            isNamed ? RegoString.Of(task.Purpose) : null,
            task.Parent is { } parent ? RegoString.Of(parent) : null));
        From("task", "store", TimeSpan.Zero);
        Of(task.Workflow);
        if (task.OnBehalfOf is { } user)
        {
            Set("user", User.Of(RegoString.Of(user)));
            From("user", "issuer", null);
        }
        return this;
    }

    /// <summary>A workflow as it is registered; where it is not, nothing is known of it.</summary>
    public void Of(string name)
    {
        if (facts.Registry.Workflows.TryGetValue(name, out var workflow)) Set("workflow", WorkflowFacts.Of(workflow));
    }

    /// <summary>Who acts for whom, nearest first, and for whom in the end.</summary>
    public ContextBuilder With(ActorChain actors, string principal)
    {
        Set("delegation", Delegation.Of(
            RegoNumber.Of(actors.Depth), ContextFacts.Texts(actors.Subjects), RegoString.Of(principal),
            RegoNumber.Of(facts.MaxDepth)));
        return this;
    }

    public RegoObject Build()
    {
        Set("facts", Groups.Of(_groups));
        return Context.Of(_members);
    }
}
