namespace Writ.Tlog;

/// <summary>That an entry is at its place in a tree (RFC 9162 §2.1.3).</summary>
public static class InclusionProof
{
    /// <summary>Whether the path leads from the leaf to the root.</summary>
    /// <param name="leaf">The leaf's hash.</param>
    /// <param name="index">Its place, from 0.</param>
    /// <param name="size">How many leaves the tree has.</param>
    /// <param name="path">The hashes beside the way, from the leaf's neighbour up.</param>
    /// <param name="root">The tree's root.</param>
    public static bool Verify(TreeHash leaf, long index, long size, ReadOnlySpan<TreeHash> path, TreeHash root)
    {
        if (index < 0 || index >= size) return false;
        var (node, last, reached) = (index, size - 1, leaf);
        foreach (var beside in path)
        {
            if (last == 0) return false;
            if ((node & 1) == 1 || node == last)
            {
                reached = TreeHash.OfNode(beside, reached);
                while ((node & 1) == 0 && node != 0) (node, last) = (node >> 1, last >> 1);
            }
            else
            {
                reached = TreeHash.OfNode(reached, beside);
            }
            (node, last) = (node >> 1, last >> 1);
        }
        return last == 0 && reached == root;
    }

    /// <summary>Which subtrees the path consists of, from the leaf's neighbour up.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The tree has no such leaf.</exception>
    public static IReadOnlyList<Subtree> Path(long index, long size)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, size);
        var path = new List<Subtree>();
        var whole = new Subtree(0, size);
        while (whole.Count > 1)
        {
            var (left, right) = whole.Halves;
            var isLeft = index < right.Start;
            path.Add(isLeft ? right : left);
            whole = isLeft ? left : right;
        }
        path.Reverse();
        return path;
    }
}
