namespace Writ.Server.Governance;

/// <summary>
/// Counts wrong codes by source, and stops a source that has sent too many within a minute. When there are too many
/// sources to tell apart, further ones go uncounted: a code has 256 random bits, which no number of guesses wears down,
/// while counting strangers together would let one of them lock all others out.
/// </summary>
public sealed class MissLimit(TimeProvider time)
{
    public const int MaxPerMinute = 10;
    internal const int MaxSources = 10_000;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, int> _misses = new(StringComparer.Ordinal); // guarded by _lock
    private long _minute; // guarded by _lock

    public bool IsStopped(string source)
    {
        lock (_lock)
        {
            Turn();
            return _misses.GetValueOrDefault(source) >= MaxPerMinute;
        }
    }

    public void Add(string source)
    {
        lock (_lock)
        {
            Turn();
            if (_misses.TryGetValue(source, out var misses) || _misses.Count < MaxSources)
                _misses[source] = misses + 1;
        }
    }

    private void Turn()
    {
        var minute = time.GetUtcNow().ToUnixTimeSeconds() / 60;
        if (minute != _minute) _misses.Clear();
        _minute = minute;
    }
}
