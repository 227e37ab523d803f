using System.Buffers;
using System.Text;

namespace Writ.Tlog.Tests;

/// <summary>Trees of many sizes: their roots, tiles and proofs, held against the definition of RFC 9162 §2.1.</summary>
public sealed class TreeTests
{
    private const int Largest = 70_001; // three levels of tiles

    private static readonly TreeHash[] Leaves =
        [.. Enumerable.Range(0, Largest).Select(n => TreeHash.OfLeaf(Encoding.UTF8.GetBytes($"entry {n}")))];

    public static TheoryData<int> Sizes =>
        [0, 1, 2, 3, 4, 5, 7, 8, 9, 31, 64, 100, 255, 256, 257, 511, 512, 513, 1000, 65_535, 65_536, 65_537, 70_000];

    [Theory, MemberData(nameof(Sizes))]
    public async Task Tiles_of_a_tree_give_its_root_and_every_proof(int size)
    {
        var log = Log.Of(Leaves.AsSpan(0, size));
        var root = RootOf(Leaves.AsSpan(0, size));

        Assert.Equal(root, log.Tree.Root);
        var reader = log.Reader(size);
        Assert.Equal(root, await reader.RootAsync());
        Assert.Equal(root, (await reader.FrontierAsync()).Root);
        foreach (var index in Some(size))
        {
            var path = await reader.InclusionAsync(index);
            Assert.True(InclusionProof.Verify(Leaves[index], index, size, path, root), $"{index} of {size}");
            Assert.False(InclusionProof.Verify(Leaves[index + 1], index, size, path, root));
        }
        foreach (var first in Some(size))
        {
            var proof = await reader.ConsistencyAsync(first);
            var before = RootOf(Leaves.AsSpan(0, first));
            Assert.Equal(first > 0, ConsistencyProof.Verify(first, size, proof, before, root));
            Assert.False(ConsistencyProof.Verify(first, size, proof, root, before));
        }
    }

    [Theory, MemberData(nameof(Sizes))]
    public void Builder_that_goes_on_makes_the_same_tiles(int size)
    {
        var whole = Log.Of(Leaves.AsSpan(0, size + 300 > Largest ? Largest : size + 300));
        var begun = Log.Of(Leaves.AsSpan(0, size));

        begun.Continue(Leaves.AsSpan(size, (int)(whole.Tree.Size - size)));

        Assert.Equal(whole.Tree.Root, begun.Tree.Root);
        Assert.Equal(whole.Tiles.Keys.Order(), begun.Tiles.Keys.Order());
        Assert.All(whole.Tiles, tile => Assert.Equal(tile.Value, begun.Tiles[tile.Key]));
    }

    [Theory, MemberData(nameof(Sizes))]
    public void New_tiles_are_those_that_a_smaller_tree_has_not(int size)
    {
        var all = Tile.New(0, size).ToHashSet();
        foreach (var before in Some(size))
            Assert.Equal(
                all.Except(Tile.New(0, before)).OrderBy(t => t.Path, StringComparer.Ordinal),
                Tile.New(before, size).OrderBy(t => t.Path, StringComparer.Ordinal));
    }

    [Fact]
    public void Tree_of_the_specification_has_its_tiles()
    {
        var tiles = Tile.New(0, 70_000).ToList();

        Assert.Equal(273, tiles.Count(t => t is { Level: 0, IsFull: true }));
        Assert.Contains(new Tile(0, 273, 112), tiles);
        Assert.Contains(new Tile(1, 0, 256), tiles);
        Assert.Contains(new Tile(1, 1, 17), tiles);
        Assert.Contains(new Tile(2, 0, 1), tiles);
        Assert.Equal(277, tiles.Count);
    }

