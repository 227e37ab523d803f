using System.Security.Cryptography;

namespace Writ.Testing;

/// <summary>Numbers that look random and come again for the same seed (SplitMix64), which a failing test names.
/// </summary>
public sealed class Dice(int seed)
{
    private ulong _state = (ulong)seed;

    public int Seed => seed;

    /// <summary>With another seed each time.</summary>
    public static Dice Any() => new(RandomNumberGenerator.GetInt32(int.MaxValue));

    /// <summary>From 0 up to, and without, a number.</summary>
    public int Next(int end)
    {
        _state += 0x9E3779B97F4A7C15;
        var mixed = (_state ^ (_state >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return (int)((mixed ^ (mixed >> 31)) % (ulong)end);
    }
}
