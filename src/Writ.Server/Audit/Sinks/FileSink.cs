using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Writ.Server.Edge;
using Writ.Server.Storage;

namespace Writ.Server.Audit;

/// <summary>
/// Appends records to a file, a line each. A batch lies in one file, is synced before it counts as taken, and is not
/// written again if it stands at the file's end already: so a crash between the sync and the log's note of it leaves
/// no line twice.
/// </summary>
/// <remarks>
/// The file is open during a batch only, and locked then: another replica on this host may take over. A crash amid a
/// line leaves a part of it, which the next batch cuts off; a crash before the sync leaves what the disk has of it.
/// </remarks>
internal sealed class FileSink(SinkTarget target, Form form, TimeProvider time)
{
    private const int MaxBatch = 4 << 20;
    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Allowed = Mode | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;
    private static readonly byte[][] Beginnings =
        [[.. "{\"index\":"u8], [.. "{\"activity_id\":"u8], [.. "CEF:0|Writ|"u8]];

    private readonly string _path = target.To.LocalPath;
    private long _length = -1; // of the file as we left it; owner, as of the next: the one carrier
    private DateTimeOffset _began;

    /// <summary>On a thread of the pool: a disk that hangs holds that one and nobody's request.</summary>
    public Task<int> TakeAsync(IReadOnlyList<RecordRow> rows, CancellationToken cancel) =>
        Task.Run(() => Take(rows), cancel);

    private int Take(IReadOnlyList<RecordRow> rows)
    {
        using var batch = new MemoryStream();
        var taken = Fill(batch, rows);
        var file = Open(out var isNew);
        try
        {
            if (!isNew) Know(file);
            batch.Position = isNew ? 0 : Mend(file, batch.GetBuffer().AsSpan(0, (int)batch.Length));
            if (batch.Position == batch.Length) return taken;
            if (file.Length > 0 && (file.Length + batch.Length - batch.Position > target.RotateBytes || IsOld()))
            {
                file.Dispose();
                Rotate();
                file = Open(out isNew);
            }
            Append(file, batch);
            if (isNew) SyncFolder();
            return taken;
        }
        finally
        {
            file.Dispose();
        }
    }

    /// <summary>How many records that is.</summary>
    private int Fill(MemoryStream batch, IReadOnlyList<RecordRow> rows)
    {
        for (var i = 0; i < rows.Count; i++)
        {
            using var entry = form.Read(rows[i]);
            if (entry is null) continue;
            batch.Write(form.Write(entry));
            batch.WriteByte((byte)'\n');
            if (batch.Length >= MaxBatch) return i + 1;
        }
        return rows.Count;
    }

