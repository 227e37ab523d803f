using System.Text.Json;

namespace Writ.Server.Governance;

/// <summary>The body that registers a workflow.</summary>
public sealed record CreateWorkflowRequest : WorkflowChanges
{
    public string? Name { get; init; }
}

/// <summary>The body that changes a workflow: what is left out stays; lists are replaced whole.</summary>
public record WorkflowChanges
{
    /// <summary>An operator's name or id; left out when registering: the caller.</summary>
    public string? Owner { get; init; }
    public string? Team { get; init; }
    /// <summary>The identities that do such work: <c>agent/billing</c>, or their ids.</summary>
    public IReadOnlyList<string>? Agents { get; init; }
    /// <summary>Who else may start it: identities and operators.</summary>
    public IReadOnlyList<string>? Starters { get; init; }
    /// <summary>The purposes that are allowed; none: any.</summary>
    public IReadOnlyList<string>? Purposes { get; init; }
    /// <summary>Grants (<c>orders:read@orders</c>) or <c>writ_access</c> objects: the most that it may need.</summary>
    public IReadOnlyList<JsonElement>? Authority { get; init; }
    public int? MaxTaskSeconds { get; init; }
    /// <summary>How often work may be handed on.</summary>
    public int? MaxDepth { get; init; }
    /// <summary>The version that the change rests on; left out: whatever it is now.</summary>
    public long? Version { get; init; }
}
