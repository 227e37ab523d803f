namespace Writ.Server.Access.Deciders;

/// <summary>
/// Bundles that were made, by who asks, for what, at which version: many instances of an API pull at once when
/// something changes. What is not there is made by one of them while the others wait; of one caller one at a time, and
/// of all of them two, so that making large ones takes no more of the machine than that.
/// </summary>
internal sealed class BundleMemory
{
    private const int Lines = 64;
    private const int MostMade = 2;
    private const int MostCharacters = 32 * 1024 * 1024;

    private readonly Lock _lock = new();
    private readonly Dictionary<Key, string?> _kept = []; // guarded by _lock
    private readonly Queue<Key> _order = new(); // guarded by _lock
    private int _characters; // guarded by _lock

    // Two callers may share a line: then one waits for the other.
    private readonly SemaphoreSlim[] _lines = [.. Enumerable.Range(0, Lines).Select(_ => new SemaphoreSlim(1, 1))];
    private readonly SemaphoreSlim _places = new(MostMade, MostMade);

    /// <summary>The bundle, made if it is not there; null: it cannot be made, which is kept as well.</summary>
    public async Task<string?> FindAsync(Key key, Func<Task<string?>> make, CancellationToken cancel)
    {
        if (TryFind(key, out var known)) return known;
        var line = _lines[(uint)key.Who.GetHashCode(StringComparison.Ordinal) % Lines];
        await line.WaitAsync(cancel);
        try
        {
            if (TryFind(key, out known)) return known;
            await _places.WaitAsync(cancel);
            try
            {
                return Keep(key, await make());
            }
            finally
            {
                _places.Release();
            }
        }
        finally
        {
            line.Release();
        }
    }

    private bool TryFind(Key key, out string? known)
    {
        lock (_lock) return _kept.TryGetValue(key, out known);
    }

    /// <summary>The oldest go first.</summary>
    private string? Keep(Key key, string? made)
    {
        lock (_lock)
        {
            if (!_kept.TryAdd(key, made)) return made;
            _order.Enqueue(key);
            _characters += SizeOf(key, made);
            while (_characters > MostCharacters && _order.TryDequeue(out var oldest))
            {
                _characters -= SizeOf(oldest, _kept[oldest]);
                _kept.Remove(oldest);
            }
        }
        return made;
    }

    private static int SizeOf(Key key, string? made) => key.What.Length + key.Who.Length + (made?.Length ?? 0) + 256;

    /// <summary>What a bundle is of.</summary>
    internal readonly record struct Key(string Who, string What, long Version, string? Kid);
}
