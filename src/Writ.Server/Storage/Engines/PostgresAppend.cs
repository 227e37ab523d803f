using Npgsql;
using NpgsqlTypes;

namespace Writ.Server.Storage;

/// <summary>
/// The short way of a batch, in one round trip (docs/decisions/0012): lock, checks, inserts and commit travel together,
/// and what does not hold fails its statement, which undoes all before it and keeps all behind it from being done. Then
/// nothing was written and <see cref="AppendBatch"/> finds out what it was. Effects always go that long way.
/// </summary>
internal sealed class PostgresAppend
{
    private readonly Dictionary<string, long> _principals = new(StringComparer.Ordinal);
    private readonly HashSet<string> _open = new(StringComparer.Ordinal);
    private readonly List<Claim.Once> _once = [];
    private readonly List<TaskRow> _tasks = [];
    private readonly List<RecordBytes> _records = [];
    private long? _registry;

    /// <summary>Null where it is known beforehand that the batch needs the long way.</summary>
    public static PostgresAppend? Of(IReadOnlyList<AppendEntry> entries)
    {
        var append = new PostgresAppend();
        foreach (var entry in entries)
        {
            append._records.Add(entry.Record);
            foreach (var claim in entry.Claims)
                if (!append.Takes(claim)) return null;
        }
        return append;
    }

    /// <summary>Writes and commits the batch; null where something did not hold, and nothing was written.</summary>
    public async Task<AppendResult?> TryAsync(NpgsqlDataSource source, TimeProvider time)
    {
        await using var connection = await source.OpenConnectionAsync();
        await using var batch = connection.CreateBatch();
        foreach (var command in Commands(time.GetUtcNow().ToMicros())) batch.BatchCommands.Add(command);
        try
        {
            long first = -1;
            await using (var reader = await batch.ExecuteReaderAsync())
                do
                {
                    while (await reader.ReadAsync()) first = reader.GetInt64(0); // the last to answer is the insert
                }
                while (await reader.NextResultAsync());
            return new AppendResult(
                [.. _records.Select((_, i) => new AppendOutcome.Written(first + i, null, []))], RegistryChanged: false);
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.DivisionByZero
            or PostgresErrorCodes.UniqueViolation or PostgresErrorCodes.DeadlockDetected
            or PostgresErrorCodes.SerializationFailure)
        {
            return null; // the pool rolls back
        }
    }

    private bool Takes(Claim claim)
    {
        switch (claim)
        {
            case Claim.Once once:
                _once.Add(once);
                return true;
            case Claim.TaskOpen task:
                _open.Add(task.TaskId);
                return true;
            case Claim.OpenTask { Task: var task }:
                _open.UnionWith(task.Above);
                _tasks.Add(task);
                return true;
            case Claim.PrincipalCurrent p:
                return _principals.TryAdd(p.Id, p.Version) || _principals[p.Id] == p.Version;
            case Claim.RegistryCurrent r:
                return (_registry ??= r.Version) == r.Version;
            default:
                return false;
        }
    }

    /// <summary>Each statement sees what was committed when it begins (READ COMMITTED): those behind the lock see
    /// everything that any replica has written to the log.</summary>
    private IEnumerable<NpgsqlBatchCommand> Commands(long now)
    {
        yield return new NpgsqlBatchCommand("BEGIN ISOLATION LEVEL READ COMMITTED");
        // The lock, and an error where there is no head of the log: nothing may be committed without its record.
        yield return new NpgsqlBatchCommand(
            "SELECT 1 / count(*) FROM (SELECT 1 FROM log_head WHERE id = 1 FOR UPDATE) AS head");
        if (_principals.Count > 0) yield return PrincipalsHold(now);
        if (_registry is { } version) yield return RegistryHolds(version);
        if (_open.Count > 0) yield return TasksHold(now);
        if (_once.Count > 0) yield return InsertOnce();
        if (_tasks.Count > 0) yield return PostgresStatements.InsertTasks(_tasks);
        yield return PostgresStatements.InsertRecords(_records);
        yield return new NpgsqlBatchCommand("COMMIT");
    }

    private NpgsqlBatchCommand PrincipalsHold(long now) => new("""
        SELECT 1 / CASE WHEN cardinality($1) = (
          SELECT count(DISTINCT id) FROM unnest($1, $2) AS seen (id, version) JOIN (
            SELECT id, version FROM identity WHERE id = ANY($1) AND status = 'active' AND expires_at > $3
            UNION ALL SELECT id, version FROM operator WHERE id = ANY($1) AND status = 'active') AS now
          USING (id, version)) THEN 1::bigint ELSE 0 END
        """)
    {
        Parameters =
        {
            PostgresStatements.Array(NpgsqlDbType.Text, _principals.Keys),
            PostgresStatements.Array(NpgsqlDbType.Bigint, _principals.Values),
            PostgresStatements.Long(now),
        },
    };

    private static NpgsqlBatchCommand RegistryHolds(long version) =>
        new("SELECT 1 / count(*) FROM registry_version WHERE id = 1 AND version = $1")
        {
            Parameters = { PostgresStatements.Long(version) },
        };

    private NpgsqlBatchCommand TasksHold(long now) => new("""
        SELECT 1 / CASE WHEN cardinality($1) = (
          SELECT count(*) FROM task WHERE id = ANY($1) AND status = 'open' AND deadline > $2)
        THEN 1::bigint ELSE 0 END
        """)
    {
        Parameters =
        {
            PostgresStatements.Array(NpgsqlDbType.Text, _open), PostgresStatements.Long(now),
        },
    };

    private NpgsqlBatchCommand InsertOnce() =>
        new("INSERT INTO replay (minute, hash) SELECT * FROM unnest($1, $2)")
        {
            Parameters =
            {
                PostgresStatements.Array(NpgsqlDbType.Bigint, _once.Select(v => v.Minute)),
                PostgresStatements.Array(NpgsqlDbType.Bytea, _once.Select(v => v.Hash)),
            },
        };
}
