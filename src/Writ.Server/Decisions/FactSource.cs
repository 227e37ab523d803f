using Writ.Protocol;
using Writ.Server.Storage;

namespace Writ.Server.Decisions;

/// <summary>Gathers the facts of a decision from the store and from what this replica knows.</summary>
public sealed class FactSource(Registry registry, RevocationSet revoked, TimeProvider time)
{
    /// <summary>For a token: the workflow side, and whether the task or an ancestor is revoked.</summary>
    public async Task<Facts> ForTokenAsync(TaskRow? task, CancellationToken cancel = default) => new()
    {
        Now = time.GetUtcNow(),
        Registry = await registry.CurrentAsync(cancel),
        Revoked = task is not null && IsRevoked(task),
    };

    /// <summary>For opening a task: its agent and its parent.</summary>
    public async Task<Facts> ForTaskAsync(TaskRow task, TaskRow? parent, CancellationToken cancel = default) => new()
    {
        Now = time.GetUtcNow(),
        Registry = await registry.CurrentAsync(cancel),
        Agent = await registry.FindAsync(task.Agent, cancel),
        ParentTask = parent,
        Revoked = parent is not null && IsRevoked(parent),
    };

    /// <summary>For an administrative act.</summary>
    public async Task<Facts> ForActAsync(CancellationToken cancel = default) => new()
    {
        Now = time.GetUtcNow(),
        Registry = await registry.CurrentAsync(cancel),
    };

    /// <summary>Whether a family of refresh tokens was ended, as this replica knows it.</summary>
    public bool IsFamilyRevoked(string family) =>
        revoked.IsRevoked([RevocationHandle.Token(family)], time.GetUtcNow(), out _);

    /// <summary>Whether what was issued to a principal at that time is dead.</summary>
    public bool IsRevoked(string principal, DateTimeOffset issuedAt) =>
        revoked.IsRevoked([RevocationHandle.Identity(principal)], issuedAt, out _);

    private bool IsRevoked(TaskRow task)
    {
        var handles = new List<RevocationHandle> { RevocationHandle.Task(task.Id) };
        foreach (var ancestor in task.Ancestors.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            handles.Add(RevocationHandle.Task(ancestor));
        return revoked.IsRevoked(handles, time.GetUtcNow(), out _);
    }
}
