using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

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
    private readonly ConcurrentDictionary<(string Thumbprint, string? Kid, string? Alg, string? Use), Slot> _slots =
        new();
    // The same key by its text, as its holder writes it each time: whether the point lies on its curve need not be
    // found out again. Filled only with keys that passed; as large as the table above, and emptied when it is full.
    private readonly ConcurrentDictionary<string, VerificationKey> _byText = new(StringComparer.Ordinal);
    private readonly Lock _sweeping = new();

    /// <summary>How many keys are held.</summary>
    public int Count => _slots.Count;

    /// <summary>The key made ready, from the cache or anew.</summary>
    public VerificationKey Get(Jwk jwk)
    {
        var name = (jwk.Thumbprint, jwk.Kid, jwk.Alg, jwk.Use);
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

    /// <summary>The key that a JWK describes, made ready; or why it cannot be used.</summary>
    internal bool TryGetPublic(
        JsonElement jwk, [NotNullWhen(true)] out VerificationKey? key, [NotNullWhen(false)] out string? error)
    {
        var text = jwk.GetRawText();
        error = null;
        if (_byText.TryGetValue(text, out key))
            return true;
        if (!Jwk.TryParsePublic(jwk, out var parsed, out error))
            return false;
        key = Get(parsed);
        if (_byText.Count >= capacity)
            _byText.Clear();
        _byText[text] = key;
        return true;
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
