using System.Threading.Channels;
using Writ.Server.Decisions;
using Writ.Server.Edge;
using Writ.Server.Storage;

namespace Writ.Server.Audit;

/// <summary>
/// The append path: decisions become durable records, with their claims, before anything leaves the broker. All that
/// wait share one transaction (group commit): one batch is in flight, the next one gathers meanwhile.
/// A crash before the commit: nothing was answered and nothing is there. After it: the record is there, and at worst
/// its caller never heard.
/// </summary>
public sealed class AuditLog : IAsyncDisposable
{
    private const int MaxBatch = 512;
    private const int MaxWaiting = 8192;
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(100);
    private readonly Database _database;
    private readonly TimeProvider _time;
    private readonly Channel<WaitingEntry> _queue = Channel.CreateBounded<WaitingEntry>(MaxWaiting);
    private readonly Task _writer;
    private readonly ITimer _patience;
    // Neither has a wait handle, so neither needs disposal.
    private readonly SemaphoreSlim _turn = new(1, 1); // to write: the writer's, or a hold's
    private readonly SemaphoreSlim _line = new(1, 1); // of those who want a hold
    private volatile LogHold? _hold; // owner: whoever is first in the line
    private volatile WaitingEntry[] _written = []; // what is being written; owner: whoever has the turn
    private Func<bool> _isCutOff = static () => false; // owner: whoever wires the log

    public AuditLog(Database database, TimeProvider time)
    {
        _database = database;
        _time = time;
        _writer = Task.Run(WriteAllAsync);
        _patience = time.CreateTimer(_ => GiveUp(), null, Patience, Patience);
    }

    /// <summary>
    /// Called inside the write, after the commit and before anybody is answered, with what it revoked.
    /// </summary>
    public event Action<IReadOnlyList<RevocationRow>>? Revoked;

    /// <summary>Called after a commit that changed the registry.</summary>
    public event Action? Changed;

    /// <summary>How many wait for the writer.</summary>
    public int Queued => _queue.Reader.Count;

    /// <summary>Called after each commit; readers of the log (index, feed) wake up.</summary>
    public event Action? Grown;

    /// <summary>Called after each commit with the number of records in it and the time that it took.</summary>
    public event Action<int, TimeSpan>? Committed;

    /// <summary>Called for each durable record with its kind, outcome and, of a refusal, the reason's code.</summary>
    public event Action<string, string, string?>? Recorded;

    /// <summary>Called for each durable refusal of a caller whom we know, with its id.</summary>
    public event Action<string>? Denied;

    /// <summary>Called for each durable record of a caller whom we know, with its id and the record's bytes.</summary>
    public event Action<string, long>? Weighed;

    /// <summary>Called for each durable credential with the id of whoever got it.</summary>
    public event Action<string>? Issued;

    /// <summary>Takes the lock of the log for one attempt to decide and record. Throws <see
    /// cref="StoreUnavailableException"/> when it cannot be had.</summary>
    public async Task<LogHold> HoldAsync(CancellationToken cancel)
    {
        await _line.WaitAsync(cancel);
        var hold = _hold = new LogHold(_time, () => _line.Release());
        _ = WriteHeldAsync(hold);
        try
        {
            await hold.Taken.WaitAsync(cancel);
            return hold;
        }
        catch
        {
            hold.Dispose();
            throw;
        }
    }

    /// <summary>Records a decision and whatever it claims. Throws <see cref="StoreUnavailableException"/> when the
    /// store does not take it: then nothing happened that anyone may rely on.</summary>
    public Task<Appended> AppendAsync(
        Decision decision, AuditEvent e, IReadOnlyList<Claim> claims, CancellationToken cancel = default) =>
        AppendAsync(decision, e, claims, null, cancel);

    /// <summary>The same, behind the lock that was taken for it, if it still holds.</summary>
    public Task<Appended> AppendAsync(
        Decision decision, AuditEvent e, IReadOnlyList<Claim> claims, LogHold? hold,
        CancellationToken cancel = default) => decision switch
        {
            Decision.Granted { Grant: var grant } => AppendAsync(
                PolicyDetail.Of(e, decision) with { DecisionId = grant.DecisionId }, "allow", e.Reason, grant.Digest,
                claims, hold, cancel),
            // A refusal still uses up the caller's one-time values, and may note what would have turned it.
            Decision.Denied denied => AppendAsync(
                (PolicyDetail.Of(e, decision) with
                {
                    DecisionId = denied.Id,
                    Jti = null,
                    ExpiresAt = null,
                    IsAnswer = e.IsAnswer && !denied.Reason.IsOfCaller,
                }).With("why", denied.Reason.Message),
                "deny", denied.Reason.Code, null,
                [.. claims.Where(c => c is Claim.Once or Claim.Effect { IsWish: true })], hold, cancel),
            _ => throw new InvalidOperationException("A decision is granted or denied."),
        };

