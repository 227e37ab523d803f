using Writ.Protocol;

namespace Writ.Client;

/// <summary>
/// What a verifier knows of revocations, and whether it knows it well enough (docs/revocation.md). Fed by one reader of
/// the feed, asked from any thread.
/// </summary>
public sealed class RevocationView
{
    private readonly TimeSpan _staleAfter;
    private readonly TimeSpan _skew;
    private readonly TimeProvider _time;
    private readonly long _origin;

    // Local ticks (since _origin) up to which the feed is known to have been alive; negative: never, or distrusted.
    private long _aliveAt = -1;

    private volatile RegistrySight? _registry; // owner: Apply's caller

    // The smallest difference seen on this stream between our clock and a heartbeat's; owner: Apply's caller.
    private long _leastLag = long.MaxValue;

    /// <summary>Makes a view that is stale until a snapshot and a heartbeat arrive.</summary>
    /// <param name="staleAfter">How long the feed may be silent.</param>
    /// <param name="skew">How far the broker's clock and ours may differ.</param>
    /// <param name="time">The clock.</param>
    public RevocationView(TimeSpan staleAfter, TimeSpan skew, TimeProvider time)
    {
        _staleAfter = staleAfter;
        _skew = skew;
        _time = time;
        _origin = time.GetTimestamp();
    }

    /// <summary>The revocations.</summary>
    public RevocationSet Set { get; } = new();

    /// <summary>Whether "not in the set" means "not revoked" at this moment.</summary>
    public bool IsFresh
    {
        get
        {
            var alive = Interlocked.Read(ref _aliveAt);
            return alive >= 0 && LocalTicks() - alive <= _staleAfter.Ticks;
        }
    }

    /// <summary>How long ago the feed was last known to be alive.</summary>
    internal TimeSpan Age => TimeSpan.FromTicks(Math.Max(0, LocalTicks() - Interlocked.Read(ref _aliveAt)));

    /// <summary>The version of the registry that the feed last spoke of; null: it did not.</summary>
    internal RegistrySight? Registry => _registry;

    /// <summary>The feed speaks of another version of the registry.</summary>
    internal event Action? RegistryMoved;

    /// <summary>Takes over a verified message of the feed.</summary>
    /// <returns>False when a snapshot is needed: another epoch, or nothing to add to. The view is stale then.</returns>
    public bool Apply(RevocationFeedMessage message)
    {
        // What a replica tells from the start may lack what another one told before, so the heartbeat of that one
        // counts no more: the one that follows says that nothing is missing.
        if (message is RevocationFeedMessage.Snapshot { IsLast: true })
            Distrust();
        if (!Set.Apply(message))
        {
            Distrust();
            return false;
        }

        if (message is RevocationFeedMessage.Heartbeat heartbeat)
        {
            See(heartbeat); // first: whoever finds the view fresh finds what that heartbeat said
            Hear(heartbeat.At);
        }

        return true;
    }

    /// <summary>A new stream begins: what was learnt of the delay of the old one does not count.</summary>
    internal void BeginStream() => _leastLag = long.MaxValue;

    private void Distrust() => Interlocked.Exchange(ref _aliveAt, -1);

    // It only grows within an epoch: a replica that is behind another takes nothing back.
    private void See(RevocationFeedMessage.Heartbeat heartbeat)
    {
        if (heartbeat.Registry is not { } version
            || (_registry is { } seen && seen.Epoch == heartbeat.Epoch && seen.Version >= version))
        {
            return;
        }

        _registry = new RegistrySight(heartbeat.Epoch, version);
        RegistryMoved?.Invoke();
    }

    // A heartbeat counts from when it was sent, not from when it came: one that was held back on the way would
    // otherwise hide revocations that are held back behind it. The two clocks need not agree for that: the fastest
    // heartbeat of the stream shows their difference. They must agree within the skew, as for tokens.
    private void Hear(DateTimeOffset sent)
    {
        var now = LocalTicks();
        if ((_time.GetUtcNow() - sent).Duration() > _skew + _staleAfter)
            return;
        var lag = now - sent.UtcTicks;
        _leastLag = Math.Min(_leastLag, lag);
        var aliveAt = now - (lag - _leastLag);
        if (aliveAt > Interlocked.Read(ref _aliveAt))
            Interlocked.Exchange(ref _aliveAt, aliveAt);
    }

    private long LocalTicks() => _time.GetElapsedTime(_origin).Ticks;
}

/// <summary>A version of the registry, as the feed says it.</summary>
/// <param name="Epoch">The broker's history: versions of two cannot be compared.</param>
/// <param name="Version">The version.</param>
internal sealed record RegistrySight(string Epoch, long Version);
