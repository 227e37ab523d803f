using Writ.Server.Storage;

namespace Writ.Server.Audit;

/// <summary>A place outside of the broker that gets the log. The store is the truth; a sink that is away misses
/// nothing, and keeps nobody waiting (<see cref="Carrier"/>).</summary>
/// <param name="Name">The name of its place in the log; stays the same.</param>
/// <param name="TakeAsync">Takes records from the first on, and answers how many it now has for good, at least one;
/// throws when it cannot. What it took may come again.</param>
public sealed record Sink(string Name, Func<IReadOnlyList<RecordRow>, CancellationToken, Task<int>> TakeAsync)
{
    /// <summary>What was there before it was first named is not for it.</summary>
    public bool StartsNow { get; init; }

    /// <summary>How many records it gets again once it failed, or is carried to by another process than before: what
    /// it took last may have been lost with it.</summary>
    public int Resend { get; init; }
}
