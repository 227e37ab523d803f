namespace Writ.Server.Storage;

/// <summary>One-time values that were used. Written by the append path (<see cref="Claim.Once"/>).</summary>
public static class ReplayStore
{
    private const int Step = 2000;
    private const int SpareMinutes = 5; // replicas' clocks differ

    /// <summary>
    /// Drops values that no proof in force can repeat, in steps, so that no writer waits long for it.
    /// </summary>
    public static async Task<int> PruneAsync(Database database, CancellationToken cancel = default)
    {
        var total = 0;
        while (true)
        {
            var dropped = await database.WriteAsync(PruneStepAsync, cancel);
            total += dropped;
            if (dropped < Step) return total;
        }
    }

    private static Task<int> PruneStepAsync(StoreTransaction tx) =>
        tx.DropOnceAsync((tx.Now / 60_000_000) - SpareMinutes, Step);
}
