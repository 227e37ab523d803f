namespace Writ.Server.Acts;

/// <summary>Counts the open streams of one kind: so many in all, and so many of one principal.</summary>
/// <param name="most">In all.</param>
/// <param name="mostEach">Of one principal.</param>
public sealed class StreamLimit(int most, int mostEach)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, int> _open = new(StringComparer.Ordinal); // guarded by _lock
    private int _count; // guarded by _lock

    public int Count
    {
        get
        {
            lock (_lock) return _count;
        }
    }

    public bool IsFullFor(string principal)
    {
        lock (_lock) return IsFull(principal);
    }

    /// <summary>A place, to be given back by disposing it; null when there is none.</summary>
    public IDisposable? TryEnter(string principal)
    {
        lock (_lock)
        {
            if (IsFull(principal)) return null;
            _count++;
            _open[principal] = _open.GetValueOrDefault(principal) + 1;
            return new Place(this, principal);
        }
    }

    private bool IsFull(string principal) => _count >= most || _open.GetValueOrDefault(principal) >= mostEach;

    private void Leave(string principal)
    {
        lock (_lock)
        {
            _count--;
            if (--_open[principal] == 0) _open.Remove(principal);
        }
    }

    private sealed class Place(StreamLimit limit, string principal) : IDisposable
    {
        private int _left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0) limit.Leave(principal);
        }
    }
}
