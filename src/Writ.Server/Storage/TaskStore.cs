using System.Collections.Concurrent;
using System.Text.Json;

namespace Writ.Server.Storage;

/// <summary>Tasks: rows and SQL.</summary>
public sealed class TaskStore(Database database)
{
    private const int MostKept = 10_000;
    private const int LongestKept = 2_000;
    internal const int MostMarked = 5_000; // by one end, of tasks that opened with a token
    private readonly ConcurrentDictionary<string, TaskRow> _seenOpen = new(StringComparer.Ordinal);

    internal static readonly JsonSerializerOptions ColumnNames = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    };

    public Task<TaskRow?> FindAsync(string id, CancellationToken cancel = default) =>
        database.FirstAsync<TaskRow>("SELECT * FROM task WHERE id = @id", new { id }, cancel);

    /// <summary>
    /// A task as it was when it was last seen open: what of it never changes is right, its end may have come since.
    /// Only for who claims in the same breath that it is open (<see cref="Claim.TaskOpen"/>).
    /// </summary>
    public async ValueTask<TaskRow?> FindSeenOpenAsync(string id, CancellationToken cancel = default)
    {
        if (_seenOpen.TryGetValue(id, out var seen)) return seen;
        var task = await FindAsync(id, cancel);
        if (task is not { Status: TaskStatusName.Open, Authority.Length: <= LongestKept }) return task;
        if (_seenOpen.Count >= MostKept) _seenOpen.Clear();
        return _seenOpen[id] = task;
    }

    /// <summary>The tasks above one, nearest first.</summary>
    public async Task<IReadOnlyList<TaskRow>> AboveAsync(TaskRow task, CancellationToken cancel = default)
    {
        if (task.Above is not { Length: > 0 } above) return [];
        var (list, parameters) = ValueList.Of(above);
        var rows = await database.QueryAsync<TaskRow>($"SELECT * FROM task WHERE id IN {list}", parameters, cancel);
        return [.. rows.OrderBy(row => Array.IndexOf(above, row.Id))];
    }

    /// <summary>What the end of a task needs to know of it; none where there is no such task.</summary>
    public static Task<IReadOnlyList<TaskState>> StateAsync(StoreTransaction tx, string id) =>
        tx.QueryAsync<TaskState>("SELECT id, status, deadline, ended_at FROM task WHERE id = @id", new { id });

    /// <summary>
    /// Ends what is open of some tasks and of all below them; answers how many that were. Of those that opened with a
    /// token only so many are marked, since an agent makes as many of them as it likes: the rest end with their token,
    /// and nothing opens below them (<see cref="Claim.OpenTask"/>).
    /// </summary>
    public static async Task<int> EndTreesAsync(
        StoreTransaction tx, IReadOnlyList<string> roots, string status, string reason)
    {
        var (list, parameters) = ValueList.Of(roots);
        parameters.AddDynamicParams(new { status, reason, at = tx.Now, named = false, most = MostMarked });
        await tx.ExecuteAsync($"""
            WITH RECURSIVE tree (id) AS (
              SELECT id FROM task WHERE id IN {list}
              UNION SELECT t.id FROM task t JOIN tree p ON t.parent = p.id WHERE t.status = 'open')
            UPDATE task SET status = @status, end_reason = @reason, ended_at = @at
            WHERE status = 'open' AND implicit AND id IN (SELECT id FROM tree LIMIT @most) AND id NOT IN {list}
            """, parameters);
        // A task with a name hangs below others with a name alone.
        return await tx.ExecuteAsync($"""
            WITH RECURSIVE tree (id) AS (
              SELECT id FROM task WHERE id IN {list}
              UNION SELECT t.id FROM task t JOIN tree p ON t.parent = p.id
              WHERE t.status = 'open' AND t.implicit = @named)
            UPDATE task SET status = @status, end_reason = @reason, ended_at = @at
            WHERE status = 'open' AND id IN (SELECT id FROM tree)
            """, parameters);
    }

    /// <summary>Marks the tasks of an agent that opened with a token, those first that would live longest, and no more
    /// than so many: whoever ends them has killed all tokens of the agent.</summary>
    public static Task<int> EndImplicitOfAsync(StoreTransaction tx, string agent, string status, string reason) =>
        // Not by the index of agents: what it once had open is far more than what anybody has open now.
        tx.ExecuteAsync("""
            UPDATE task SET status = @status, end_reason = @reason, ended_at = @at WHERE id IN (
              SELECT id FROM task WHERE status = 'open' AND implicit AND agent || '' = @agent
              ORDER BY deadline DESC LIMIT @most)
            """, new { agent, status, reason, at = tx.Now, most = MostMarked });

    /// <summary>Whether an agent has that many open tasks of its own. Those that open with a token do not count: they
    /// end with it. Tasks that open in the same instant do not see each other.</summary>
    public async Task<bool> HasOpenAsync(string agent, int most, CancellationToken cancel = default) =>
        await database.FirstAsync<long>(
            "SELECT COUNT(*) FROM task WHERE agent = @agent AND status = 'open' AND NOT implicit",
            new { agent }, cancel) >= most;

    /// <summary>Ends every open task.</summary>
    public static Task<int> EndAllAsync(StoreTransaction tx, string reason) => tx.ExecuteAsync(
        "UPDATE task SET status = 'cancelled', end_reason = @reason, ended_at = @at WHERE status = 'open'",
        new { reason, at = tx.Now });

    // Those that opened with a token are in none of these: they may be very many, and whatever asks kills the tokens
    // themselves, by a task above them or by whom they are for.

    /// <summary>The open tasks with a name of an agent.</summary>
    public static Task<IReadOnlyList<TaskState>> OpenOfAsync(StoreTransaction tx, string agent) =>
        OpenAsync(tx, "agent = @agent", new { agent });

    /// <summary>The same of a workflow.</summary>
    public static Task<IReadOnlyList<TaskState>> OpenInAsync(StoreTransaction tx, string workflow) =>
        OpenAsync(tx, "workflow = @workflow", new { workflow });

    /// <summary>The same whose authority names a location.</summary>
    public static Task<IReadOnlyList<TaskState>> OpenAtAsync(StoreTransaction tx, string location) =>
        OpenAsync(tx, "REPLACE(authority, @quoted, '') <> authority", new { quoted = Stored.Quoted(location) });

    private static Task<IReadOnlyList<TaskState>> OpenAsync(StoreTransaction tx, string which, object parameters) =>
        tx.QueryAsync<TaskState>($"""
            SELECT id, status, deadline, ended_at FROM task
            WHERE status = 'open' AND NOT implicit AND {which} ORDER BY id
            """, parameters);

    /// <summary>A task and the newest of all below it, up to a number; itself first, then the oldest.</summary>
    public Task<IReadOnlyList<TaskRow>> TreeAsync(string id, int most, CancellationToken cancel = default) =>
        database.QueryAsync<TaskRow>("""
            WITH RECURSIVE tree AS (
              SELECT * FROM task WHERE id = @id
              UNION ALL SELECT t.* FROM task t JOIN tree p ON t.parent = p.id)
            SELECT * FROM (
              SELECT * FROM tree ORDER BY CASE WHEN id = @id THEN 0 ELSE 1 END, id DESC LIMIT @most) newest
            ORDER BY CASE WHEN id = @id THEN 0 ELSE 1 END, id
            """, new { id, most }, cancel);

    /// <summary>Tasks by filter, in order of their ids.</summary>
    public Task<IReadOnlyList<TaskRow>> ListAsync(TaskFilter filter, CancellationToken cancel = default)
    {
        var where = new List<string> { "1 = 1" };
        if (filter.Status is not null) where.Add("t.status = @Status");
        if (filter.Agent is not null) where.Add("t.agent = @Agent");
        if (filter.Workflow is not null) where.Add("t.workflow = @Workflow");
        if (filter.Parent is not null) where.Add("t.parent = @Parent");
        if (filter.Implicit is not null) where.Add("t.implicit = @Implicit");
        if (filter.After is not null) where.Add(filter.NewestFirst ? "t.id < @After" : "t.id > @After");
        if (filter.Team is not null)
            where.Add("EXISTS (SELECT 1 FROM identity i WHERE i.id = t.agent AND i.team = @Team)");
        return database.QueryAsync<TaskRow>($"""
            SELECT t.* FROM task t
            WHERE {string.Join(" AND ", where)} ORDER BY t.id {(filter.NewestFirst ? "DESC" : "ASC")} LIMIT @Limit
            """, filter, cancel);
    }

    /// <summary>The task's holder is alive.</summary>
    public static Claim Heartbeat(string id) => new Claim.Effect(async tx =>
    {
        await tx.ExecuteAsync("UPDATE task SET heartbeat_at = @at WHERE id = @id", new { id, at = tx.Now });
        return null;
    });

    /// <summary>Marks tasks that ended with their token. Nothing of theirs is alive, so nothing is revoked.</summary>
    public static Task<int> ExpireImplicitAsync(StoreTransaction tx, int most) =>
        tx.ExecuteAsync("""
            UPDATE task SET status = 'expired', end_reason = 'deadline', ended_at = deadline WHERE id IN (
              SELECT id FROM task WHERE status = 'open' AND implicit AND deadline <= @now ORDER BY deadline LIMIT @most)
            """, new { now = tx.Now, most });

    /// <summary>Open tasks whose deadline has passed.</summary>
    public Task<IReadOnlyList<TaskRow>> OverdueAsync(long now, int most, CancellationToken cancel = default) =>
        database.QueryAsync<TaskRow>("""
            SELECT * FROM task WHERE status = 'open' AND deadline <= @now AND NOT implicit
            ORDER BY deadline LIMIT @most
            """, new { now, most }, cancel);

    /// <summary>Open tasks whose holder promised heartbeats and fell silent, the most silent first. What was before
    /// <paramref name="since"/> is nobody's silence.</summary>
    public Task<IReadOnlyList<TaskRow>> SilentAsync(
        long now, long since, int most, CancellationToken cancel = default) =>
        database.QueryAsync<TaskRow>("""
            SELECT * FROM task WHERE status = 'open' AND heartbeat_seconds IS NOT NULL
              AND heartbeat_at + heartbeat_seconds * 1000000 <= @now
              AND heartbeat_seconds * 1000000 <= @silence
            ORDER BY heartbeat_at + heartbeat_seconds * 1000000 LIMIT @most
            """, new { now, silence = now - since, most }, cancel);

    /// <summary>Open tasks whose deadline has passed: how many, and since when that of the first; null: none.</summary>
    public async Task<(long Count, long? Since)> DueAsync(long now, CancellationToken cancel = default)
    {
        var due = await database.FirstAsync<Due>("""
            SELECT COUNT(*) AS count, MIN(deadline) AS since FROM task
            WHERE status = 'open' AND deadline <= @now AND NOT implicit
            """, new { now }, cancel);
        return (due!.Count, due.Since);
    }

    private sealed class Due
    {
        public long Count { get; init; }
        public long? Since { get; init; }
    }

    /// <summary>Whether some task that opened with a token ended with it, unmarked so far.</summary>
    public async Task<bool> HasImplicitOverdueAsync(long now, CancellationToken cancel = default) =>
        await database.FirstAsync<string>(
            "SELECT id FROM task WHERE status = 'open' AND deadline <= @now AND implicit LIMIT 1",
            new { now }, cancel) is not null;
}