    /// <summary>
    /// Records a refusal that was none of Decisions': nobody was authenticated, or there was nothing to decide. What it
    /// claims uses up one-time values and takes away (a stolen family dies, a finding is raised); it gives nothing.
    /// </summary>
    public Task<Appended> RefuseAsync(
        AuditEvent e, IReadOnlyList<Claim> claims, CancellationToken cancel = default) =>
        AppendAsync(e, "deny", e.Reason, null, claims, null, cancel);

    /// <summary>Records that proofs were used for something that changes nothing: the type holds it to that.</summary>
    public Task<Appended> UseUpAsync(
        AuditEvent e, IReadOnlyList<Claim.Once> values, CancellationToken cancel = default) =>
        AppendAsync(e, "allow", e.Reason, null, values, null, cancel);

    /// <summary>
    /// Records what the broker does by itself, with its effects: sweeps, rotation, the code for whoever owns the host.
    /// Nobody asked, so nothing was decided. House.Tests names who may call this (OwnActs).
    /// </summary>
    public Task<Appended> AppendOwnActAsync(
        AuditEvent e, IReadOnlyList<Claim> effects, CancellationToken cancel = default) =>
        AppendAsync(e, "allow", e.Reason, null, effects, null, cancel);

    /// <summary>Nobody waits for a write any longer once this says that the store is out of sight, but who uses up what
    /// cannot be used again.</summary>
    public void GiveUpWhen(Func<bool> isCutOff) => _isCutOff = isCutOff;

    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _writer;
        _hold?.Dispose();
        await _turn.WaitAsync(); // what is decided behind the lock is written, or was given up
        await _patience.DisposeAsync();
    }

    private async Task<Appended> AppendAsync(
        AuditEvent e, string outcome, string? reason, string? digest, IReadOnlyList<Claim> claims, LogHold? hold,
        CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested(); // once queued it is written, unless the store is cut off
        var at = _time.GetUtcNow();
        // Of a caller that nobody knows it is a claim: it could be the trace of somebody else's work.
        e = e.With(e.Actor is null && Spans.IsCallers ? "claimed_trace_id" : "trace_id", Spans.TraceId);
        var entry = new AppendEntry(
            claims,
            RecordBody.Write(e, outcome, reason, digest, at),
            failure => RecordBody.Write(
                (e with { Jti = null, ExpiresAt = null, Erased = [] }).With("why", failure.Message),
                "deny", failure.Code, null, at));
        using var span = Spans.Start("record");
        span?.SetTag("writ.record.kind", e.Kind).SetTag(Spans.DecisionId, e.DecisionId).SetTag("writ.task", e.Task);
        var waiting = new WaitingEntry(entry, span);
        if (hold?.TryGive(waiting) is not true && !_queue.Writer.TryWrite(waiting))
        {
            // The queue is full or closed: say so now rather than let callers pile up.
            throw new StoreUnavailableException("The audit log takes no more at the moment.", null);
        }
        var outcomeOf = await waiting.Outcome.Task;
        if (e.Actor is { } author && outcomeOf is AppendOutcome.Written)
            Weighed?.Invoke(author, entry.Record.Core.Length + (entry.Record.Detail?.Length ?? 0));
        switch (outcomeOf)
        {
            case AppendOutcome.Written { Failure: { } failure } w:
                span?.SetTag("writ.record.index", w.Index).Tell(false, failure.Code);
                Recorded?.Invoke(e.Kind, "deny", failure.Code);
                if (e.Actor is not null) Denied?.Invoke(e.Actor);
                return new Appended.Refused(failure, w.Index);
            case AppendOutcome.Written w:
                span?.SetTag("writ.record.index", w.Index).Tell(outcome is "allow", reason);
                Recorded?.Invoke(e.Kind, outcome, outcome is "deny" ? reason : null);
                if (outcome is "deny" && e is { Actor: { } refused, IsAnswer: false }) Denied?.Invoke(refused);
                if (outcome is "allow" && e is { Actor: { } actor, Jti: not null }) Issued?.Invoke(actor);
                return new Appended.Done(new Receipt(w.Index, digest ?? ""));
            default:
                span?.Tell(false, "facts_changed");
                return Appended.Stale.Instance;
        }
    }

    /// <summary>
    /// A store that is cut off keeps a write hanging for as long as its connection; whoever waits for it does not. What
    /// the writer has not taken yet will not be written. What it has taken may be: then it is the record of something
    /// that was not handed out, so whoever must hear how that ended waits on.
    /// </summary>
    private void GiveUp()
    {
        if (!_isCutOff()) return;
        _hold?.Fail();
        while (_queue.Reader.TryRead(out var queued)) Fail(queued);
        foreach (var waiting in _written)
            if (!waiting.MustBeHeard) Fail(waiting);

        static void Fail(WaitingEntry waiting) =>
            waiting.Outcome.TrySetException(StoreUnavailableException.OutOfSight());
    }

    private async Task WriteAllAsync()
    {
        var batch = new List<WaitingEntry>(MaxBatch);
        while (await _queue.Reader.WaitToReadAsync())
        {
            await _turn.WaitAsync();
            batch.Clear();
            while (batch.Count < MaxBatch && _queue.Reader.TryRead(out var next)) batch.Add(next);
            _written = [.. batch];
            await WriteAsync(batch);
            _written = [];
            _turn.Release();
        }
    }

    /// <summary>Takes the lock, and writes alone what is decided behind it. What fails has nothing to do with others.
    /// </summary>
    private async Task WriteHeldAsync(LogHold hold)
    {
        await _turn.WaitAsync();
        List<WaitingEntry> batch = [];
        if (await TryWriteAsync(batch, () => _database.AppendHeldAsync(GatherAsync)) is not null)
            await WriteAsync(batch); // its own effect fails it; here it hears of that
        hold.Fail(); // that there is none to be had, if it was not had
        _written = [];
        _turn.Release();

        async Task<IReadOnlyList<AppendEntry>> GatherAsync()
        {
            hold.Take();
            batch.Clear();
            if (await hold.Given is { } given) batch.Add(given);
            _written = [.. batch];
            return batch.ConvertAll(w => w.Entry);
        }
    }

    /// <summary>Writes a batch; whoever's effect throws fails alone, and the others are written without it.</summary>
    private async Task WriteAsync(List<WaitingEntry> batch)
    {
        List<WaitingEntry> apart = [];
        while (batch.Count > 0
            && await TryWriteAsync(batch, () => _database.AppendAsync(batch.ConvertAll(w => w.Entry))) is { } why)
        {
            if (why is EffectFailedException poisoned)
            {
                var culprit = batch.Find(w => ReferenceEquals(w.Entry, poisoned.Entry))!;
                batch.Remove(culprit);
                culprit.Outcome.TrySetException(new StoreUnavailableException(
                    "What was to be recorded could not be done.", poisoned.InnerException));
            }
            else if (why is NotTogetherException { Entries: var entries })
            {
                apart.AddRange(batch.Where(w => entries.Contains(w.Entry)));
                batch.RemoveAll(apart.Contains);
            }
        }
        foreach (var waiting in apart) await WriteAsync([waiting]);
    }

    /// <summary>Null: everybody has been answered. Otherwise nothing was written, on account of some entries.</summary>
    private async Task<Exception?> TryWriteAsync(List<WaitingEntry> batch, Func<Task<AppendResult>> write)
    {
        using var span = BatchSpan.Start(batch.Select(w => w.Span));
        try
        {
            var began = _time.GetTimestamp();
            var result = await write();
            if (batch.Count == 0) return null;
            Publish(result);
            Committed?.Invoke(batch.Count, _time.GetElapsedTime(began));
            for (var i = 0; i < batch.Count; i++) batch[i].Outcome.TrySetResult(result.Outcomes[i]);
            return null;
        }
        catch (Exception e) when (e is EffectFailedException or NotTogetherException)
        {
            span?.Fail(e);
            return e;
        }
#pragma warning disable CA1031 // Whatever happened, those who wait must hear of it; the writer lives on.
        catch (Exception e)
#pragma warning restore CA1031
        {
            span?.Fail(e);
            var failure = new StoreUnavailableException("The audit record could not be written.", e);
            foreach (var waiting in batch) waiting.Outcome.TrySetException(failure);
            return null;
        }
    }

    private void Publish(AppendResult result)
    {
        var revoked = result.Outcomes.OfType<AppendOutcome.Written>().SelectMany(w => w.Revocations).ToArray();
        if (revoked.Length > 0) Revoked?.Invoke(revoked);
        if (result.RegistryChanged) Changed?.Invoke();
        Grown?.Invoke();
    }
}

/// <summary>The store did not take what had to be durable. Answered with 503; fail closed.</summary>
public sealed class StoreUnavailableException(string message, Exception? inner) : Exception(message, inner)
{
    internal static StoreUnavailableException OutOfSight() => new("The store is out of sight.", null);
}
