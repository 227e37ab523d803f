using System.Buffers;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using Writ.Tlog;

namespace Writ.Cli.Audit;

/// <summary>A log in a folder: each resource a file under its own path, written whole or not at all.</summary>
internal sealed class LogFolder(string folder) : ILogPlace
{
    // What no tree vouches for: these are held against their sums.
    private static readonly string[] Summed = [LogPaths.About, LogPaths.Checkpoint, LogPaths.History, LogPaths.Key];

    private const string Fresh = ".new-";
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    public bool HasDetails => true;

    public string Folder => folder;

    public bool Has(string path) => File.Exists(At(path));

    public async ValueTask<bool> ReadAsync(
        string path, int most, ArrayBufferWriter<byte> into, CancellationToken cancel)
    {
        try
        {
            using var file = File.OpenHandle(At(path), options: FileOptions.SequentialScan);
            var length = (int)Math.Min(RandomAccess.GetLength(file), most + 1L);
            for (var at = 0; at < length;)
            {
                var read = await RandomAccess.ReadAsync(file, into.GetMemory(length - at)[..(length - at)], at, cancel);
                if (read == 0) break;
                into.Advance(read);
                at += read;
            }
            return true;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
    }

    public async IAsyncEnumerable<SignedNote> HistoryAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        if (!Has(LogPaths.History)) yield break;
        await using var file = File.OpenRead(At(LogPaths.History));
        await foreach (var note in NoteReader.ReadAsync(file, cancel)) yield return note;
    }

    /// <summary>The first file that is not as its sum says, or that does not belong to a tree of that size; null: there
    /// is none.</summary>
    public async Task<LogDivergence?> LayoutAsync(long size, CancellationToken cancel)
    {
        var sums = new ArrayBufferWriter<byte>();
        if (!await ReadAsync(LogPaths.Sums, LogPaths.MostKey, sums, cancel))
            return new LogDivergence(LogPaths.Sums, "nothing", "the sums of an export that was finished");
        var computed = await SumsAsync(cancel);
        if (!sums.WrittenSpan.SequenceEqual(Encoding.UTF8.GetBytes(computed)))
            return new LogDivergence(LogPaths.Sums, Told(Encoding.UTF8.GetString(sums.WrittenSpan)), Told(computed));
        foreach (var name in Names())
            if (!Belongs(name, size) || IsLink(name))
                return new LogDivergence(name, "a file", $"none: it is no part of a log of {size} entries");
        return null;
    }

    /// <summary>Sums of what no tree vouches for, as <c>sha256sum -c</c> reads them.</summary>
    public async Task<string> SumsAsync(CancellationToken cancel)
    {
        var sums = new StringBuilder();
        foreach (var name in Summed)
        {
            if (!Has(name)) continue;
            await using var file = File.OpenRead(At(name));
            sums.Append(Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancel))).Append("  ")
                .Append(name).Append('\n');
        }
        return sums.ToString();
    }

    /// <summary>Deletes what a tree of that size has not: partial tiles that have grown, and files that were not
    /// finished.</summary>
    public void Clean(long size)
    {
        foreach (var name in Names().ToList())
        {
            var isLeft = name.LastIndexOf(Fresh, StringComparison.Ordinal) is > 0 and var at
                && at == name.Length - Fresh.Length - 16;
            if (isLeft || (!Belongs(name, size) && LogPaths.TileOf(name) is not null)) File.Delete(At(name));
        }
    }

    /// <summary>Makes the folder: for its owner alone, as all in it, since records tell of persons.</summary>
    /// <exception cref="UnableException">There are links in it: what is written would go elsewhere.</exception>
    public void Create()
    {
        Directory.CreateDirectory(folder, Owner);
        if (Names().FirstOrDefault(IsLink) is { } link)
            throw new UnableException($"{Path.Combine(folder, link)} is a link: an export has none.");
    }

    public Task WriteAsync(string path, ReadOnlyMemory<byte> bytes, CancellationToken cancel) =>
        WriteAsync(path, async file => await file.WriteAsync(bytes, cancel));

    /// <summary>Adds checkpoints to the history.</summary>
    public Task AppendHistoryAsync(IAsyncEnumerable<SignedNote> notes, CancellationToken cancel) =>
        WriteAsync(LogPaths.History, async file =>
        {
            await foreach (var note in HistoryAsync(cancel)) await file.WriteAsync(Bytes(note), cancel);
            await foreach (var note in notes.WithCancellation(cancel)) await file.WriteAsync(Bytes(note), cancel);
        });

    /// <summary>A new file that its owner alone can read.</summary>
    public static FileStream New(string path) => new(path, new FileStreamOptions
    {
        Mode = FileMode.CreateNew,
        Access = FileAccess.Write,
        UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
    });

    // Beside, synced and moved: a crash leaves what was there, and something to be cleaned away.
    private async Task WriteAsync(string path, Func<FileStream, Task> write)
    {
        var target = At(path);
        Directory.CreateDirectory(Path.GetDirectoryName(target)!, Owner);
        var fresh = $"{target}{Fresh}{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}";
        await using (var file = New(fresh))
        {
            await write(file);
            file.Flush(flushToDisk: true);
        }
        File.Move(fresh, target, overwrite: true);
    }

    private static byte[] Bytes(SignedNote note) => Encoding.UTF8.GetBytes(note.ToString());

    private static bool Belongs(string name, long size) => name == LogPaths.Sums || Summed.Contains(name)
        || (LogPaths.TileOf(name) is { } tile && Tile.In(size, tile.Level, tile.Index) == tile);

    private static string Told(string sums) => sums.ReplaceLineEndings(", ").TrimEnd(' ', ',');

    private string At(string path) => Path.Combine(folder, path);

    private bool IsLink(string name) => new FileInfo(At(name)).LinkTarget is not null;

    // Links are named, and not followed: a folder could lead into itself.
    private IEnumerable<string> Names(string below = "")
    {
        foreach (var entry in new DirectoryInfo(At(below)).EnumerateFileSystemInfos())
        {
            var name = Path.Combine(below, entry.Name);
            if (entry is not DirectoryInfo || entry.LinkTarget is not null)
            {
                yield return name;
                continue;
            }
            foreach (var inner in Names(name)) yield return inner;
        }
    }
}
