using Microsoft.Data.Sqlite;

namespace Writ.Server.Storage;

/// <summary>SQLite's form of the append path: prepared statements, one row at a time, no round trips to save.</summary>
internal sealed class SqliteStoreTransaction(
    SqliteConnection connection, SqliteTransaction transaction, SqliteStatements statements, SqliteReplay replay,
    TimeProvider time)
    : StoreTransaction(connection, transaction, time)
{
    private SqliteReplay.Row? _taken;

    /// <summary>Told once the commit is durable.</summary>
    public void Committed()
    {
        if (_taken is not null) replay.Keep(_taken);
    }

    internal override string ForUpdate => ""; // there is one writer

    internal override string ForShare => "";

    internal override Task LockSchemaAsync() => Task.CompletedTask; // the write transaction is the lock

    // The write transaction is the lock of the log, too.
    internal override async Task<ClaimFacts> LockLogAsync(ClaimSubjects subjects)
    {
        var versions = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var id in subjects.Principals)
            if (statements.Principal.Scalar(id, Now) is { } version) versions[id] = version;
        var registry = subjects.Registry ? statements.Registry.Scalar() ?? 0 : 0;
        return new ClaimFacts(versions, registry, await OpenTasksAsync(subjects.Tasks));
    }

    internal override Task<HashSet<string>> OpenTasksAsync(IReadOnlyCollection<string> ids)
    {
        var open = new HashSet<string>(StringComparer.Ordinal);
        foreach (var id in ids)
            if (statements.TaskOpen.Scalar(id, Now) is not null) open.Add(id);
        return Task.FromResult(open);
    }

    internal override Task<bool[]> InsertOnceAsync(IReadOnlyList<Claim.Once> values)
    {
        (var free, _taken) = replay.Take(values);
        return Task.FromResult(free);
    }

    internal override Task<int> DropOnceAsync(long minute, int step) => Task.FromResult(replay.Prune(minute, step));

    internal override Task InsertTasksAsync(IReadOnlyList<TaskRow> tasks)
    {
        foreach (var t in tasks)
            statements.Task.Execute(
                t.Id, t.Workflow, t.Agent, t.Parent, t.Ancestors, t.Purpose, t.OnBehalfOf, t.Authority, t.Status,
                t.Implicit, t.OpenedBy, t.OpenedAt, t.Deadline, t.EndedAt, t.EndReason, t.HeartbeatSeconds,
                t.HeartbeatAt);
        return Task.CompletedTask;
    }

    internal override Task<long> InsertRecordsAsync(IReadOnlyList<RecordBytes> records)
    {
        var first = statements.Head.Scalar(records.Count)!.Value - records.Count;
        for (var i = 0; i < records.Count; i++)
            statements.Record.Execute(first + i, records[i].Core, records[i].Detail);
        return Task.FromResult(first);
    }

    internal override Task InsertIndexAsync(IReadOnlyList<RecordIndexRow> rows)
    {
        foreach (var r in rows)
            statements.Index.Execute(
                r.Idx, r.At, r.Kind, r.Outcome, r.DecisionId, r.Subject, r.Actor, r.Task, r.Jti, r.ExpiresAt,
                r.Reason, r.Policy, r.Workflow, r.OnBehalfOf, r.ApprovedBy, r.Terms);
        return Task.CompletedTask;
    }

    internal override Task InsertBlocksAsync(RecordBlocks blocks)
    {
        foreach (var (term, block) in blocks.Terms) statements.Block.Execute(term, block);
        foreach (var span in blocks.Spans) statements.Span.Execute(span.Block, span.FirstAt, span.LastAt);
        return Task.CompletedTask;
    }

    /// <summary>What is deleted is overwritten with zeros, in pages that are freed, too. Not always: each row that
    /// upkeep drops would cost a write.</summary>
    internal override async Task WipeAsync(Func<Task> work)
    {
        await ExecuteAsync("PRAGMA secure_delete = ON");
        try
        {
            await work();
        }
        finally
        {
            await ExecuteAsync("PRAGMA secure_delete = FAST");
        }
    }

    internal override Task AnnounceAsync() => Task.CompletedTask; // there is no other replica
}

/// <summary>The prepared statements of the append path on SQLite's one writing connection.</summary>
internal sealed class SqliteStatements(SqliteConnection writer) : IDisposable
{
    public SqliteStatement DataVersion { get; } = new(writer, "PRAGMA data_version");

    public SqliteStatement Once { get; } =
        new(writer, "INSERT INTO replay_batch (minute, n, hashes) VALUES (?, ?, ?)");

    public SqliteStatement DropOnce { get; } = new(writer, """
        DELETE FROM replay_batch WHERE (minute, n) IN (
          SELECT minute, n FROM replay_batch WHERE minute < ? ORDER BY minute LIMIT ?)
        """);

    public SqliteStatement TaskOpen { get; } =
        new(writer, "SELECT 1 FROM task WHERE id = ? AND status = 'open' AND deadline > ?");

    public SqliteStatement Principal { get; } = new(writer, """
        SELECT version FROM identity WHERE id = ?1 AND status = 'active' AND expires_at > ?2
        UNION ALL SELECT version FROM operator WHERE id = ?1 AND status = 'active'
        """);

    public SqliteStatement Registry { get; } = new(writer, "SELECT version FROM registry_version WHERE id = 1");

    public SqliteStatement Head { get; } =
        new(writer, "UPDATE log_head SET next = next + ? WHERE id = 1 RETURNING next");

    public SqliteStatement Record { get; } = new(writer, "INSERT INTO record (idx, body, detail) VALUES (?, ?, ?)");

    public SqliteStatement Index { get; } = new(writer, """
        INSERT OR IGNORE INTO record_index
          (idx, at, kind, outcome, decision_id, subject, actor, task, jti, expires_at, reason, policy, workflow,
           on_behalf_of, approved_by, terms)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """);

    public SqliteStatement Block { get; } =
        new(writer, "INSERT OR IGNORE INTO record_block (term, block) VALUES (?, ?)");

    public SqliteStatement Span { get; } = new(writer, """
        INSERT INTO record_span (block, first_at, last_at) VALUES (?, ?, ?)
        ON CONFLICT (block) DO UPDATE SET
          first_at = min(first_at, excluded.first_at), last_at = max(last_at, excluded.last_at)
        """);

    public SqliteStatement Task { get; } = new(writer, """
        INSERT INTO task
          (id, workflow, agent, parent, ancestors, purpose, on_behalf_of, authority, status, implicit, opened_by,
           opened_at, deadline, ended_at, end_reason, heartbeat_seconds, heartbeat_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """);

    public void Dispose()
    {
        SqliteStatement[] all =
            [DataVersion, Once, DropOnce, TaskOpen, Principal, Registry, Head, Record, Index, Block, Span, Task];
        foreach (var statement in all) statement.Dispose();
    }
}
