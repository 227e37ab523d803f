namespace Writ.Server.Storage;

/// <summary>What is kept of the blocks that some rows of the search index lie in: the terms in them, and their times.
/// </summary>
internal sealed class RecordBlocks
{
    private RecordBlocks(IReadOnlyList<(long Term, long Block)> terms, IReadOnlyList<BlockSpan> spans)
    {
        Terms = terms;
        Spans = spans;
    }

    /// <summary>Each once, in the order of the table's key.</summary>
    public IReadOnlyList<(long Term, long Block)> Terms { get; }

    public IReadOnlyList<BlockSpan> Spans { get; }

    public static RecordBlocks Of(IReadOnlyList<RecordIndexRow> rows)
    {
        var spans = new Dictionary<long, BlockSpan>();
        var terms = new HashSet<(long Block, RecordTerm Term)>();
        foreach (var row in rows)
        {
            var block = row.Idx / RecordTerm.Block;
            spans[block] = spans.TryGetValue(block, out var span)
                ? new BlockSpan(block, Math.Min(span.FirstAt, row.At), Math.Max(span.LastAt, row.At))
                : new BlockSpan(block, row.At, row.At);
            foreach (var term in row.AllTerms()) terms.Add((block, term));
        }
        // A term's number is the dear part: it is made once, however many blocks the term stands in.
        var numbers = new Dictionary<RecordTerm, long>();
        var kept = new List<(long Term, long Block)>(terms.Count);
        foreach (var (block, term) in terms)
        {
            if (!numbers.TryGetValue(term, out var number)) numbers[term] = number = term.Number;
            kept.Add((number, block));
        }
        kept.Sort();
        return new RecordBlocks(kept, [.. spans.Values]);
    }

    /// <summary>
    /// Puts other rows in the place of those of some records, which tell less: their details were erased. What no other
    /// record of a block has is not kept of the block any more, whatever it was. The row of each reader that fills the
    /// index is the lock between this and it: whoever comes second sees what the first has done.
    /// </summary>
    /// <param name="tx">The transaction in which the details go, behind their going.</param>
    /// <param name="bare">What is left of them.</param>
    public static async Task ReplaceAsync(StoreTransaction tx, IReadOnlyList<RecordIndexRow> bare)
    {
        if (bare.Count == 0) return;
        foreach (var reader in new[] { RecordStore.IndexReader, RecordStore.AgainReader })
            await tx.ExecuteAsync("""
                INSERT INTO reader (name, next) VALUES (@reader, 0) ON CONFLICT (name) DO UPDATE SET next = reader.next
                """, new { reader });
        var places = string.Join(',', bare.Select(r => r.Idx));
        var gone = (await tx.QueryAsync<RecordIndexRow>($"SELECT * FROM record_index WHERE idx IN ({places})"))
            .SelectMany(row => row.AllTerms().Select(term => (Block: row.Idx / RecordTerm.Block, Term: term)))
            .ToHashSet();
        await tx.ExecuteAsync($"DELETE FROM record_index WHERE idx IN ({places})");
        await tx.InsertIndexAsync(bare);
        foreach (var block in gone.GroupBy(g => g.Block, g => g.Term))
        {
            var left = (await tx.QueryAsync<RecordIndexRow>(
                "SELECT * FROM record_index WHERE idx >= @from AND idx < @to",
                new { from = block.Key * RecordTerm.Block, to = (block.Key + 1) * RecordTerm.Block }))
                .SelectMany(row => row.AllTerms()).ToHashSet();
            var numbers = block.Where(term => !left.Contains(term)).Select(term => term.Number).ToList();
            if (numbers.Count > 0)
                await tx.ExecuteAsync(
                    $"DELETE FROM record_block WHERE block = @block AND term IN ({string.Join(',', numbers)})",
                    new { block = block.Key });
        }
    }
}

/// <summary>The oldest and newest record of a block: clocks of replicas differ, so they need not be its ends.</summary>
internal sealed record BlockSpan(long Block, long FirstAt, long LastAt);
