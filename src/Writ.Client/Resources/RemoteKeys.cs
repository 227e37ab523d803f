using Writ.Protocol;

namespace Writ.Client;

/// <summary>
/// A JWK Set of the broker, fetched when it is needed: at first use, for a <c>kid</c> that is not in it, and after
/// <see cref="MaxAge"/>. Whoever invents key ids causes at most one request per <see cref="MinInterval"/>.
/// </summary>
internal sealed class RemoteKeys(Func<CancellationToken, Task<byte[]>> fetch, TimeProvider time) : IDisposable
{
    internal static readonly TimeSpan MinInterval = TimeSpan.FromSeconds(5);
    internal static readonly TimeSpan MaxAge = TimeSpan.FromMinutes(10);

    // Before the first set has come every request waits for it: then it is worth asking more often.
    private static readonly TimeSpan FirstInterval = TimeSpan.FromMilliseconds(250);

    private readonly SemaphoreSlim _fetching = new(1);
    private volatile KeyRing _ring = KeyRing.Empty;
    private long _asked; // timestamp of the last request, good or bad; owner: whoever holds _fetching
    private long _got;   // timestamp of the last good answer; 0: never

    internal KeyRing Ring => _ring;

    /// <summary>Whether the set is so old that it should be fetched again; it stays in use meanwhile.</summary>
    internal bool IsOld => Interlocked.Read(ref _got) is var got && (got == 0 || time.GetElapsedTime(got) > MaxAge);

    /// <summary>Fetches the set again unless that was just done.</summary>
    /// <returns>Whether the ring is newer than the one that the caller had.</returns>
    /// <exception cref="WritException">The broker was not reached, or its answer is no JWK Set.</exception>
    internal async Task<bool> RefreshAsync(KeyRing had, CancellationToken cancel)
    {
        await _fetching.WaitAsync(cancel);
        try
        {
            if (!ReferenceEquals(_ring, had))
                return true;
            var interval = _got == 0 ? FirstInterval : MinInterval;
            if (_asked != 0 && time.GetElapsedTime(_asked) < interval)
                return false;
            _asked = time.GetTimestamp();
            if (!KeyRing.TryParse(await fetch(cancel), out var ring, out var error))
                throw BrokerErrors.Malformed(error);
            _ring = ring;
            Interlocked.Exchange(ref _got, time.GetTimestamp());
            return true;
        }
        finally
        {
            _fetching.Release();
        }
    }

    public void Dispose() => _fetching.Dispose();
}
