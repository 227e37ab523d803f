using System.Data.Common;
using Dapper;

namespace Writ.Server.Storage;

/// <summary>
/// One write transaction. The abstract members are the statements whose best form differs between the engines; they
/// serve the append path (<see cref="AppendBatch"/>). Effects use the plain ones.
/// </summary>
public abstract class StoreTransaction(DbConnection connection, DbTransaction transaction, TimeProvider time)
{
    private readonly List<RevocationRow> _revocations = [];

    protected DbConnection Connection => connection;

    protected DbTransaction Transaction => transaction;

    /// <summary>The time at which the transaction began, microseconds UTC.</summary>
    public long Now { get; } = time.GetUtcNow().ToMicros();

    /// <summary>How long it has taken so far, microseconds.</summary>
    internal long Elapsed => time.GetUtcNow().ToMicros() - Now;

    /// <summary>What this transaction revokes; written with the index of the record that caused it.</summary>
    internal IReadOnlyList<RevocationRow> Revocations => _revocations;

    /// <summary>
    /// Set by changes to resources, workflows, identities and operators: replicas drop what they cached.
    /// </summary>
    internal bool RegistryChanged { get; set; }

    /// <summary>Ends a SELECT whose rows shall not change under other replicas before the commit.</summary>
    internal abstract string ForUpdate { get; }

    /// <summary>Ends a SELECT whose rows shall be there, as they are, at the commit.</summary>
    internal abstract string ForShare { get; }

    /// <summary>Adds a revocation. Only Revocations/ calls this (House.Tests).</summary>
    internal void Revoke(RevocationRow row) => _revocations.Add(row);

    internal void ForgetRevocationsAfter(int count) => _revocations.RemoveRange(count, _revocations.Count - count);

    public Task<int> ExecuteAsync(string sql, object? parameters = null) =>
        connection.ExecuteAsync(sql, parameters, transaction);

    public Task<T?> ScalarAsync<T>(string sql, object? parameters = null) =>
        connection.ExecuteScalarAsync<T>(sql, parameters, transaction);

    public async Task<IReadOnlyList<T>> QueryAsync<T>(string sql, object? parameters = null) =>
        (await connection.QueryAsync<T>(sql, parameters, transaction)).AsList();

    public Task<T?> FirstAsync<T>(string sql, object? parameters = null) =>
        connection.QueryFirstOrDefaultAsync<T>(sql, parameters, transaction);

    /// <summary>Serialises migrations of several replicas.</summary>
    internal abstract Task LockSchemaAsync();

    /// <summary>
    /// Locks the log, behind which all replicas' batches stand in line, then reads what the claims rest on.
    /// </summary>
    internal abstract Task<ClaimFacts> LockLogAsync(ClaimSubjects subjects);

    /// <summary>Locks the log before it is known what is written, where beginning to write does not do so.</summary>
    internal virtual Task HoldLogAsync() => Task.CompletedTask;

    /// <summary>Inserts one-time values; false where the value was there already. Order of answers as asked.</summary>
    internal abstract Task<bool[]> InsertOnceAsync(IReadOnlyList<Claim.Once> values);

    /// <summary>Drops one-time values that ended before that minute, in a bounded step; answers how many rows.
    /// </summary>
    internal abstract Task<int> DropOnceAsync(long minute, int step);

    /// <summary>The tasks among these that are open and before their deadline.</summary>
    internal abstract Task<HashSet<string>> OpenTasksAsync(IReadOnlyCollection<string> ids);

    internal abstract Task InsertTasksAsync(IReadOnlyList<TaskRow> tasks);

    /// <summary>
    /// Takes the next dense indexes and inserts the records; answers the first index.
    /// </summary>
    internal abstract Task<long> InsertRecordsAsync(IReadOnlyList<RecordBytes> records);

    /// <summary>Runs work whose deletions leave nothing of what they delete, as far as the engine can see to that.
    /// </summary>
    internal virtual Task WipeAsync(Func<Task> work) => work();

    /// <summary>Fills the search index. Rows that are there already stay as they are.</summary>
    internal abstract Task InsertIndexAsync(IReadOnlyList<RecordIndexRow> rows);

    /// <summary>Adds to what is kept of the blocks of records.</summary>
    internal abstract Task InsertBlocksAsync(RecordBlocks blocks);

    /// <summary>Tells other replicas, at commit, that revocations or the registry changed.</summary>
    internal abstract Task AnnounceAsync();

    internal virtual Task InsertRevocationsAsync(IReadOnlyList<RevocationRow> rows) => ExecuteAsync("""
        INSERT INTO revocation (idx, n, kind, value, issued_before, matters_until, reason)
        VALUES (@Idx, @N, @Kind, @Value, @IssuedBefore, @MattersUntil, @Reason)
        """, rows);

    internal Task SaveAsync() => ExecuteAsync("SAVEPOINT effect");

    internal Task ReleaseAsync() => ExecuteAsync("RELEASE SAVEPOINT effect");

    internal async Task RollBackToSavedAsync()
    {
        await ExecuteAsync("ROLLBACK TO SAVEPOINT effect");
        await ReleaseAsync();
    }
}
