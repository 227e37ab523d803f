using System.Collections.Concurrent;

namespace Writ.Protocol;

/// <summary>
/// Keys ready for use, by thumbprint: importing one costs twice as much as verifying with it. Bounded; when it is
/// full, the keys not used since the last sweep go. Thread-safe.
/// </summary>
/// <remarks>
/// Keys that fall out are left to their finalizers, since another thread may be verifying with one right now.
/// </remarks>
public sealed class VerificationKeyCache(int capacity = 4096)
{
    private readonly ConcurrentDictionary<string, Slot> _slots = new(StringComparer.Ordinal);
    private readonly Lock _sweeping = new();

    /// <summary>How many keys are held.</summary>
    public int Count => _slots.Count;

    /// <summary>The key made ready, from the cache or anew.</summary>
    public VerificationKey Get(Jwk jwk)
    {
        if (_slots.TryGetValue(jwk.Thumbprint, out var slot) && SameLabels(slot.Key.Jwk, jwk))
        {
            slot.Used = true;
            return slot.Key;
        }

        var key = new VerificationKey(jwk);
        if (_slots.Count >= capacity)
            Sweep();
        _slots[jwk.Thumbprint] = new Slot(key);
        return key;
    }

    // One thumbprint can come with other labels (alg, use), which decide what the key may verify.
    private static bool SameLabels(Jwk one, Jwk other) => one.Alg == other.Alg && one.Use == other.Use;

    private void Sweep()
    {
        lock (_sweeping)
        {
            if (_slots.Count < capacity)
                return;
            foreach (var (thumbprint, slot) in _slots)
            {
                if (slot.Used)
                    slot.Used = false;
                else
                    _slots.TryRemove(thumbprint, out _);
            }

            // All were in use since the last sweep: begin again rather than grow.
            if (_slots.Count >= capacity)
                _slots.Clear();
        }
    }

    // `Used` is a hint: a lost write costs one import, so it needs no fence.
    private sealed class Slot(VerificationKey key)
    {
        public VerificationKey Key { get; } = key;

        public bool Used { get; set; }
    }
}
