namespace Writ.Rego.Tests;

/// <summary>Numbers that are the same for the same seed (xorshift).</summary>
internal sealed class Chance(ulong seed)
{
    private ulong _state = (seed * 0x9E37_79B9_7F4A_7C15) + 0x632B_E59B_D9B4_E019;

    /// <summary>A number from 0 below a limit; 0 for a limit of 0.</summary>
    public int Below(int limit)
    {
        _state ^= _state << 13;
        _state ^= _state >> 7;
        _state ^= _state << 17;
        return limit == 0 ? 0 : (int)((_state >> 11) % (ulong)limit);
    }

    public bool OneIn(int count) => Below(count) == 0;

    public T Of<T>(params ReadOnlySpan<T> some) => some[Below(some.Length)];
}
