namespace Writ.Server.Governance;

/// <summary>Counts wrong codes by source, and stops a source that has sent too many within a minute.</summary>
public sealed class MissLimit(TimeProvider time)
{
    public const int MaxPerMinute = 10;
    private const int MaxSources = 10_000;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, int> _misses = new(StringComparer.Ordinal); // guarded by _lock
    private long _minute; // guarded by _lock

    public bool IsStopped(string source)
    {
        lock (_lock)
        {
            return Now() && _misses.GetValueOrDefault(Key(source)) >= MaxPerMinute;
        }
    }

    public void Add(string source)
    {
        lock (_lock)
        {
            Now();
            var key = Key(source);
            _misses[key] = _misses.GetValueOrDefault(key) + 1;
        }
    }

    /// <summary>Too many sources to tell apart are counted as one.</summary>
    private string Key(string source) => _misses.ContainsKey(source) || _misses.Count < MaxSources ? source : "others";

    private bool Now()
    {
        var minute = time.GetUtcNow().ToUnixTimeSeconds() / 60;
        if (minute != _minute) _misses.Clear();
        _minute = minute;
        return true;
    }
}
