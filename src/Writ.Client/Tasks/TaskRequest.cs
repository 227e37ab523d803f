using System.Collections.Immutable;
using Writ.Protocol;

namespace Writ.Client;

/// <summary>A task to open: one piece of work.</summary>
public sealed record TaskRequest
{
    /// <summary>Why, in a few words: it is recorded and shown.</summary>
    public required string Purpose { get; init; }

    /// <summary>The registered workflow; null where the agent has only one.</summary>
    public string? Workflow { get; init; }

    /// <summary>Whose task it shall be; null: the caller's own.</summary>
    public string? Agent { get; init; }

    /// <summary>What it may do at the most, as grants: <c>orders:read@orders</c>. Empty: all of the workflow.</summary>
    public ImmutableArray<string> Grants { get; init; } = [];

    /// <summary>The same as exact <c>authorization_details</c>.</summary>
    public Authority? Details { get; init; }

    /// <summary>The task that it is a part of, and ends with.</summary>
    public string? Parent { get; init; }

    /// <summary>A verified token of the user on whose behalf the work is done.</summary>
    public string? OnBehalfOfToken { get; init; }

    /// <summary>How long it may take; null: as long as the workflow allows.</summary>
    public TimeSpan? Deadline { get; init; }

    /// <summary>
    /// Silence after which the broker ends the task; heartbeats are then sent three times as often. Null: none.
    /// </summary>
    public TimeSpan? Silence { get; init; }

    /// <summary>Prints no token (promise P6).</summary>
    public override string ToString() => $"{Purpose} ({Workflow ?? "the only workflow"})";
}
