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
    // The labels belong to the key of the table: they decide what a key may verify, and whoever sends a known public
    // key with other labels must not push out the one that is in use.
    private readonly ConcurrentDictionary<(string Thumbprint, string? Alg, string? Use), Slot> _slots = new();
    private readonly Lock _sweeping = new();

    /// <summary>How many keys are held.</summary>
    public int Count => _slots.Count;

    /// <summary>The key made ready, from the cache or anew.</summary>
    public VerificationKey Get(Jwk jwk)
    {
        var name = (jwk.Thumbprint, jwk.Alg, jwk.Use);
        if (_slots.TryGetValue(name, out var slot))
        {
            slot.Used = true;
            return slot.Key;
        }

        var key = new VerificationKey(jwk);
        if (_slots.Count >= capacity)
            Sweep();
        _slots[name] = new Slot(key);
        return key;
    }

    private void Sweep()
    {
        lock (_sweeping)
        {
            if (_slots.Count < capacity)
                return;
            foreach (var (name, slot) in _slots)
            {
                if (slot.Used)
                    slot.Used = false;
                else
                    _slots.TryRemove(name, out _);
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
