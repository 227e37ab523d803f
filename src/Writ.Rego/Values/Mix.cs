using System.Security.Cryptography;

namespace Writ.Rego.Values;

/// <summary>
/// Hashes of numbers and composite values, made of their parts' hashes. They differ from process to process, so that
/// nobody can send values that all fall into one place of a table; no result depends on them.
/// </summary>
internal static class Mix
{
    private static readonly ulong Seed = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong)));

    public static int Of(int first, int second)
    {
        var mixed = ((((ulong)(uint)first << 32) | (uint)second) ^ Seed) * 0x9E37_79B9_7F4A_7C15UL;
        mixed ^= mixed >> 29;
        mixed *= 0xBF58_476D_1CE4_E5B9UL;
        return (int)(mixed >> 32);
    }

    /// <summary>Zero stands for a hash that was not computed yet.</summary>
    public static int Finish(int hash) => hash == 0 ? 1 : hash;
}
