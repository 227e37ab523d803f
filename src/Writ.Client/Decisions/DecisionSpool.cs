using System.Collections.Concurrent;
using System.Globalization;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Writ.Client;

/// <summary>
/// Decisions on disk, until the broker has them: files that are only appended to, one sync for all who wait. A crash
/// before the sync: nobody was answered. After it: the decision is delivered, at worst twice, and the broker takes it
/// once. A folder serves one process at a time; each start writes files and numbers of its own, so that no number is
/// ever used twice, whatever was lost.
/// </summary>
internal sealed class DecisionSpool : IAsyncDisposable
{
    /// <summary>The largest entry that the broker takes.</summary>
    internal const int MaxEntry = 16 * 1024;

    private const int MaxBatch = 512;
    private const int MaxWaiting = 8192;

    private readonly string _folder;
    private readonly long _maxBytes;
    private readonly ILogger _log;
    private readonly FileStream _lock;
    private readonly Channel<Waiting> _queue = Channel.CreateBounded<Waiting>(MaxWaiting);
    private readonly Task _writer;
    private SpoolSegment _segment; // owner: the writer
    private long _next = 1;        // owner: the writer
    private long _bytes;           // in all files; the writer adds, the delivery takes away

    /// <summary>Opens the folder, which is made if there is none, for its owner alone.</summary>
    /// <exception cref="IOException">Another process uses it, or it cannot be used.</exception>
    internal DecisionSpool(string folder, long maxBytes, ILogger log)
    {
        _folder = folder;
        _maxBytes = maxBytes;
        _log = log;
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(folder);
        else
            Directory.CreateDirectory(
                folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Guard(folder);
        _lock = new FileStream(Path.Combine(folder, "lock"), FileMode.OpenOrCreate, FileAccess.Write, FileShare.None);
        try
        {
            Left = [.. Directory.EnumerateFiles(folder, "*" + SpoolSegment.Suffix).Order(StringComparer.Ordinal)];
            _bytes = Left.Sum(path => new FileInfo(path).Length);
            Name = RandomId.Jti();
            _segment = SpoolSegment.Create(folder, Name, _next);
        }
        catch
        {
            _lock.Dispose();
            throw;
        }

        Segments.Enqueue(_segment);
        _writer = Task.Run(WriteAllAsync);
    }

    /// <summary>The name of what this process writes: the prefix of its decision ids.</summary>
    internal string Name { get; }

    /// <summary>The files of before, oldest first: not delivered yet.</summary>
    internal IReadOnlyList<string> Left { get; }

    /// <summary>What this process writes, oldest first; the last one still grows, the others do not.</summary>
    internal ConcurrentQueue<SpoolSegment> Segments { get; } = new();

    /// <summary>Something became durable.</summary>
    internal event Action? Grown;

    internal bool IsHalfFull => Interlocked.Read(ref _bytes) > _maxBytes / 2;

    internal string Folder => _folder;

    internal static string IdOf(string spool, long number) =>
        string.Create(CultureInfo.InvariantCulture, $"loc_{spool}_{number}");

    /// <summary>Makes an entry durable; the decision id that it has then, or null: it is not.</summary>
    internal async ValueTask<string?> AppendAsync(byte[] entry, CancellationToken cancel)
    {
        if (entry.Length > MaxEntry || Interlocked.Read(ref _bytes) + entry.Length > _maxBytes)
            return null;
        var waiting = new Waiting(entry);
        if (!_queue.Writer.TryWrite(waiting))
            return null;
        var number = await waiting.Number.Task.WaitAsync(cancel);
        return number == 0 ? null : IdOf(Name, number);
    }

    /// <summary>The delivery is done with a file. One with an end that is no entry is kept aside.</summary>
    internal void Forget(string path, bool isTorn)
    {
        var size = new FileInfo(path).Length;
        if (isTorn)
            File.Move(path, path + ".torn", overwrite: true);
        else
            File.Delete(path);
        Interlocked.Add(ref _bytes, -size);
    }

    // As of keys: what others can read or write there would be delivered in our name.
    private static void Guard(string folder)
    {
        const UnixFileMode others =
            UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
            | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;
        if (new DirectoryInfo(folder).LinkTarget is not null
            || (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(folder) & others) != UnixFileMode.None))
        {
            throw new IOException($"{folder} is a link, or open to others: its mode must be 0700 (chmod 700 it).");
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_queue.Writer.TryComplete())
        {
            await _writer;
            _segment.Dispose();
            await _lock.DisposeAsync();
        }
    }

    private async Task WriteAllAsync()
    {
        var batch = new List<Waiting>(MaxBatch);
        while (await _queue.Reader.WaitToReadAsync())
        {
            batch.Clear();
            var size = 0L;
            while (batch.Count < MaxBatch && _queue.Reader.TryRead(out var next))
            {
                batch.Add(next);
                size += SpoolSegment.SizeOf(next.Entry);
            }

            var isWritten = TryWrite(batch);
            if (isWritten)
                Interlocked.Add(ref _bytes, size);
            foreach (var (waiting, i) in batch.Select((waiting, i) => (waiting, i)))
                waiting.Number.TrySetResult(isWritten ? _next - batch.Count + i : 0);
            if (isWritten)
                Grown?.Invoke();
        }
    }

    /// <summary>All of them, or none: a disk that fails or is full makes them no.</summary>
    private bool TryWrite(List<Waiting> batch)
    {
        try
        {
            if (_segment.IsFull)
            {
                var full = _segment;
                Segments.Enqueue(_segment = SpoolSegment.Create(_folder, Name, _next));
                full.Dispose();
            }

            _segment.Append(batch.ConvertAll(waiting => waiting.Entry));
            _next += batch.Count;
            return true;
        }
#pragma warning disable CA1031 // Whatever it was: those who wait hear no, and the writer lives on.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _log.LogError("The spool of decisions cannot be written, so the answer is no: {Reason}", e.Message);
            return false;
        }
    }

    private sealed class Waiting(byte[] entry)
    {
        internal byte[] Entry => entry;

        /// <summary>Its number; 0: it is not durable.</summary>
        internal TaskCompletionSource<long> Number { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
