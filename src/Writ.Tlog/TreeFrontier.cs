namespace Writ.Tlog;

/// <summary>
/// The right edge of a growing tree: the roots of the perfect subtrees that its leaves make, largest first. It is all
/// that appending and the root need, some two kilobytes for any size (RFC 9162 §2.1.2, a compact range from 0).
/// </summary>
public sealed class TreeFrontier
{
    private readonly TreeHash[] _roots = new TreeHash[64];
    private int _count;

    /// <summary>The frontier of the tree without leaves.</summary>
    public TreeFrontier()
    {
    }

    /// <summary>The frontier of a tree whose subtrees are known.</summary>
    /// <param name="size">How many leaves.</param>
    /// <param name="roots">The roots of the perfect subtrees, one for each bit of the size that is set, largest first.
    /// </param>
    /// <exception cref="ArgumentException">There are more or fewer roots than that.</exception>
    public TreeFrontier(long size, ReadOnlySpan<TreeHash> roots)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(size);
        if (roots.Length != long.PopCount(size))
            throw new ArgumentException("One root for each bit of the size that is set.", nameof(roots));
        Size = size;
        roots.CopyTo(_roots);
        _count = roots.Length;
    }

    /// <summary>How many leaves.</summary>
    public long Size { get; private set; }

    /// <summary>The roots of the perfect subtrees, largest first.</summary>
    public ReadOnlySpan<TreeHash> Roots => _roots.AsSpan(0, _count);

    /// <summary>The root of the tree.</summary>
    public TreeHash Root
    {
        get
        {
            if (_count == 0) return TreeHash.Empty;
            var root = _roots[_count - 1];
            for (var i = _count - 2; i >= 0; i--) root = TreeHash.OfNode(_roots[i], root);
            return root;
        }
    }

    /// <summary>Adds the hash of a leaf.</summary>
    /// <param name="leaf">See <see cref="TreeHash.OfLeaf"/>.</param>
    /// <param name="completed">Told each perfect subtree that the leaf completes, from the leaf itself upwards: its
    /// level (0: a leaf) and its root.</param>
    public void Append(in TreeHash leaf, Action<int, TreeHash>? completed = null)
    {
        if (Size == long.MaxValue) throw new InvalidOperationException("The tree is full.");
        var hash = leaf;
        completed?.Invoke(0, hash);
        for (var level = 0; (Size >> level & 1) == 1; level++)
        {
            hash = TreeHash.OfNode(_roots[--_count], hash);
            completed?.Invoke(level + 1, hash);
        }
        _roots[_count++] = hash;
        Size++;
    }

    /// <summary>One that grows on its own from here.</summary>
    public TreeFrontier Copy() => new(Size, Roots);
}
