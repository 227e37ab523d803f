using System.Collections.Immutable;
using Writ.Protocol;
using Writ.Server.Edge;
using Writ.Server.Storage;

namespace Writ.Server.Decisions;

/// <summary>The rules for tokens: who holds the task, within which bounds, how long, for whom.</summary>
internal static class TokenRules
{
    // In base64url, with header and signature, within what every reader takes (JwsLimits.Default).
    private const int MaxPayloadBytes = 12_000;

    public static Verdict Judge(Ask.Token ask, Facts facts, Settings settings)
    {
        if (ask.Task is not { } task) return Reason.TaskRequired;
        if (facts.Dying is { } pause) return Reason.TooSoon with { RetryAfter = pause };
        if (facts.HoldsTooMany) return Reason.TooManyTokens;
        if (JudgeTask(ask, task, facts) is { } refusal) return refusal;
        if (ask.Caller.Binding is null && ask.Caller.Principal.Identity is not { Bearer: true })
            return Reason.KeyBindingRequired;
        var depth = Math.Min(settings.MaxDepth, WorkflowOf(task, facts)?.Row.MaxDepth ?? settings.MaxDepth);
        // Handing a token to oneself lengthens no chain of actors, but the chain of tokens all the same.
        if (Math.Max(ask.Actors.Depth, Hops(ask)) > depth) return Reason.TooDeep;

        var (authority, why) = AuthorityFor(ask, task, facts, settings);
        if (authority is null) return why!;
        var expires = Expiry(ask, task, authority, facts, settings);
        if (expires <= facts.Now) return Reason.TaskNotOpen;
        if (ask.Parent is not null && !IsNarrower(ask.Parent, authority, expires, depth, facts))
            return Reason.OutsideParent("this");
        var granting = new Granting.Token(new AccessTokenClaims
        {
            Issuer = settings.Issuer,
            Subject = ask.Subject,
            Audience = [.. authority.Locations],
            ClientId = ask.Caller.Principal.Id,
            Scope = authority.Scope,
            Authority = authority,
            Jti = ask.Jti,
            IssuedAt = facts.Now,
            ExpiresAt = expires,
            Confirmation = ask.Caller.Binding,
            Actors = ask.Actors,
            TaskId = task.Id,
            Ancestors = AncestorsOf(ask, task),
            MayAct = ask.MayAct,
        });
        // A token that nobody takes for its length is none: said before anything is recorded as granted.
        return granting.Payload.Length <= MaxPayloadBytes ? granting : Reason.AuthorityTooLarge;
    }

    /// <summary>The last word on handing a token on has the function whose properties are proven, on all axes at once;
    /// the rules before it say why not in words.</summary>
    private static bool IsNarrower(
        AccessTokenClaims parent, Authority authority, DateTimeOffset expires, int depth, Facts facts)
    {
        var limits = new ParentLimits(
            parent.Authority, [.. parent.Authority.Locations], parent.ExpiresAt, parent.ExpiresAt - facts.Now,
            parent.Ancestors.Jtis.Length, depth);
        var child = new ChildRequest(
            facts.Now, authority, [.. authority.Locations], expires - facts.Now, AddsActor: true);
        return Narrowing.Narrow(limits, child) is NarrowingResult.Narrowed { WasCut: false } narrowed
            && expires <= narrowed.ExpiresAt;
    }

    private static int Hops(Ask.Token ask) => ask.Parent is { } parent ? parent.Ancestors.Jtis.Length + 1 : 0;

    private static Reason? JudgeTask(Ask.Token ask, TaskRow task, Facts facts)
    {
        if (!string.Equals(task.Agent, ask.Caller.Principal.Id, StringComparison.Ordinal)) return Reason.NotYourTask;
        // A task that opened with a token lives by that token and its refreshes: its name is nothing to come back with,
        // or revoking the token would not end what was made from it.
        var refreshes = string.Equals(ask.GrantType, GrantTypes.RefreshToken, StringComparison.Ordinal);
        if (task.Implicit && !ask.OpensTask && !refreshes) return Reason.TaskNotOpen;
        if (!string.Equals(task.Status, TaskStatusName.Open, StringComparison.Ordinal) || facts.Revoked)
            return Reason.TaskNotOpen;
        if (task.Deadline <= facts.Now.ToMicros()) return Reason.TaskNotOpen;
        if (string.Equals(task.Workflow, TaskRow.NoWorkflow, StringComparison.Ordinal)) return null;
        return WorkflowOf(task, facts) is { } workflow && workflow.Agents.Contains(task.Agent)
            ? null
            : Reason.OutsideWorkflow($"the agent {task.Agent}");
    }

