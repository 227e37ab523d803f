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
    /// Takes persons out of the index of some records: out of their rows, and out of what is kept of their blocks where
    /// no other record of the block has them. For the erasure of details, in its transaction.
    /// </summary>
    /// <param name="tx">The transaction.</param>
    /// <param name="from">The first record.</param>
    /// <param name="to">Behind the last one.</param>
    /// <param name="isPerson">Whether an actor or subject is a person: identities stay.</param>
    public static async Task ForgetAsync(StoreTransaction tx, long from, long to, Func<string, bool> isPerson)
    {
        var rows = await tx.QueryAsync<RecordIndexRow>("""
            SELECT * FROM record_index WHERE idx >= @from AND idx < @to
              AND (actor IS NOT NULL OR subject IS NOT NULL OR on_behalf_of IS NOT NULL OR approved_by IS NOT NULL)
            """, new { from, to });
        var gone = new HashSet<(RecordTerm Term, long Block)>();
        foreach (var row in rows)
        {
            var block = row.Idx / RecordTerm.Block;
            var actor = row.Actor is { } a && isPerson(a) ? a : null;
            var subject = row.Subject is { } s && isPerson(s) ? s : null;
            if (actor is not null) gone.Add((new(TermOf.Who, actor), block));
            if (subject is not null) gone.Add((new(TermOf.Who, subject), block));
            if (row.OnBehalfOf is { } user) gone.Add((new(TermOf.User, user), block));
            if (row.ApprovedBy is { } by) gone.Add((new(TermOf.ApprovedBy, by), block));
            await tx.ExecuteAsync("""
                UPDATE record_index SET actor = @actor, subject = @subject, on_behalf_of = NULL, approved_by = NULL
                WHERE idx = @Idx
                """, new
            {
                row.Idx,
                actor = actor is null ? row.Actor : null,
                subject = subject is null ? row.Subject : null,
            });
        }
        foreach (var (term, block) in gone)
            await tx.ExecuteAsync($"""
                DELETE FROM record_block WHERE term = @Number AND block = @block AND NOT EXISTS (
                  SELECT 1 FROM record_index x WHERE x.idx >= @first AND x.idx < @end AND {HasIt(term.Of)})
                """, new
            {
                term.Number,
                block,
                first = block * RecordTerm.Block,
                end = (block + 1) * RecordTerm.Block,
                term.Value,
                line = new RecordTerm(TermOf.Chain, term.Value).Line,
            });
    }

    private static string HasIt(TermOf of) => of switch
    {
        TermOf.User => "x.on_behalf_of = @Value",
        TermOf.ApprovedBy => "x.approved_by = @Value",
        _ => "(x.actor || '' = @Value OR x.subject || '' = @Value OR replace(x.terms, @line, '') <> x.terms)",
    };
}

/// <summary>The oldest and newest record of a block: clocks of replicas differ, so they need not be its ends.</summary>
internal sealed record BlockSpan(long Block, long FirstAt, long LastAt);
