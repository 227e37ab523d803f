using Writ.Server.Storage;

namespace Writ.Server.Decisions;

/// <summary>What is known when deciding. Nothing here was merely asserted by the caller.</summary>
public sealed record Facts
{
    public required DateTimeOffset Now { get; init; }
    /// <summary>Resources, workflows: one consistent version.</summary>
    public required RegistrySnapshot Registry { get; init; }
    /// <summary>The agent of the task, where it is not the caller (starting for another).</summary>
    public Principal? Agent { get; init; }
    public TaskRow? ParentTask { get; init; }
    /// <summary>Whether some ancestor of the task or token is revoked, as this replica knows it.</summary>
    public bool Revoked { get; init; }
}
