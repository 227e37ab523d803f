using Writ.Protocol;
using Writ.Server.Storage;

namespace Writ.Server.Decisions;

/// <summary>
/// The rules for asking (AuthZEN): who may ask about whom; and of what is asked about, whether the subject is entitled
/// to it. Of subjects and resources that nobody registered the policy alone knows.
/// </summary>
internal static class AccessRules
{
    private const string Action = "access:evaluate";

    public static Verdict Judge(Ask.Access ask, Facts facts)
    {
        var resource = ask.Question.ResourceIn(facts.Registry);
        if (MayNotAsk(ask.Caller, resource, facts) is { } refusal) return refusal with { IsOfCaller = true };
        if (ask.Question.IsAboutManagement(facts.Registry)) return Reason.ManagementNotAsked;
        if (facts.Agent is { } subject && Beyond(subject, ask.Question, resource, facts) is { } reason) return reason;
        return ask.Question.Task is not null && OutsideTask(ask.Question, resource, facts) is { } outside
            ? outside
            : new Granting.Access(ask.Question, Obligations.None);
    }

    private static Reason? MayNotAsk(Callers.Caller caller, ResourceRow? resource, Facts facts)
    {
        var needed = ManagementActions.Of(Action, facts.Registry.Issuer);
        if (caller.Authority is not { } carried || !Narrowing.Contains(carried, needed))
            return ActRules.Lacking(caller.Principal, Action);
        // Of what nobody registered no answer tells anything: the policy is for all to be judged by.
        if (facts.Agent is null && resource is null) return null;
        return caller.Principal.Operator is { } person
            ? OutsideScope(person, resource, facts.Agent)
            : NotOwn(caller.Principal.Identity!, resource, facts.Agent);
    }

    /// <summary>An identity asks about itself, and about whom it may let in: at its own resources and its team's.
    /// </summary>
    private static Reason? NotOwn(IdentityRow asking, ResourceRow? resource, Principal? subject) =>
        subject?.Id == asking.Id || (resource is not null && MayLetInto(asking, resource)) ? null : Reason.NotYours;

    /// <summary>Whether an identity decides who gets at a resource.</summary>
    internal static bool MayLetInto(IdentityRow asking, ResourceRow resource) =>
        resource.Owner == asking.Id || resource.Team == asking.Team;

    private static Reason? OutsideScope(OperatorRow asking, ResourceRow? resource, Principal? subject)
    {
        if (!ManagementActions.RoleAllows(asking.Role, Action)) return Reason.RoleTooLow;
        if (asking.Team is not { } team) return null;
        return resource?.Team == team || (subject?.Identity?.Team ?? subject?.Operator?.Team) == team
            ? null
            : Reason.OutsideTeam;
    }

    private static Reason? Beyond(Principal subject, AccessQuestion question, ResourceRow? resource, Facts facts)
    {
        if (!subject.IsActive(facts.Now)) return Reason.NotActive(subject);
        if (subject.Identity is not { } identity || resource is null
            || !ActionName.TryParse(question.Action, out var action))
            return Reason.NotEntitled($"{question.Action} at {question.ResourceId}");
        var wanted = Authority.Of([question.DetailAt(resource.Uri, action)]);
        return Narrowing.Contains(subject.Entitlements, wanted)
            ? Bounds.Registered(wanted, identity, facts.Registry)
            : Bounds.NotEntitled(wanted, subject.Entitlements, facts.Registry);
    }

    /// <summary>A task that the question names bounds it as it bounds the tokens of that task: it is the subject's own,
    /// all of it is open, and what is asked about lies within it and its workflow.</summary>
    private static Reason? OutsideTask(AccessQuestion question, ResourceRow? resource, Facts facts)
    {
        if (facts.TaskLine is not { Task: var task } line) return Reason.UnknownTask;
        if (!string.Equals(task.Agent, question.SubjectId, StringComparison.Ordinal)) return Reason.NotYourTask;
        if (facts.Revoked || !line.IsOpen(facts.Now)) return Reason.TaskNotOpen;
        if (resource is null || !ActionName.TryParse(question.Action, out var action))
            return Reason.OutsideTask($"{question.Action} at {question.ResourceId}");
        var wanted = Authority.Of([question.DetailAt(resource.Uri, action)]);
        if (task.Workflow != TaskRow.NoWorkflow)
        {
            if (!facts.Registry.Workflows.TryGetValue(task.Workflow, out var workflow)
                || !workflow.Agents.Contains(task.Agent)) return Reason.OutsideWorkflow($"the agent {task.Agent}");
            if (!Narrowing.Contains(workflow.Authority, wanted))
                return Reason.OutsideWorkflow(Bounds.Describe(wanted, workflow.Authority));
        }
        var most = Stored.Authority(task.Authority);
        return Narrowing.Contains(most, wanted) ? null : Reason.OutsideTask(Bounds.Describe(wanted, most));
    }
}