    private static (Authority?, Reason?) AuthorityFor(
        Ask.Token ask, TaskRow task, Facts facts, Settings settings)
    {
        var principal = ask.Caller.Principal;
        var issuer = facts.Registry.Issuer;
        var most = AsksManagement(ask.Requested, issuer)
            ? ManagementActions.CeilingOf(principal, issuer)
            : Ceiling(ask, task, facts);
        var (wanted, why) = RequestedAuthority.Resolve(ask.Requested, most, facts.Registry);
        if (wanted is null) return (null, why);
        if (wanted.IsEmpty) return (null, Reason.NothingRequested);
        // Each is a question to the policy, now and whenever something changes.
        if (wanted.Details.Sum(d => d.Actions.Length * d.Locations.Length) > settings.MaxQuestions
            && !wanted.Locations.Contains(issuer, StringComparer.Ordinal))
            return (null, Reason.TooManyQuestions(settings.MaxQuestions));

        if (wanted.Locations.Contains(issuer, StringComparer.Ordinal))
            return Management(ask, wanted, ManagementActions.CeilingOf(principal, issuer), issuer);
        if (principal.Identity is not { } identity) return (null, Reason.NotEntitled("anything but management"));
        // Held here, where the authority is known: naming the issuer beside another audience opens no back door.
        if (ask.OpensTask && ask.Parent is null && principal.IsAgent && !identity.ImplicitTask)
            return (null, Reason.TaskRequired);
        if (!Narrowing.Contains(principal.Entitlements, wanted))
            return (null, Bounds.NotEntitled(wanted, principal.Entitlements, facts.Registry));
        if (Bounds.Registered(wanted, identity, facts.Registry) is { } unfit) return (null, unfit);
        if (WorkflowOf(task, facts) is { } workflow && !Narrowing.Contains(workflow.Authority, wanted))
            return (null, Reason.OutsideWorkflow(Bounds.Describe(wanted, workflow.Authority)));
        if (!ask.OpensTask && Stored.Authority(task.Authority) is var taskMost && !Narrowing.Contains(taskMost, wanted))
            return (null, Reason.OutsideTask(Bounds.Describe(wanted, taskMost)));
        if ((ask.Parent?.Authority ?? ask.AtMost) is { } bound && !Narrowing.Contains(bound, wanted))
            return (null, Reason.OutsideParent(Bounds.Describe(wanted, bound)));
        return (wanted, null);
    }

    private static (Authority?, Reason?) Management(
        Ask.Token ask, Authority wanted, Authority ceiling, string issuer)
    {
        if (ask.Parent is not null) return (null, Reason.OutsideParent("management"));
        // A task's tokens are for its work. A management token under a named task would carry what the task never had.
        if (!ask.OpensTask) return (null, Reason.OutsideTask("management"));
        if (wanted.Locations.Any(l => !string.Equals(l, issuer, StringComparison.Ordinal)))
            return (null, new Reason("mixed_audience", "A management token has the issuer as its only audience."));
        return Narrowing.Contains(ceiling, wanted)
            ? (wanted, null)
            : (null, Reason.NotEntitled(Bounds.Describe(wanted, ceiling)));
    }

    /// <summary>What the identity may have within the workflow and the task, before the request narrows it; null where
    /// that is too much for one token.</summary>
    private static Authority? Ceiling(Ask.Token ask, TaskRow task, Facts facts) => Bounds.Common(
        ask.Caller.Principal.Entitlements,
        WorkflowOf(task, facts)?.Authority,
        ask.Parent?.Authority ?? ask.AtMost,
        ask.OpensTask ? null : Stored.Authority(task.Authority));

    private static bool AsksManagement(Requested requested, string issuer) =>
        requested.Audiences.Contains(issuer, StringComparer.Ordinal)
        || requested.Audiences.Contains(ManagementActions.ResourceName, StringComparer.Ordinal);

    private static Workflow? WorkflowOf(TaskRow task, Facts facts) =>
        facts.Registry.Workflows.GetValueOrDefault(task.Workflow);

    private static DateTimeOffset Expiry(
        Ask.Token ask, TaskRow task, Authority authority, Facts facts, Settings settings)
    {
        var principal = ask.Caller.Principal;
        var life = authority.Locations.Contains(facts.Registry.Issuer, StringComparer.Ordinal)
            ? settings.ManagementTokenLife
            : principal.Identity?.MaxTokenSeconds is { } seconds ? TimeSpan.FromSeconds(seconds)
            : principal.IsAgent ? settings.AgentTokenLife : settings.OtherTokenLife;
        var end = Bounds.Earliest(
            facts.Now + life,
            Instant.FromMicros(task.Deadline),
            ask.Parent?.ExpiresAt,
            ask.EndsBy,
            principal.Identity is { } identity ? Instant.FromMicros(identity.ExpiresAt) : null);
        return DateTimeOffset.FromUnixTimeSeconds(end.ToUnixTimeSeconds());
    }

    private static TokenAncestors AncestorsOf(Ask.Token ask, TaskRow task)
    {
        ImmutableArray<string> tasks = [.. task.Above];
        return ask.Parent is { } parent
            ? TokenAncestors.Of([parent.Jti, .. parent.Ancestors.Jtis], tasks)
            : TokenAncestors.Of(ask.Family is { } family ? [family] : [], tasks);
    }
}
