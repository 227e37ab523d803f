using Writ.Protocol;
using Writ.Server.Edge;
using Writ.Server.Storage;

namespace Writ.Server.Decisions;

/// <summary>The rules for opening a task: its workflow, its starter, its purpose, its bounds.</summary>
internal static class TaskRules
{
    private const int MaxAuthorityLength = 128 * 1024;

    public static Verdict Judge(Ask.WorkToOpen ask, Facts facts, Settings settings)
    {
        var task = ask.Task;
        var needed = ManagementActions.Of("task:start", facts.Registry.Issuer);
        if (ask.Caller.Authority is not { } carried || !Narrowing.Contains(carried, needed))
            return ActRules.Lacking(ask.Caller.Principal, "task:start");
        if (!facts.Registry.Workflows.TryGetValue(task.Workflow, out var workflow))
            return new Reason("unknown_workflow", $"The workflow {task.Workflow} is not registered.");
        if (facts.Agent is not { Identity: { } agent } principal) return Reason.UnknownAgent(task.Agent);
        if (!principal.IsActive(facts.Now)) return Reason.NotActive(principal);
        if (!workflow.Agents.Contains(agent.Id))
            return Reason.OutsideWorkflow($"the agent {agent.Id}");
        if (StarterRefusal(ask.Caller.Principal, agent, workflow, facts) is { } notStarter) return notStarter;
        if (workflow.Purposes.Length > 0 && !workflow.Purposes.Contains(task.Purpose, StringComparer.Ordinal))
            return Reason.OutsideWorkflow($"the purpose “{task.Purpose}”");
        if (ParentRefusal(ask, facts) is { } orphan) return orphan;
        if (Depth(task) > Math.Min(settings.MaxDepth, workflow.Row.MaxDepth)) return Reason.TooDeep;

        var parentMost = facts.ParentTask is { } parent ? Stored.Authority(parent.Authority) : null;
        var most = Bounds.Common(principal.Entitlements, workflow.Authority, parentMost);
        var (wanted, why) = RequestedAuthority.Resolve(ask.Requested, most, facts.Registry);
        if (wanted is null) return why!;
        if (wanted.IsEmpty) return Reason.NothingRequested;
        if (!Narrowing.Contains(principal.Entitlements, wanted))
            return Bounds.NotEntitled(wanted, principal.Entitlements, facts.Registry);
        if (!Narrowing.Contains(workflow.Authority, wanted))
            return Reason.OutsideWorkflow(Bounds.Describe(wanted, workflow.Authority));
        if (parentMost is not null && !Narrowing.Contains(parentMost, wanted))
            return Reason.OutsideParent(Bounds.Describe(wanted, parentMost));
        if (Bounds.Registered(wanted, agent, facts.Registry) is { } unfit) return unfit;
        // It is stored, and read for each of the task's tokens.
        if (wanted.ToJson() is not { Length: <= MaxAuthorityLength } json) return Reason.AuthorityTooLarge;
        var deadline = Bounds.Earliest(
            Instant.FromMicros(task.Deadline),
            facts.Now + settings.TaskLife,
            facts.Now + TimeSpan.FromSeconds(workflow.Row.MaxTaskSeconds),
            facts.ParentTask is { } p ? Instant.FromMicros(p.Deadline) : null,
            ask.EndsBy);
        if (deadline <= facts.Now) return new Reason("deadline_passed", "The deadline lies in the past.");
        return new Granting.WorkToOpen(task with { Authority = json, Deadline = deadline.ToMicros() });
    }

    /// <summary>How many tasks lie above it.</summary>
    private static int Depth(TaskRow task) => task.Above.Length;

    private static Reason? StarterRefusal(Principal starter, IdentityRow agent, Workflow workflow, Facts facts)
    {
        if (string.Equals(starter.Id, agent.Id, StringComparison.Ordinal) || workflow.Starters.Contains(starter.Id))
            return null;
        if (starter.Operator is not { } person) return Reason.OutsideWorkflow($"the starter {starter.Id}");
        if (!ManagementActions.RoleAllows(person.Role, "task:start")) return Reason.RoleTooLow;
        return person.Team is null || string.Equals(person.Team, workflow.Row.Team, StringComparison.Ordinal)
            ? null
            : Reason.OutsideTeam;
    }

    private static Reason? ParentRefusal(Ask.WorkToOpen ask, Facts facts)
    {
        if (ask.Task.Parent is null) return null;
        if (facts.ParentTask is not { Status: TaskStatusName.Open, Implicit: false } parent || facts.Revoked
            || parent.Deadline <= facts.Now.ToMicros()) return Reason.TaskNotOpen;
        if (string.Equals(parent.Agent, ask.Caller.Principal.Id, StringComparison.Ordinal)) return null;
        // An operator stands for the parent's team, or for all: the user behind the parent comes along.
        if (ask.Caller.Principal.Operator is not { } person) return Reason.NotYourTask;
        return person.Team is null
            || (facts.Registry.Workflows.TryGetValue(parent.Workflow, out var workflow)
                && string.Equals(workflow.Row.Team, person.Team, StringComparison.Ordinal))
            ? null
            : Reason.OutsideTeam;
    }
}
