using System.Globalization;
using System.Threading.Channels;
using Writ.Server.Audit;
using Writ.Server.Decisions;
using Writ.Server.Policies;

namespace Writ.Server.Simulation;

/// <summary>
/// Asks the shadow version what the live one was asked, after it answered and beside the road: what it says, how long
/// it takes and whether it fails changes nothing. Every decision, as long as there is time; what comes while
/// <see cref="MostWaiting"/> wait is counted and left out.
/// </summary>
/// <remarks>
/// Decisions are compared in memory and written as one record per replica and half a minute, so that no decision costs
/// a second write; a crash loses what was counted since the last one.
/// </remarks>
public sealed class ShadowRun
{
    /// <summary>The kind of the records that hold the counts.</summary>
    public const string Kind = "policy.shadow";

    private const int MostWaiting = 4096;
    private const long MostHeld = 16 * 1024 * 1024; // characters of the questions that wait: callers make them large
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);
    private readonly Channel<PolicyAsked> _waiting = Channel.CreateBounded<PolicyAsked>(MostWaiting);
    private readonly PolicyShelf _shelf;
    private readonly AuditLog _audit;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _gate = new(1, 1); // has no wait handle, so needs no disposal
    private readonly Lock _lock = new();
    private ChangeTally _tally = new(); // this and the two below: guarded by _lock
    private string? _digest;
    private DateTimeOffset _since;
    private int _shed;
    private long _held; // of those in the channel

    public ShadowRun(DecisionPoint decisions, PolicyShelf shelf, AuditLog audit, TimeProvider time)
    {
        (_shelf, _audit, _time) = (shelf, audit, time);
        decisions.Asked += Take;
    }

    /// <summary>The records of a version's counts are about this.</summary>
    internal static string SubjectOf(string digest) => $"policy {digest}";

    /// <summary>Compares what waits, and writes what was counted when it is time.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        await _gate.WaitAsync(cancel);
        try
        {
            await CompareAllAsync(cancel);
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task CompareAllAsync(CancellationToken cancel)
    {
        // No more than waited at the beginning: a busy broker does not hold it for ever.
        for (var n = _waiting.Reader.Count; n > 0 && _waiting.Reader.TryRead(out var asked); n--)
        {
            Interlocked.Add(ref _held, -asked.Size);
            cancel.ThrowIfCancellationRequested();
            var digest = asked.Registry.Shadow!.Digest;
            var version = await _shelf.FindAsync(digest, cancel);
            if (digest != _digest) await FlushAsync(digest);
            Compare(asked, version);
        }
        bool isTime;
        lock (_lock) isTime = _time.GetUtcNow() - _since >= Interval;
        if (isTime) await FlushAsync(_digest);
    }

    /// <summary>Adds what this replica counted and did not write yet.</summary>
    internal void AddTo(ChangeTally sum, string digest)
    {
        lock (_lock)
            if (digest == _digest) sum.Add(_tally.ToJson());
    }

    /// <summary>On the road of every decision: a look, and a place in the queue.</summary>
    private void Take(PolicyAsked asked)
    {
        if (asked.Registry.Shadow is null) return;
        if (Interlocked.Add(ref _held, asked.Size) <= MostHeld && _waiting.Writer.TryWrite(asked)) return;
        Interlocked.Add(ref _held, -asked.Size);
        Interlocked.Increment(ref _shed);
    }

    private void Compare(PolicyAsked asked, PolicyVersion version)
    {
        var was = asked.No is { } no
            ? new PolicyVerdict(no.Reasons[0], no.Rules, "")
            : new PolicyVerdict(null, [], asked.Obligations.IsEmpty ? "" : asked.Obligations.ToJson());
        var would = PolicyVerdict.Of(version, asked.Inputs, asked.Now, _time).Verdict;
        lock (_lock) _tally.Add(asked.DecisionId, asked.Kind, asked.Identity, was, would);
    }

    private async Task FlushAsync(string? next)
    {
        ChangeTally full;
        string? digest;
        lock (_lock) (full, digest, _tally, _digest, _since) = (_tally, _digest, new(), next, _time.GetUtcNow());
        var shed = Interlocked.Exchange(ref _shed, 0);
        if (digest is null || full.Same + full.Differing + shed == 0) return;
        var counts = full.ToJson();
        try
        {
            await _audit.AppendOwnActAsync(
                new AuditEvent { Kind = Kind, Actor = "writ", Subject = SubjectOf(digest) }
                    .With("version", digest)
                    .With("counts", counts.ToJsonString())
                    .With("shed", shed == 0 ? null : shed.ToString(CultureInfo.InvariantCulture)),
                []);
        }
        catch (StoreUnavailableException)
        {
            // Counted on, and written at a later turn.
            Interlocked.Add(ref _shed, shed);
            lock (_lock)
                if (_digest == digest) _tally.Add(counts);
            throw;
        }
    }
}
