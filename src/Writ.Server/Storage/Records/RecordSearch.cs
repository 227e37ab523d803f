using System.Data.Common;
using Dapper;

namespace Writ.Server.Storage;

/// <summary>
/// Finds records. What stands in few records (a decision, a task, a credential) has an index over the rows; for all
/// else the blocks are found in which every wanted term stands, and their rows are looked at. No question looks at the
/// whole log in one answer, whatever is asked and however rare it is: an answer ends after so many rows or so long, and
/// says how far it came.
/// </summary>
public sealed class RecordSearch(Database database, int mostBlocks = RecordSearch.MostBlocks)
{
    /// <summary>How many blocks one answer looks at.</summary>
    public const int MostBlocks = 4096;

    private const int MostCandidates = 50_000;
    private const int MostMembers = 32;
    private const int LongestRun = 32;

    /// <summary>How long one answer is looked for.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(400);

    /// <summary>One page of what a filter finds; only what the index knows already.</summary>
    public async Task<RecordPage> FindAsync(RecordFilter filter, CancellationToken cancel = default)
    {
        await using var connection = await database.OpenAsync(cancel);
        var known = await connection.QueryFirstOrDefaultAsync<long>(new CommandDefinition(
            "SELECT next FROM reader WHERE name = @name", new { name = RecordStore.IndexReader },
            cancellationToken: cancel));
        var reach = filter.NewestFirst
            ? new Reach(0, Math.Min(filter.After ?? long.MaxValue, known))
            : new Reach(Math.Min(filter.After ?? -1, known) + 1, known);
        var search = new Search(connection, filter, await MembersAsync(connection, filter.Team, cancel), cancel)
        {
            MostBlocks = mostBlocks,
        };
        var arms = new List<Arm>();
        foreach (var column in Columns(filter)) arms.Add(await search.ByRowsAsync(column, reach));
        if (search.BlocksOf() is { } terms) arms.Add(await search.ByBlocksAsync(terms, reach));
        var (found, place) = Merge(arms, filter);
        var rows = new List<RecordIndexRow>(found.Count);
        if (found.Count > 0)
            rows.AddRange(await connection.QueryAsync<RecordIndexRow>(new CommandDefinition(
                $"SELECT * FROM record_index WHERE idx IN ({string.Join(',', found)})", cancellationToken: cancel)));
        rows.Sort((a, b) => filter.NewestFirst ? b.Idx.CompareTo(a.Idx) : a.Idx.CompareTo(b.Idx));
        return new RecordPage(rows, place);
    }

    /// <summary>The column of which an index over the rows is read.</summary>
    private static IEnumerable<string> Columns(RecordFilter filter)
    {
        if (filter.DecisionId is not null) yield return "decision_id = @DecisionId";
        else if (filter.Credential is not null) yield return "jti = @Credential";
        else if (filter.Task is not null) yield return "task = @Task";
    }

    /// <summary>A team's people and identities, as far as they are few; null: they are not, and nothing is gained by
    /// their names.</summary>
    private static async Task<string[]?> MembersAsync(DbConnection connection, string? team, CancellationToken cancel)
    {
        if (team is null) return null;
        var members = (await connection.QueryAsync<string>(new CommandDefinition(
            """
            SELECT id FROM identity WHERE team = @team UNION ALL SELECT id FROM operator WHERE team = @team LIMIT @most
            """, new { team, most = MostMembers + 1 }, cancellationToken: cancel))).ToArray();
        return members.Length > MostMembers ? null : members;
    }

    /// <summary>What all ways have found, as far as each of them has looked.</summary>
    private static (List<long> Found, long? Place) Merge(List<Arm> arms, RecordFilter filter)
    {
        var sign = filter.NewestFirst ? -1 : 1;
        long? place = null;
        foreach (var arm in arms)
            if (arm.Place is { } at && (place is null || at * sign < place * sign)) place = at;
        var found = arms.SelectMany(a => a.Found).Distinct().Where(i => place is null || i * sign <= place * sign)
            .OrderBy(i => i * sign).ToList();
        if (found.Count <= filter.Limit) return (found, place);
        return (found[..filter.Limit], found[filter.Limit - 1]);
    }

    /// <summary>The records from one to before another.</summary>
    private sealed record Reach(long From, long To);

    /// <summary>What was found one way, and up to where it looked; null: to the end.</summary>
    private sealed record Arm(List<long> Found, long? Place);

    /// <summary>One question on one connection.</summary>
    private sealed class Search
    {
        private readonly DbConnection _connection;
        private readonly RecordFilter _filter;
        private readonly string[]? _members;
        private readonly CancellationToken _cancel;
        private readonly DynamicParameters _parameters;
        private readonly string _conditions;
        private readonly string _order;
        private readonly long _began = TimeProvider.System.GetTimestamp(); // a bound of work, not a moment

        public Search(DbConnection connection, RecordFilter filter, string[]? members, CancellationToken cancel)
        {
            (_connection, _filter, _members, _cancel) = (connection, filter, members, cancel);
            (_conditions, _parameters) = RecordConditions.Of(filter);
            _order = filter.NewestFirst ? "DESC" : "ASC";
        }

        public required int MostBlocks { get; init; }

        private bool IsOver => TimeProvider.System.GetElapsedTime(_began) > Patience;