    private FileStream Open(out bool isNew)
    {
        var there = new FileInfo(_path);
        if (there.LinkTarget is not null) throw new IOException($"{_path} is a link: name the file itself.");
        if (there.Exists && (there.UnixFileMode & ~Allowed) != UnixFileMode.None)
            throw new IOException($"{_path} is open to others: chmod o= it.");
        var file = new FileStream(_path, new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite,
            Share = FileShare.None, // against another replica; who reads it asks for no lock
            BufferSize = 0,
            UnixCreateMode = Mode,
        });
        if (!file.CanSeek)
        {
            file.Dispose();
            throw new IOException($"{_path} is no regular file.");
        }
        isNew = file.Length == 0;
        if (isNew) _began = time.GetUtcNow();
        else if (_length < 0) _began = new DateTimeOffset(File.GetCreationTimeUtc(_path));
        return file;
    }

    /// <summary>Nothing is cut or written where the first line is not one of ours, in whatever form.</summary>
    private void Know(FileStream file)
    {
        Span<byte> first = stackalloc byte[Beginnings.Max(b => b.Length)];
        file.Position = 0;
        first = first[..file.ReadAtLeast(first, first.Length, throwOnEndOfStream: false)];
        foreach (var beginning in Beginnings)
        {
            var length = Math.Min(beginning.Length, first.Length); // it may be torn
            if (first[..length].SequenceEqual(beginning.AsSpan(0, length))) return;
        }
        throw new IOException($"{_path} does not begin with a record: it is not ours.");
    }

    /// <summary>Cuts off a line that has no end, and answers how much of the batch stands at the file's end.</summary>
    private int Mend(FileStream file, ReadOnlySpan<byte> batch)
    {
        if (file.Length == _length) return 0; // as we left it
        var tail = new byte[Math.Min(file.Length, batch.Length + MaxBatch)];
        file.Position = file.Length - tail.Length;
        file.ReadExactly(tail);
        var whole = tail.AsSpan(0, tail.AsSpan().LastIndexOf((byte)'\n') + 1);
        if (whole.Length < tail.Length)
        {
            if (whole.IsEmpty && tail.Length < file.Length)
                throw new IOException($"{_path} does not end with lines: it is not ours.");
            file.SetLength(file.Length - (tail.Length - whole.Length));
        }
        // From the longest beginning of the batch to the shortest, whole lines each.
        for (var end = batch.Length; end > 0; end = batch[..(end - 1)].LastIndexOf((byte)'\n') + 1)
            if (whole.EndsWith(batch[..end])) return end;
        return 0;
    }

    private bool IsOld() => time.GetUtcNow() - _began >= target.RotateAge;

    private void Append(FileStream file, MemoryStream batch)
    {
        var before = file.Length;
        _length = -1;
        try
        {
            file.Position = before;
            file.Write(batch.GetBuffer().AsSpan((int)batch.Position, (int)(batch.Length - batch.Position)));
            file.Flush(flushToDisk: true);
            _length = file.Length;
        }
        catch (IOException)
        {
            Restore(file, before);
            throw;
        }
    }

    /// <summary>A disk that is full keeps no part of a batch; what cannot be cut off now is so later.</summary>
    private static void Restore(FileStream file, long length)
    {
        try
        {
            file.SetLength(length);
        }
        catch (IOException)
        {
            // The disk refuses that, too.
        }
    }

    /// <summary>The file gets the moment as a part of its name, so that names sort by time; the oldest are removed.
    /// </summary>
    private void Rotate()
    {
        var (folder, stem, end) = Parts();
        var moment = time.GetUtcNow();
        string name;
        do
        {
            var at = moment.ToString("yyyyMMdd'T'HHmmssfff'Z'", CultureInfo.InvariantCulture);
            name = Path.Combine(folder, $"{stem}-{at}{end}");
            moment += TimeSpan.FromMilliseconds(1);
        } while (File.Exists(name));
        File.Move(_path, name);
        SyncFolder();
        if (target.Keep == 0) return;
        var old = Directory.GetFiles(folder, $"{stem}-*{end}").Where(f => IsRotated(f, stem, end))
            .OrderDescending(StringComparer.Ordinal).Skip(target.Keep);
        foreach (var file in old) File.Delete(file);
    }

    private (string Folder, string Stem, string End) Parts() =>
        (Path.GetDirectoryName(_path)!, Path.GetFileNameWithoutExtension(_path), Path.GetExtension(_path));

    /// <summary>Only what has our own form of a name is ever removed.</summary>
    private static bool IsRotated(string file, string stem, string end)
    {
        var name = Path.GetFileName(file);
        return name.Length > stem.Length + 1 + end.Length && DateTime.TryParseExact(
            name[(stem.Length + 1)..^end.Length], "yyyyMMdd'T'HHmmssfff'Z'", CultureInfo.InvariantCulture,
            DateTimeStyles.None, out _);
    }

    /// <summary>A new name is on the disk once its folder is (fsync(2)).</summary>
    private void SyncFolder()
    {
        using var folder = new SafeFileHandle(OpenFolder(Path.GetDirectoryName(_path)!, 0), ownsHandle: true);
        if (folder.IsInvalid) throw new IOException($"The folder of {_path} cannot be opened.");
        RandomAccess.FlushToDisk(folder);
    }

    [DllImport("libc", EntryPoint = "open", CharSet = CharSet.Ansi, SetLastError = true, BestFitMapping = false,
        ThrowOnUnmappableChar = true)]
    private static extern int OpenFolder([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);
}
