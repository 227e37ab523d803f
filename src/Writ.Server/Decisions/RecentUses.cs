using System.Collections.Concurrent;

namespace Writ.Server.Decisions;

/// <summary>
/// Counts what each identity gets and is refused, by the minute, for an hour. In memory, of this replica alone: a fact
/// for policies about pace, not a quota.
/// </summary>
public sealed class RecentUses(TimeProvider time)
{
    private const int Minutes = 60;
    private const int MostIdentities = 20_000;
    private readonly ConcurrentDictionary<string, Counts> _counts = new(StringComparer.Ordinal);

    public void CountToken(string identity) => Of(identity)?.Add(Minute, isToken: true);

    public void CountRefusal(string identity) => Of(identity)?.Add(Minute, isToken: false);

    public RecentUse Of(string identity, DateTimeOffset now) =>
        _counts.TryGetValue(identity, out var counts) ? counts.At(now.ToUnixTimeSeconds() / 60) : default;

    /// <summary>Forgets those of whom nothing was heard for an hour.</summary>
    public void Prune()
    {
        foreach (var (identity, counts) in _counts)
            if (counts.Latest + Minutes < Minute) _counts.TryRemove(identity, out _);
    }

    private long Minute => time.GetUtcNow().ToUnixTimeSeconds() / 60;

    /// <summary>Null where more identities are counted than there is room for.</summary>
    private Counts? Of(string identity) =>
        _counts.TryGetValue(identity, out var known) ? known
        : _counts.Count < MostIdentities ? _counts.GetOrAdd(identity, static _ => new Counts())
        : null;

    private sealed class Counts
    {
        private readonly Lock _lock = new();
        private readonly int[] _tokens = new int[Minutes];
        private int _refusals;

        public long Latest { get; private set; }

        public void Add(long minute, bool isToken)
        {
            lock (_lock)
            {
                MoveTo(minute);
                if (isToken) _tokens[minute % Minutes]++;
                else _refusals++;
            }
        }

        public RecentUse At(long minute)
        {
            lock (_lock)
            {
                MoveTo(minute);
                return new RecentUse(_tokens[minute % Minutes], _tokens.Sum(), _refusals);
            }
        }

        private void MoveTo(long minute)
        {
            if (minute <= Latest) return;
            for (var n = Math.Max(Latest + 1, minute - Minutes + 1); n <= minute; n++) _tokens[n % Minutes] = 0;
            _refusals = 0;
            Latest = minute;
        }
    }
}
