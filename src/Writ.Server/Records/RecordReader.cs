using Writ.Server.Audit;
using Writ.Server.Storage;

namespace Writ.Server.Records;

/// <summary>Finds records and fetches them.</summary>
public sealed class RecordReader(RecordStore records, RecordSearch search, RecordIndexer indexer)
{
    /// <summary>What was answered before this call, at whichever replica, is found after it; or this tells how many
    /// records are missing.</summary>
    public async Task<long> CatchUpAsync(CancellationToken cancel) =>
        await indexer.CatchUpAsync(cancel) + await indexer.AgainMissingAsync(cancel);

    public async Task<(IReadOnlyList<FoundRecord> Records, long? Place)> FindAsync(
        RecordFilter filter, CancellationToken cancel)
    {
        var page = await search.FindAsync(filter, cancel);
        if (page.Rows.Count == 0) return ([], page.Place);
        var rows = await records.AtAsync([.. page.Rows.Select(r => r.Idx)], cancel);
        var byPlace = rows.ToDictionary(r => r.Idx);
        return ([.. page.Rows.Select(r => new FoundRecord(r, byPlace[r.Idx]))], page.Place);
    }
}

/// <summary>A record with what the index knows of it.</summary>
public sealed record FoundRecord(RecordIndexRow Index, RecordRow Row);
