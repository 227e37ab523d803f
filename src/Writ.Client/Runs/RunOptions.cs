using System.Collections.Immutable;

namespace Writ.Client;

/// <summary>A command to run as one task: what <c>writ run</c> was asked.</summary>
public sealed record RunOptions
{
    /// <summary>
    /// The agent whose work it is. Its key stays in this process; tokens are bound to a key of the run's own.
    /// </summary>
    public required WritClientOptions Client { get; init; }

    /// <summary>The task to open for it.</summary>
    public required TaskRequest Task { get; init; }

    /// <summary>The program.</summary>
    public required string Program { get; init; }

    /// <summary>Its arguments.</summary>
    public ImmutableArray<string> Arguments { get; init; } = [];

    /// <summary>The environment of this process, from which the child's is made.</summary>
    public required ImmutableDictionary<string, string> Environment { get; init; }

    /// <summary>Files that hold secrets of the agent's: no variable of the child names one.</summary>
    public ImmutableArray<string> SecretFiles { get; init; } = [];

    /// <summary>
    /// The silence after which the broker ends the task by itself, so that even <c>kill -9</c> of this process leaves
    /// nothing. Heartbeats come three times as often.
    /// </summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Told, in one line, what the person who waits must know: standard error.</summary>
    public required Action<string> Say { get; init; }
}
