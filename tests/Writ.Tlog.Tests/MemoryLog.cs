using System.Buffers;
using System.Text;

namespace Writ.Tlog.Tests;

/// <summary>A log in memory as tlog-tiles names its resources, with a key, a witness and a history of checkpoints.
/// </summary>
internal sealed class MemoryLog : IDisposable
{
    private readonly NoteSigner _signer = NoteSigner.OfSeed("example.org/log", new byte[32]);
    private readonly NoteSigner _witness = NoteSigner.CosignerOfSeed("witness.example/w1", new byte[32]);

    private readonly StringBuilder _history = new();
    private readonly List<byte[]> _entries = [];

    public SortedDictionary<string, byte[]> Files { get; } = new(StringComparer.Ordinal);

    public VerifierKey Key => _signer.Key;

    public VerifierKey Witness => _witness.Key;

    /// <summary>A log of as many entries, that published a checkpoint at each of the sizes, the last at its end.
    /// </summary>
    public static MemoryLog Of(int size, params IEnumerable<int> checkpoints)
    {
        var log = new MemoryLog();
        var tree = new TreeFrontier();
        var sizes = checkpoints.Append(size).ToHashSet();
        var builder = new TileBuilder((tile, hashes) => log.Files[tile.Path] = hashes.ToArray());
        if (sizes.Contains(0)) log.Publish(tree);
        for (var i = 0; i < size; i++)
        {
            log._entries.Add(Encoding.UTF8.GetBytes($"{{\"entry\":{i},\"pad\":\"{new string('x', i % 40)}\"}}"));
            var leaf = TreeHash.OfLeaf(log._entries[i]);
            tree.Append(leaf);
            builder.Append(leaf);
            if (sizes.Contains(i + 1)) log.Publish(tree);
        }
        foreach (var (tile, hashes) in builder.Partial()) log.Files[tile.Path] = hashes.ToArray();
        for (var index = 0L; Tile.In(size, 0, index) is { } tile; index++)
        {
            var bundle = new ArrayBufferWriter<byte>();
            foreach (var entry in log._entries.Skip((int)index * 256).Take(256)) EntryBundle.Add(bundle, entry);
            log.Files[tile.EntriesPath] = bundle.WrittenSpan.ToArray();
        }
        return log;
    }

    public SignedNote Sign(string text) =>
        new(text, [_signer.Sign(text), _witness.Cosign(text, DateTimeOffset.FromUnixTimeSeconds(1_790_000_000))]);

    public Task<LogVerdict> VerifyAsync(EntriesCheck? check = null) =>
        new LogVerifier(ReadAsync, Key, [Witness]) { Workers = 2, IsStrict = true, Check = check }.VerifyAsync(
            NoteReader.ReadAsync(new MemoryStream(Files.GetValueOrDefault("checkpoints", []))));

    public void Dispose()
    {
        _signer.Dispose();
        _witness.Dispose();
    }

    private void Publish(TreeFrontier tree)
    {
        var note = Sign(new Checkpoint(Key.Name, tree.Size, tree.Root).ToString()).ToString();
        _history.Append(note);
        Files["checkpoint"] = Encoding.UTF8.GetBytes(note);
        Files["checkpoints"] = Encoding.UTF8.GetBytes(_history.ToString());
    }

    private ValueTask<bool> ReadAsync(
        string path, int most, ArrayBufferWriter<byte> into, CancellationToken cancel)
    {
        if (!Files.TryGetValue(path, out var bytes)) return ValueTask.FromResult(false);
        into.Write(bytes.AsSpan(0, Math.Min(bytes.Length, most + 1)));
        return ValueTask.FromResult(true);
    }
}
