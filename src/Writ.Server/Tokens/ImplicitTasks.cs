using Writ.Server.Edge;
using Writ.Server.Storage;

namespace Writ.Server.Tokens;

/// <summary>
/// Tasks that the token endpoint opens itself: those that end with one token, and the children of exchanges.
/// </summary>
public sealed class ImplicitTasks(Settings settings, IdSource ids, TimeProvider time)
{
    /// <summary>A task for one token; under a parent, in its workflow and for its purpose. Its authority and deadline
    /// are those of the token, set once that is decided.</summary>
    public TaskRow Open(string agent, TaskRow? parent)
    {
        var now = time.GetUtcNow();
        return new TaskRow
        {
            Id = ids.Next("task"),
            Workflow = parent?.Workflow ?? TaskRow.NoWorkflow,
            Agent = agent,
            Parent = parent?.Id,
            Ancestors = parent is null ? "" : $"{parent.Id} {parent.Ancestors}".TrimEnd(),
            Purpose = parent?.Purpose ?? "implicit",
            OnBehalfOf = parent?.OnBehalfOf,
            Authority = "[]",
            Implicit = true,
            OpenedBy = agent,
            OpenedAt = now.ToMicros(),
            Deadline = parent?.Deadline ?? (now + settings.TaskLife).ToMicros(),
        };
    }
}
