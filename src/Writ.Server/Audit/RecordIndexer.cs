using Writ.Server.Storage;

namespace Writ.Server.Audit;

/// <summary>
/// Follows the log and fills the search index, in the order of the dense index: nothing is skipped, whoever committed
/// late. A crash repeats the last step, which changes nothing. One replica at a time.
/// </summary>
public sealed class RecordIndexer(Database database)
{
    private const int Step = 2000;
    private readonly RecordStore _records = new(database);

    /// <summary>Indexes what is new; answers how many records that were.</summary>
    public async Task<int> RunAsync(CancellationToken cancel = default)
    {
        await using var lease = await database.TryLeaseAsync("record-index", cancel);
        if (lease is null) return 0;
        var total = 0;
        while (true)
        {
            var next = await _records.ReaderAsync(RecordStore.IndexReader, cancel);
            var rows = await _records.FromAsync(next, Step, cancel);
            if (rows.Count == 0) return total;
            var index = rows.Select(RecordBody.Index).ToArray();
            await database.WriteAsync(async tx =>
            {
                await tx.InsertIndexAsync(index);
                return await RecordStore.MoveReaderAsync(tx, RecordStore.IndexReader, rows[^1].Idx + 1);
            }, cancel);
            total += rows.Count;
        }
    }
}
