using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Writ.Server.Acts;
using Writ.Server.Audit;
using Writ.Server.Storage;

namespace Writ.Server.Governance;

/// <summary>
/// Follows the log for a reader, in the order of the dense index. Before every look it asks again whether the reader
/// may still see it.
/// </summary>
public sealed class AuditTail
{
    public const int MaxReaders = 64;
    public const int MaxReadersEach = 16;
    private const int Step = 200;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(15);

    /// <summary>What a reader is told who finds no place.</summary>
    public static readonly ClaimFailure TooMany = new("too_many_tails", "Too many follow the log here already.");

    private readonly RecordStore _records;
    private readonly Registry _registry;
    private readonly StreamAccess _access;
    private readonly TimeProvider _time;
    private TaskCompletionSource _grown = NewSignal();

    public AuditTail(RecordStore records, Registry registry, StreamAccess access, AuditLog audit, TimeProvider time)
    {
        _records = records;
        _registry = registry;
        _access = access;
        _time = time;
        audit.Grown += () => Interlocked.Exchange(ref _grown, NewSignal()).TrySetResult();
    }

    /// <summary>How many there may be.</summary>
    public StreamLimit Readers { get; } = new(MaxReaders, MaxReadersEach);

    /// <summary>Writes records as they come, until the token ends or is revoked, the reader leaves or the broker
    /// stops.</summary>
    public Task FollowAsync(HttpContext http, ActCall call, RecordFilter filter) => EventAnswer.WriteAsync(
        http, call.Caller.Token!.ExpiresAt - call.Now, stream => FollowAsync(stream, call, filter));

    private async Task FollowAsync(EventAnswer stream, ActCall call, RecordFilter filter)
    {
        var end = stream.End;
        var next = filter.After + 1 ?? await _records.HeadAsync(end);
        var spoken = _time.GetTimestamp();
        await stream.SayAsync(": following\n\n");
        while (await _access.HoldsAsync(call, end))
        {
            var grown = Volatile.Read(ref _grown).Task; // before the look: what comes after it wakes us
            var rows = await _records.FromAsync(next, Step, end);
            foreach (var row in rows)
            {
                if (!await IsWantedAsync(RecordBody.Index(row), filter, end)) continue;
                await stream.SayAsync(Event(row));
                spoken = _time.GetTimestamp();
            }
            if (rows.Count > 0) next = rows[^1].Idx + 1;
            if (rows.Count == Step) continue;
            if (_time.GetElapsedTime(spoken) > Silence)
            {
                await stream.SayAsync(": nothing new\n\n");
                spoken = _time.GetTimestamp();
            }
            // Other replicas' records announce themselves to nobody here: a look at intervals finds them.
            await Task.WhenAny(grown, Task.Delay(Interval, _time, end));
            end.ThrowIfCancellationRequested();
        }
    }

    private async Task<bool> IsWantedAsync(RecordIndexRow row, RecordFilter filter, CancellationToken end)
    {
        var fits = (filter.Identity is null || row.Subject == filter.Identity || row.Actor == filter.Identity)
            && (filter.Task is null || row.Task == filter.Task)
            && (filter.Kind is null || row.Kind == filter.Kind)
            && (filter.DecisionId is null || row.DecisionId == filter.DecisionId)
            && (filter.Outcome is null || row.Outcome == filter.Outcome)
            && (filter.From is null || row.At >= filter.From) && (filter.To is null || row.At < filter.To);
        return fits && (filter.Team is null
            || await IsTeamsAsync(row.Subject, filter.Team, end) || await IsTeamsAsync(row.Actor, filter.Team, end));
    }

    private async Task<bool> IsTeamsAsync(string? id, string team, CancellationToken end) =>
        id is not null && await _registry.FindAsync(id, end) is { } principal
        && (principal.Identity?.Team ?? principal.Operator?.Team) == team;

    private static string Event(RecordRow row)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer)) AuditEndpoints.Write(json, row);
        var data = Encoding.UTF8.GetString(buffer.WrittenSpan);
        return string.Create(CultureInfo.InvariantCulture, $"id: {row.Idx}\nevent: record\ndata: {data}\n\n");
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
