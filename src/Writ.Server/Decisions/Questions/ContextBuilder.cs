using Writ.Protocol;
using Writ.Rego.Values;
using Writ.Server.Storage;

namespace Writ.Server.Decisions;

/// <summary>Puts a context together, and notes where each group of facts comes from and how old it is.</summary>
internal sealed class ContextBuilder(Facts facts)
{
    private readonly RegoObject.Builder _sources = new(8);
    private readonly HashSet<string> _groups = new(StringComparer.Ordinal);

    public RegoObject.Builder Members { get; } = new(12);

    public void From(string group, string source, TimeSpan? age)
    {
        var about = new RegoObject.Builder(2).Set("source", RegoString.Of(source));
        if (age is { } known) about.Set("age_ms", RegoNumber.Of((long)known.TotalMilliseconds));
        _groups.Add(group);
        _sources.Set(group, about.Build());
    }

    /// <summary>The source of a group that was not looked at anew stays as it was.</summary>
    public void Keep(string group, RegoValue about)
    {
        if (!_groups.Contains(group)) _sources.Set(group, about);
    }

    /// <summary>The task, its workflow, and the user behind it.</summary>
    public ContextBuilder With(TaskRow task)
    {
        var now = facts.Now.ToMicros();
        var work = new RegoObject.Builder(8)
            .Set("id", RegoString.Of(task.Id))
            .Set("deadline_in_seconds", SubjectFacts.Seconds(task.Deadline - now))
            .Set("age_seconds", SubjectFacts.Seconds(now - task.OpenedAt))
            .Set("opened_by", RegoString.Of(task.OpenedBy));
        if (task.Workflow != TaskRow.NoWorkflow)
            work.Set("workflow", RegoString.Of(task.Workflow)).Set("purpose", RegoString.Of(task.Purpose));
        if (task.Parent is { } parent) work.Set("parent", RegoString.Of(parent));
        Members.Set("task", work.Build());
        From("task", "store", TimeSpan.Zero);
        Of(task.Workflow);
        if (task.OnBehalfOf is { } user)
        {
            Members.Set("user", new RegoObject.Builder(1).Set("id", RegoString.Of(user)).Build());
            From("user", "issuer", null);
        }
        return this;
    }

    /// <summary>A workflow as it is registered; where it is not, nothing is known of it.</summary>
    public void Of(string name)
    {
        if (facts.Registry.Workflows.TryGetValue(name, out var workflow))
            Members.Set("workflow", new RegoObject.Builder(4)
                .Set("name", RegoString.Of(workflow.Row.Name))
                .Set("team", RegoString.Of(workflow.Row.Team))
                .Set("purposes", ContextFacts.Texts(workflow.Purposes))
                .Set("max_depth", RegoNumber.Of(workflow.Row.MaxDepth)).Build());
    }

    /// <summary>Who acts for whom, nearest first, and for whom in the end.</summary>
    public ContextBuilder With(ActorChain actors, string principal)
    {
        Members.Set("delegation", new RegoObject.Builder(4)
            .Set("depth", RegoNumber.Of(actors.Depth))
            .Set("chain", ContextFacts.Texts(actors.Subjects))
            .Set("principal", RegoString.Of(principal))
            .Set("max_depth", RegoNumber.Of(facts.MaxDepth)).Build());
        return this;
    }

    public RegoObject Build() => Members.Set("facts", _sources.Build()).Build();
}
