using System.Numerics;
using System.Runtime.InteropServices;

namespace Writ.Tlog;

/// <summary>Leaves next to each other that have a hash of their own: from <paramref name="Start"/> up to, and without,
/// <paramref name="End"/>.</summary>
/// <param name="Start">The first leaf.</param>
/// <param name="End">The leaf behind the last.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct Subtree(long Start, long End)
{
    /// <summary>How many leaves.</summary>
    public long Count => End - Start;

    /// <summary>Whether it has as many leaves as a power of two.</summary>
    public bool IsPerfect => BitOperations.IsPow2(Count);

    /// <summary>Its level, where it is perfect: 0 is a leaf.</summary>
    public int Level => BitOperations.Log2((ulong)Count);

    /// <summary>What its hash is made of (RFC 9162 §2.1.1): the largest power of two on the left.</summary>
    internal (Subtree Left, Subtree Right) Halves
    {
        get
        {
            var middle = Start + (1L << BitOperations.Log2((ulong)(Count - 1)));
            return (new Subtree(Start, middle), new Subtree(middle, End));
        }
    }
}