    [Theory]
    [InlineData("0/x001/x234/067", 0, 1_234_067, 256)]
    [InlineData("0/000", 0, 0, 256)]
    [InlineData("7/999.p/1", 7, 999, 1)]
    [InlineData("1/x001/000.p/255", 1, 1000, 255)]
    public void Path_and_tile_are_one(string path, int level, long index, int width)
    {
        Assert.True(Tile.TryParse(path, out var tile, out var areEntries));
        Assert.False(areEntries);
        Assert.Equal(new Tile(level, index, width), tile);
        Assert.Equal($"tile/{path}", tile.Path);
        Assert.True(Tile.TryParse($"entries/{path[2..]}", out var entries, out areEntries));
        Assert.True(areEntries);
        Assert.Equal($"tile/entries/{path[2..]}", entries.EntriesPath);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("0/")]
    [InlineData("0/1")]
    [InlineData("00/001")]
    [InlineData("8/001")]
    [InlineData("-1/001")]
    [InlineData("0/x000/001")]
    [InlineData("0/001/002")]
    [InlineData("0/x001")]
    [InlineData("0/001.p/0")]
    [InlineData("0/001.p/256")]
    [InlineData("0/001.p/01")]
    [InlineData("0/001.p/")]
    [InlineData("0/0a1")]
    [InlineData("0/../etc/passwd")]
    [InlineData("0/x001/x001/x001/x001/x001/x001/001")]
    public void What_is_no_path_is_refused(string path) => Assert.False(Tile.TryParse(path, out _, out _));

    [Fact]
    public void Entries_come_back_from_their_bundle_and_a_cut_one_is_refused()
    {
        var bundle = new ArrayBufferWriter<byte>();
        byte[][] entries = [[], [1], new byte[EntryBundle.MaxEntry]];
        foreach (var entry in entries) EntryBundle.Add(bundle, entry);

        Assert.Equal(entries, EntryBundle.Read(bundle.WrittenMemory).Select(e => e.ToArray()));
        Assert.Throws<FormatException>(() => EntryBundle.Read(bundle.WrittenMemory[..^1]));
        Assert.Throws<ArgumentException>(() => EntryBundle.Add(bundle, new byte[EntryBundle.MaxEntry + 1]));
    }

    /// <summary>All indexes of a small tree; of a large one those at the edges and some between.</summary>
    private static IEnumerable<int> Some(int size) => size <= 64
        ? Enumerable.Range(0, size)
        : new[] { 0, 1, 254, 255, 256, 257, size / 3, size / 2, size - 2, size - 1 }.Where(n => n < size).Distinct();

    /// <summary>The definition, as RFC 9162 §2.1.1 has it.</summary>
    private static TreeHash RootOf(ReadOnlySpan<TreeHash> leaves)
    {
        if (leaves.IsEmpty) return TreeHash.Empty;
        if (leaves.Length == 1) return leaves[0];
        var half = 1;
        while (half * 2 < leaves.Length) half *= 2;
        return TreeHash.OfNode(RootOf(leaves[..half]), RootOf(leaves[half..]));
    }

    /// <summary>A log in memory: its tiles by level and place, each as wide as it is.</summary>
    private sealed class Log
    {
        private TileBuilder _builder;

        private Log() => _builder = new TileBuilder(Keep);

        public SortedDictionary<(int Level, long Index), byte[]> Tiles { get; } = [];

        public TreeFrontier Tree => _builder.Tree;

        public static Log Of(ReadOnlySpan<TreeHash> leaves)
        {
            var log = new Log();
            log.Append(leaves);
            return log;
        }

        public void Continue(ReadOnlySpan<TreeHash> leaves)
        {
            _builder = TileBuilder.Continue(_builder.Tree, t => Tiles[(t.Level, t.Index)], Keep);
            Append(leaves);
        }

        public TileReader Reader(long size) => new(size, (tile, _) => ValueTask.FromResult<ReadOnlyMemory<byte>>(
            Tiles[(tile.Level, tile.Index)]));

        private void Append(ReadOnlySpan<TreeHash> leaves)
        {
            foreach (var leaf in leaves) _builder.Append(leaf);
            foreach (var (tile, hashes) in _builder.Partial()) Keep(tile, hashes);
        }

        private void Keep(Tile tile, ReadOnlyMemory<byte> hashes)
        {
            Assert.Equal(tile.Width * TreeHash.Size, hashes.Length);
            Tiles[(tile.Level, tile.Index)] = hashes.ToArray();
        }
    }
}