/// <summary>Which tasks a list shows; null: any.</summary>
public sealed record TaskFilter(
    string? Agent, string? Workflow, string? Status, string? Parent, string? Team, string? After, int Limit)
{
    /// <summary>Only those that opened with a token, or only the others.</summary>
    public bool? Implicit { get; init; }
    public bool NewestFirst { get; init; }
}

/// <summary>A task as stored. Its authority is fixed when it opens; only status, end and heartbeat change.</summary>
public sealed record TaskRow
{
    /// <summary>The workflow's name of tasks that open and end with a token.</summary>
    public const string NoWorkflow = "implicit";

    public required string Id { get; init; }
    public required string Workflow { get; init; }
    public required string Agent { get; init; }
    public string? Parent { get; init; }
    /// <summary>The ids of all tasks above this one, nearest first, separated by spaces.</summary>
    public string Ancestors { get; init; } = "";
    /// <summary>The same, one by one.</summary>
    internal string[] Above => Ancestors.Length == 0 ? [] : Ancestors.Split(' ', StringSplitOptions.RemoveEmptyEntries);
    public required string Purpose { get; init; }
    /// <summary>The proven user on whose behalf it runs.</summary>
    public string? OnBehalfOf { get; init; }
    /// <summary>What it may do at the most: authorization_details as JSON.</summary>
    public required string Authority { get; init; }
    public string Status { get; init; } = TaskStatusName.Open;
    public bool Implicit { get; init; }
    public required string OpenedBy { get; init; }
    public required long OpenedAt { get; init; }
    public required long Deadline { get; init; }
    public long? EndedAt { get; init; }
    public string? EndReason { get; init; }
    /// <summary>Silence beyond this many seconds ends the task; null where nobody promised a heartbeat.</summary>
    public int? HeartbeatSeconds { get; init; }
    public long? HeartbeatAt { get; init; }
}

/// <summary>How a task stands, as far as its end goes.</summary>
public sealed record TaskState
{
    public required string Id { get; init; }
    public required string Status { get; init; }
    public required long Deadline { get; init; }
    public long? EndedAt { get; init; }
}

/// <summary>open → completed | cancelled | expired.</summary>
public static class TaskStatusName
{
    public const string Open = "open";
    public const string Completed = "completed";
    public const string Cancelled = "cancelled";
    public const string Expired = "expired";
}
