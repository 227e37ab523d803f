using Writ.Protocol;
using Writ.Server.Edge;
using Writ.Server.Policies;
using Writ.Server.Storage;

namespace Writ.Server.Decisions;

/// <summary>Gathers the facts of a decision from the store and from what this replica knows.</summary>
public sealed class FactSource(
    Settings settings, Registry registry, PolicyShelf policies, RevocationSet revoked, IssuedHere issued,
    TimeProvider time)
{
    /// <summary>For a token: the workflow side, whether the task or an ancestor is revoked, and whether the caller is
    /// still dying from a revocation.</summary>
    public async Task<Facts> ForTokenAsync(Principal caller, TaskRow? task, CancellationToken cancel = default)
    {
        var facts = await CommonAsync(caller.Id, cancel);
        return facts with
        {
            Revoked = task is not null && IsRevoked(task),
            Dying = DyingFor(caller, facts.Now),
            HoldsTooMany = await issued.Live.HasTooManyAsync(caller.Id, cancel),
        };
    }

    /// <summary>What every decision rests on: one version of the registry, and the policy that is in force with it.
    /// </summary>
    private async Task<Facts> CommonAsync(string? subject, CancellationToken cancel)
    {
        var current = await registry.CurrentAsync(cancel);
        var now = time.GetUtcNow();
        return new Facts
        {
            Now = now,
            Registry = current,
            Policy = await policies.FindAsync(current.PolicyTurn?.Digest, cancel),
            RegistryAge = now - registry.SeenAt,
            Recent = subject is null ? default : issued.Recent.Of(subject, now),
            MaxDepth = settings.MaxDepth,
            Zones = settings.Zones,
        };
    }

    // The store says so to a replica that has not heard of the revocation yet, the revocation to the end. Tokens carry
    // whole seconds: what is issued in the second of the moment up to which all is dead would be born dead.
    private TimeSpan? DyingFor(Principal caller, DateTimeOffset now)
    {
        var second = TimeSpan.FromSeconds(1);
        var known = caller.DyingFor(now);
        var began = now.AddTicks(-(now.Ticks % TimeSpan.TicksPerSecond));
        if (!revoked.IsRevoked([RevocationHandle.Identity(caller.Id)], began, out var entry)) return known;
        var heard = entry.IssuedBefore - now + second;
        return known > heard ? known : heard;
    }

    /// <summary>For opening a task: its agent and its parent.</summary>
    public async Task<Facts> ForTaskAsync(TaskRow task, TaskRow? parent, CancellationToken cancel = default) =>
        await CommonAsync(task.Agent, cancel) with
        {
            Agent = await registry.FindAsync(task.Agent, cancel),
            ParentTask = parent,
            Revoked = parent is not null && IsRevoked(parent),
        };

    /// <summary>For an administrative act, and for deciding again on what somebody holds.</summary>
    public Task<Facts> ForActAsync(string principal, CancellationToken cancel = default) =>
        CommonAsync(principal, cancel);

    /// <summary>For a question: whom it is about, where the registry knows them, and the task that it names.</summary>
    public async Task<Facts> ForAccessAsync(
        AccessQuestion question, TaskLine? line, CancellationToken cancel = default) =>
        await CommonAsync(question.SubjectId, cancel) with
        {
            TaskLine = line,
            Revoked = line is not null && IsRevoked(line.Task),
            // Whatever is no SPIFFE id is nobody's here, and not worth a look into the store.
            Agent = SpiffeId.TryParse(question.SubjectId, out _)
                ? await registry.FindAsync(question.SubjectId, cancel)
                : null,
        };

    /// <summary>The same facts about another subject.</summary>
    public async Task<Facts> AboutAsync(Facts facts, string subject, CancellationToken cancel = default) => facts with
    {
        Agent = SpiffeId.TryParse(subject, out _) ? await registry.FindAsync(subject, cancel) : null,
        Recent = issued.Recent.Of(subject, facts.Now),
    };

    /// <summary>For the end of a token: whom it was issued to.</summary>
    public async Task<Facts> ForRevocationAsync(string client, CancellationToken cancel = default) =>
        await CommonAsync(null, cancel) with { Agent = await registry.FindAsync(client, cancel) };

    /// <summary>For an enrolment: whoever made the code.</summary>
    public async Task<Facts> ForEnrolmentAsync(EnrolmentRow code, CancellationToken cancel = default) =>
        await CommonAsync(null, cancel) with { CodeMaker = await registry.FindAsync(code.CreatedBy, cancel) };

    /// <summary>Whether a family of refresh tokens was ended, as this replica knows it.</summary>
    public bool IsFamilyRevoked(string family) =>
        revoked.IsRevoked([RevocationHandle.Token(family)], time.GetUtcNow(), out _);

    /// <summary>Whether what was issued to a principal at that time is dead.</summary>
    public bool IsRevoked(string principal, DateTimeOffset issuedAt) =>
        revoked.IsRevoked([RevocationHandle.Identity(principal)], issuedAt, out _);

    private bool IsRevoked(TaskRow task)
    {
        var handles = new List<RevocationHandle> { RevocationHandle.Task(task.Id) };
        foreach (var ancestor in task.Above)
            handles.Add(RevocationHandle.Task(ancestor));
        return revoked.IsRevoked(handles, time.GetUtcNow(), out _);
    }
}

/// <summary>What this replica counts of what it issues.</summary>
public sealed record IssuedHere(RecentUses Recent, LiveTokens Live);
