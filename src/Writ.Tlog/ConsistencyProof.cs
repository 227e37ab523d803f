using System.Numerics;

namespace Writ.Tlog;

/// <summary>That a tree is the beginning of a larger one (RFC 9162 §2.1.4).</summary>
public static class ConsistencyProof
{
    /// <summary>Whether the proof leads from the first root to the second.</summary>
    /// <param name="first">The size of the smaller tree, from 1: of the empty one there is nothing to prove.</param>
    /// <param name="second">The size of the larger tree.</param>
    /// <param name="proof">The hashes, none where the trees are the same.</param>
    /// <param name="firstRoot">The smaller tree's root.</param>
    /// <param name="secondRoot">The larger tree's root.</param>
    public static bool Verify(
        long first, long second, ReadOnlySpan<TreeHash> proof, TreeHash firstRoot, TreeHash secondRoot)
    {
        if (first <= 0 || first > second) return false;
        if (first == second) return proof.IsEmpty && firstRoot == secondRoot;
        // A first tree that is perfect is its own first hash, and is left out.
        var isPerfect = BitOperations.IsPow2(first);
        if (!isPerfect && proof.IsEmpty) return false;
        var (node, last) = (first - 1, second - 1);
        while ((node & 1) == 1) (node, last) = (node >> 1, last >> 1);
        var old = isPerfect ? firstRoot : proof[0];
        var grown = old;
        foreach (var beside in isPerfect ? proof : proof[1..])
        {
            if (last == 0) return false;
            if ((node & 1) == 1 || node == last)
            {
                (old, grown) = (TreeHash.OfNode(beside, old), TreeHash.OfNode(beside, grown));
                while ((node & 1) == 0 && node != 0) (node, last) = (node >> 1, last >> 1);
            }
            else
            {
                grown = TreeHash.OfNode(grown, beside);
            }
            (node, last) = (node >> 1, last >> 1);
        }
        return last == 0 && old == firstRoot && grown == secondRoot;
    }

    /// <summary>Which subtrees the proof consists of.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The first tree is no beginning of the second.</exception>
    public static IReadOnlyList<Subtree> Path(long first, long second)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first, second);
        var path = new List<Subtree>();
        if (first == 0 || first == second) return path;
        var (whole, isKnown) = (new Subtree(0, second), true); // known: a tree that the verifier has the root of
        while (whole.End != first)
        {
            var (left, right) = whole.Halves;
            var isWithinLeft = first <= right.Start;
            path.Add(isWithinLeft ? right : left);
            (whole, isKnown) = isWithinLeft ? (left, isKnown) : (right, false);
        }
        if (!isKnown) path.Add(whole);
        path.Reverse();
        return path;
    }
}
