using System.Collections.Concurrent;

namespace Writ.Rego.Builtins.Patterns;

/// <summary>
/// Patterns that were compiled lately, for all queries of the process. When it is full it is emptied: policies use few
/// patterns, and hostile inputs that bring ever new ones must not fill the memory.
/// </summary>
internal sealed class PatternCache<T>(Func<string, T> compile)
{
    private const int Largest = 512;

    /// <summary>Longer ones are compiled each time.</summary>
    private const int LongestKey = 4096;

    private readonly ConcurrentDictionary<string, T> _compiled = new(StringComparer.Ordinal);
    private int _count;

    public T Get(string pattern)
    {
        if (_compiled.TryGetValue(pattern, out var known))
        {
            return known;
        }

        var made = compile(pattern);
        if (pattern.Length <= LongestKey && _compiled.TryAdd(pattern, made)
            && Interlocked.Increment(ref _count) > Largest)
        {
            _compiled.Clear();
            Volatile.Write(ref _count, 0);
        }

        return made;
    }
}