        /// <summary>Each term that a block must have, as the numbers of which one must stand there; null: blocks are
        /// not looked at, the rows of a column are all there can be.</summary>
        public List<long[]>? BlocksOf()
        {
            var terms = new List<long[]>();
            if (_filter.DecisionId is not null) return null;
            if (_filter.Credential is { } jti) terms.Add([new RecordTerm(TermOf.Credential, jti).Number]);
            else if (_filter is { Task: { } task, IsTree: true })
                terms.Add([new RecordTerm(TermOf.Above, task).Number]);
            else if (_filter.Task is not null) return null;
            terms.AddRange(_filter.Terms().Select(t => new[] { t.Number }));
            if (_filter.Resource.Count > 0)
                terms.Add([.. _filter.Resource.Select(r => new RecordTerm(TermOf.Resource, r).Number)]);
            if (_members is not null)
                terms.Add([.. _members.Select(m => new RecordTerm(TermOf.Who, RecordIndexRow.Fit(m)!).Number)]);
            return terms;
        }

        public async Task<Arm> ByRowsAsync(string column, Reach reach)
        {
            var rows = $"""
                FROM record_index x WHERE x.{column} AND x.idx >= @lo AND x.idx < @hi ORDER BY x.idx {_order}
                """;
            var found = await QueryAsync($"""
                SELECT x.idx FROM (SELECT x.* {rows} LIMIT {MostCandidates}) x
                WHERE {_conditions} ORDER BY x.idx {_order} LIMIT @most
                """, reach, _filter.Limit);
            if (found.Count == _filter.Limit) return new Arm(found, found[^1]);
            var last = await QueryAsync($"SELECT x.idx {rows} LIMIT 1 OFFSET {MostCandidates - 1}", reach, 0);
            return new Arm(found, last.Count == 0 ? null : last[0]);
        }

        public async Task<Arm> ByBlocksAsync(List<long[]> terms, Reach reach)
        {
            var found = new List<long>();
            var candidates = Candidates(terms);
            for (var (step, looked) = (8, 0); ; step = Math.Min(step * 2, 512))
            {
                var blocks = await BlocksAsync(candidates, reach, step);
                foreach (var run in Runs(blocks))
                {
                    var part = new Reach(
                        Math.Max(reach.From, run.From * RecordTerm.Block),
                        Math.Min(reach.To, run.To * RecordTerm.Block));
                    found.AddRange(await QueryAsync($"""
                        SELECT x.idx FROM record_index x WHERE x.idx >= @lo AND x.idx < @hi AND {_conditions}
                        ORDER BY x.idx {_order} LIMIT @most
                        """, part, _filter.Limit - found.Count));
                    if (found.Count == _filter.Limit) return new Arm(found, found[^1]);
                    reach = _filter.NewestFirst ? reach with { To = part.From } : reach with { From = part.To };
                    looked += (int)(run.To - run.From);
                    if (looked >= MostBlocks || IsOver) return new Arm(found, PlaceBehind(reach));
                }
                if (blocks.Count < step) return new Arm(found, null);
            }
        }

        private long? PlaceBehind(Reach rest) =>
            rest.From >= rest.To ? null : _filter.NewestFirst ? rest.To : rest.From - 1;

        /// <summary>Finds the blocks in which something of every kind stands. The first term's blocks are read in
        /// order; each other is one look at a key.</summary>
        private string Candidates(List<long[]> terms)
        {
            var one = terms.FindIndex(t => t.Length == 1);
            List<string> where = ["b.block >= @first", "b.block <= @last"];
            if (one >= 0) where.Insert(0, $"b.term = {terms[one][0]}");
            for (var i = 0; i < terms.Count; i++)
                if (i != one)
                    where.Add($"""
                        EXISTS (SELECT 1 FROM record_block o
                          WHERE o.term IN ({(terms[i].Length == 0 ? "NULL" : string.Join(',', terms[i]))})
                            AND o.block = b.block)
                        """);
            var times = Times(one >= 0 ? "s" : "b");
            if (one < 0) where.AddRange(times);
            else if (times.Count > 0)
                where.Add($"""
                    EXISTS (SELECT 1 FROM record_span s WHERE s.block = b.block AND {string.Join(" AND ", times)})
                    """);
            return $"""
                SELECT b.block FROM {(one >= 0 ? "record_block" : "record_span")} b
                WHERE {string.Join(" AND ", where)} ORDER BY b.block {_order} LIMIT @most
                """;
        }

        private List<string> Times(string span)
        {
            var times = new List<string>();
            if (_filter.From is not null) times.Add($"{span}.last_at >= @From");
            if (_filter.To is not null) times.Add($"{span}.first_at < @To");
            return times;
        }

        private async Task<List<long>> BlocksAsync(string candidates, Reach reach, int most)
        {
            if (reach.From >= reach.To) return [];
            var parameters = new DynamicParameters(_parameters);
            parameters.AddDynamicParams(new
            {
                first = reach.From / RecordTerm.Block,
                last = (reach.To - 1) / RecordTerm.Block,
                most,
            });
            return (await _connection.QueryAsync<long>(
                new CommandDefinition(candidates, parameters, cancellationToken: _cancel))).AsList();
        }

        /// <summary>Blocks side by side are read together.</summary>
        private IEnumerable<Reach> Runs(List<long> blocks)
        {
            for (var i = 0; i < blocks.Count;)
            {
                var (from, to) = (blocks[i], blocks[i] + 1);
                for (i++; i < blocks.Count && to - from < LongestRun; i++)
                    if (!_filter.NewestFirst && blocks[i] == to) to++;
                    else if (_filter.NewestFirst && blocks[i] == from - 1) from--;
                    else break;
                yield return new Reach(from, to);
            }
        }

        private async Task<List<long>> QueryAsync(string sql, Reach reach, int most)
        {
            if (reach.From >= reach.To) return [];
            var parameters = new DynamicParameters(_parameters);
            parameters.AddDynamicParams(new { lo = reach.From, hi = reach.To, most });
            return (await _connection.QueryAsync<long>(
                new CommandDefinition(sql, parameters, cancellationToken: _cancel))).AsList();
        }
    }
}
