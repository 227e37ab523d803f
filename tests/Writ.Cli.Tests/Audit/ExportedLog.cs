using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Writ.Cli.Audit;
using Writ.Tlog;

namespace Writ.Cli.Tests.Audit;

/// <summary>An export as <c>writ audit export</c> writes it, made without a broker: records with details, some of them
/// erased by records of the log itself, several checkpoints with a witness's cosignature.</summary>
internal sealed class ExportedLog : IDisposable
{
    private const int Base = 1000; // the log's first leaf is not the first record

    private readonly NoteSigner _signer = NoteSigner.OfSeed("example.org/log", new byte[32]);
    private readonly NoteSigner _witness = NoteSigner.CosignerOfSeed("witness.example/w1", [.. new byte[31], 1]);

    public VerifierKey Key => _signer.Key;

    public VerifierKey Witness => _witness.Key;

    public Dictionary<string, byte[]> Files { get; } = new(StringComparer.Ordinal);

    public List<byte[]> Cores { get; } = [];

    /// <summary>A log of so many records; each seventh detail of the first half is erased by the record in the middle.
    /// </summary>
    /// <param name="size">How many records.</param>
    /// <param name="checkpoints">At which sizes a checkpoint was published, besides the last.</param>
    /// <param name="isErasureRecorded">Whether the log says so.</param>
    public static ExportedLog Of(int size, int[] checkpoints, bool isErasureRecorded = true)
    {
        var log = new ExportedLog();
        var tiles = new TileBuilder((tile, hashes) => log.Files[tile.Path] = hashes.ToArray());
        var (entries, details, history) = (
            new ArrayBufferWriter<byte>(), new ArrayBufferWriter<byte>(), new StringBuilder());
        for (var i = 0; i < size; i++)
        {
            var (core, detail) = Record(i, size / 2, isErasureRecorded);
            log.Cores.Add(core);
            tiles.Append(TreeHash.OfLeaf(core));
            EntryBundle.Add(entries, core);
            var isErased = i < size / 2 && i % 7 == 0;
            BinaryPrimitives.WriteInt32BigEndian(details.GetSpan(4), isErased ? 0 : detail.Length);
            details.Advance(4);
            if (!isErased) details.Write(detail);
            if ((i + 1) % 256 == 0 || i == size - 1)
            {
                var tile = Tile.In(i + 1, 0, i / 256)!.Value;
                log.Files[tile.EntriesPath] = entries.WrittenSpan.ToArray();
                log.Files[LogPaths.DetailsOf(tile)] = details.WrittenSpan.ToArray();
                entries.ResetWrittenCount();
                details.ResetWrittenCount();
            }
            if (i + 1 != size && !checkpoints.Contains(i + 1)) continue;
            var text = new Checkpoint(log.Key.Name, i + 1, tiles.Tree.Root).ToString();
            var note = new SignedNote(
                text, [log._signer.Sign(text), log._witness.Cosign(text, DateTimeOffset.UnixEpoch)]);
            history.Append(note);
            log.Files["checkpoint"] = Encoding.UTF8.GetBytes(note.ToString());
        }
        foreach (var (tile, hashes) in tiles.Partial()) log.Files[tile.Path] = hashes.ToArray();
        log.Files["checkpoints"] = Encoding.UTF8.GetBytes(history.ToString());
        log.Files["key"] = Encoding.UTF8.GetBytes($"{log.Key}\n");
        log.Files["about"] = Encoding.UTF8.GetBytes($"writ log v1\nbase {Base}\n");
        log.Sum();
        return log;
    }

    /// <summary>Makes the sums right, as whoever changes files on purpose does.</summary>
    public void Sum() => Files["SHA256SUMS"] = Encoding.UTF8.GetBytes(string.Concat(
        new[] { "about", "checkpoint", "checkpoints", "key" }.Select(name =>
            $"{Convert.ToHexStringLower(SHA256.HashData(Files[name]))}  {name}\n")));

    /// <summary>Writes the files that are others than in a folder's last state, and deletes what is no more.</summary>
    public static void Write(string folder, IReadOnlyDictionary<string, byte[]> files, Dictionary<string, byte[]> last)
    {
        foreach (var (name, bytes) in files)
        {
            if (last.TryGetValue(name, out var old) && ReferenceEquals(old, bytes)) continue;
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(folder, name))!);
            File.WriteAllBytes(Path.Combine(folder, name), bytes);
            last[name] = bytes;
        }
        foreach (var name in last.Keys.Where(name => !files.ContainsKey(name)).ToList())
        {
            File.Delete(Path.Combine(folder, name));
            last.Remove(name);
        }
    }

    public LogProof Prove(int index)
    {
        var size = Cores.Count;
        var path = InclusionProof.Path(index, size).Select(Root).ToArray();
        Assert.True(SignedNote.TryParse(Files["checkpoint"], out var note));
        return new LogProof(index, path, note);
    }

    public void Dispose()
    {
        _signer.Dispose();
        _witness.Dispose();
    }

    private TreeHash Root(Subtree subtree)
    {
        var tree = new TreeFrontier();
        for (var i = subtree.Start; i < subtree.End; i++) tree.Append(TreeHash.OfLeaf(Cores[(int)i]));
        return tree.Root;
    }

    public static (byte[] Core, byte[] Detail) Record(int i, int middle, bool isErasureRecorded)
    {
        if (i == middle && isErasureRecorded)
        {
            var ranges = string.Join(',', Enumerable.Range(0, middle).Where(n => n % 7 == 0)
                .Select(n => string.Create(CultureInfo.InvariantCulture, $"[{Base + n},{Base + n + 1}]")));
            return (Encoding.UTF8.GetBytes(
                $$"""{"at":{{i}},"erased":[{{ranges}}],"kind":"audit.erase","outcome":"allow","v":2}"""), []);
        }
        var salt = SHA256.HashData(BitConverter.GetBytes(i)).AsSpan(0, 16);
        byte[] detail = [.. salt, .. Encoding.UTF8.GetBytes($$$"""{"detail":{"path":"/{{{i}}}"},"subject":"ada"}""")];
        var hash = Base64Url.EncodeToString(SHA256.HashData(detail));
        return (Encoding.UTF8.GetBytes(
            $$"""{"at":{{i}},"detail_hash":"{{hash}}","kind":"token.issue","outcome":"allow","v":2}"""), detail);
    }
}
