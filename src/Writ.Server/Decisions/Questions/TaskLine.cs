using Writ.Protocol;
using Writ.Server.Storage;

namespace Writ.Server.Decisions;

/// <summary>A task with all above it, as the store has them: who handed the work to whom.</summary>
/// <param name="Task">The task itself.</param>
/// <param name="Above">Those above it that the store knows, nearest first.</param>
public sealed record TaskLine(TaskRow Task, IReadOnlyList<TaskRow> Above)
{
    /// <summary>For whom it is done in the end: the user behind it, else the agent of the first task.</summary>
    internal string Principal => Task.OnBehalfOf ?? Agents[^1];

    /// <summary>Who acts for them, nearest first. One who opened a task below its own acts for nobody new.</summary>
    internal ActorChain Actors
    {
        get
        {
            var agents = Agents;
            return ActorChain.Of((Task.OnBehalfOf is null ? agents.SkipLast(1) : agents).Take(ActorChain.MaxDepth));
        }
    }

    /// <summary>Whether all of it is: what lies below a task ends with it.</summary>
    internal bool IsOpen(DateTimeOffset now) =>
        Above.Count == Task.Above.Length
        && Above.Append(Task).All(t => t.Status == TaskStatusName.Open && t.Deadline > now.ToMicros());

    private List<string> Agents
    {
        get
        {
            var agents = new List<string> { Task.Agent };
            foreach (var task in Above)
                if (agents[^1] != task.Agent) agents.Add(task.Agent);
            return agents;
        }
    }
}
