using System.Globalization;
using System.Text;
using Writ.Server.Acts;
using Writ.Server.Audit;
using Writ.Server.Storage;

namespace Writ.Server.Records;

/// <summary>
/// Follows the log for a reader, in the order of the dense index. Before every look it asks again whether the reader
/// may still see it.
/// </summary>
public sealed class RecordTail
{
    public const int MaxReaders = 64;
    public const int MaxReadersEach = 16;
    public const int MaxAnswers = 16;
    public const int MaxAnswersEach = 2;
    private const int Step = 200;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(15);

    /// <summary>What a reader is told who finds no place.</summary>
    public static readonly ClaimFailure TooMany = new("too_many_tails", "Too many follow the log here already.");

    private readonly RecordStore _records;
    private readonly RecordIndexer _indexer;
    private readonly Registry _registry;
    private readonly StreamAccess _access;
    private readonly TimeProvider _time;
    private TaskCompletionSource _grown = NewSignal();

    public RecordTail(
        RecordStore records, RecordIndexer indexer, Registry registry, StreamAccess access, AuditLog audit,
        TimeProvider time)
    {
        _records = records;
        _indexer = indexer;
        _registry = registry;
        _access = access;
        _time = time;
        audit.Grown += () => Interlocked.Exchange(ref _grown, NewSignal()).TrySetResult();
    }

    /// <summary>How many answers in one stream there may be: fewer, since each of them searches the log.</summary>
    public StreamLimit Answers { get; } = new(MaxAnswers, MaxAnswersEach);

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
            var index = await _indexer.ReadAsync(rows, end);
            for (var i = 0; i < rows.Count; i++)
            {
                if (!await IsWantedAsync(index[i], filter, end)) continue;
                await stream.SayAsync(Event(index[i], rows[i]));
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

    private async Task<bool> IsWantedAsync(RecordIndexRow row, RecordFilter filter, CancellationToken end) =>
        filter.Fits(row) && (filter.Team is null
            || await IsTeamsAsync(row.Subject, filter.Team, end) || await IsTeamsAsync(row.Actor, filter.Team, end));

    private async Task<bool> IsTeamsAsync(string? id, string team, CancellationToken end) =>
        id is not null && await _registry.FindAsync(id, end) is { } principal
        && (principal.Identity?.Team ?? principal.Operator?.Team) == team;

    private static string Event(RecordIndexRow index, RecordRow row)
    {
        var data = Encoding.UTF8.GetString(RecordDocument.Of(index, row).Span);
        return string.Create(CultureInfo.InvariantCulture, $"id: {row.Idx}\nevent: record\ndata: {data}\n\n");
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
