using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Writ.Server.Storage;

namespace Writ.Server.Decisions;

/// <summary>
/// Whether an identity holds as many live tokens as one may: deciding again about what is out has to come to an end.
/// Counted here as they are issued, from above; the store is asked only of those who seem to have too many. So it is a
/// bound for each replica, and nobody is refused who has fewer.
/// </summary>
public sealed class LiveTokens(RecordStore records, TimeProvider time, int most)
{
    private const int MostIdentities = 20_000;
    private static readonly TimeSpan AskedAgain = TimeSpan.FromSeconds(1);
    private readonly ConcurrentDictionary<string, Counted> _counts = new(StringComparer.Ordinal);

    public void Count(string identity)
    {
        if (_counts.Count >= MostIdentities) _counts.Clear(); // counted anew: the bound is twice as high for once
        _counts.AddOrUpdate(identity, new Counted(1, 0), static (_, known) => known with { Most = known.Most + 1 });
    }

    public async ValueTask<bool> HasTooManyAsync(string identity, CancellationToken cancel = default)
    {
        var known = _counts.GetValueOrDefault(identity);
        if (known.Most < most) return false;
        var now = time.GetUtcNow();
        if (known.AskedAt > (now - AskedAgain).UtcTicks) return true;
        var live = await records.LiveOfAsync(identity, now.ToMicros(), most, cancel);
        _counts[identity] = new Counted((int)live, live < most ? 0 : now.UtcTicks);
        return live >= most;
    }

    /// <summary>How many they have at the most, and when the store was asked, if that many.</summary>
    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Counted(int Most, long AskedAt);
}
