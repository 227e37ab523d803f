using System.Collections.Concurrent;

namespace Writ.Rego.Builtins.Patterns;

/// <summary>
/// What was made of texts lately, patterns or keys, for all queries of the process. When it is full it is emptied:
/// policies use few, and hostile inputs that bring ever new ones must not fill the memory.
/// </summary>
/// <param name="compile">Makes one.</param>
/// <param name="longest">Of longer texts one is made each time.</param>
internal sealed class PatternCache<T>(Func<string, T> compile, int longest = 4096)
{
    private const int Largest = 512;
    private const long MostBytes = 256_000_000;

    private readonly ConcurrentDictionary<string, T> _compiled = new(StringComparer.Ordinal);
    private int _count;
    private long _bytes;

    public T Get(string pattern)
    {
        if (_compiled.TryGetValue(pattern, out var known))
        {
            return known;
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        var made = compile(pattern);
        Charge(GC.GetAllocatedBytesForCurrentThread() - before);
        if (pattern.Length <= longest && _compiled.TryAdd(pattern, made)
            && Interlocked.Increment(ref _count) > Largest)
        {
            Clear();
        }

        return made;
    }

    /// <summary>
    /// What one allocated that is kept here, as automata do while they match: some patterns make tens of megabytes.
    /// </summary>
    public void Charge(long bytes)
    {
        if (bytes > 0 && Interlocked.Add(ref _bytes, bytes) > MostBytes)
        {
            Clear();
        }
    }

    private void Clear()
    {
        _compiled.Clear();
        Volatile.Write(ref _count, 0);
        Volatile.Write(ref _bytes, 0);
    }
}
