using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Writ.Client;

/// <summary>
/// One file of the spool. First its header: magic, the spool's name, the number of the first entry. Then entries, each
/// with its length and a checksum over its number and bytes (CRC-32C): an end that was torn off is found, and is none.
/// </summary>
internal sealed class SpoolSegment : IDisposable
{
    internal const string Suffix = ".spool";

    private const int MaxBytes = 4 * 1024 * 1024;
    private const int NameBytes = 22; // of a name of 128 random bits
    private const int HeaderBytes = 8 + NameBytes + 8 + 4;
    private const int FrameBytes = 8;
    private static ReadOnlySpan<byte> Magic => "WRITSPL1"u8;

    private readonly SafeFileHandle _file;
    private long _next;            // number of the next entry; owner: the writer
    private long _durable;         // bytes that are synced; owner: the writer
    private bool _needsTruncation; // a write failed: what lies behind _durable is not there; owner: the writer

    private SpoolSegment(string path, SafeFileHandle file, long first)
    {
        Path = path;
        _file = file;
        _next = first;
    }

    internal string Path { get; }

    internal bool IsFull => Volatile.Read(ref _durable) >= MaxBytes;

    /// <summary>Up to where it may be read.</summary>
    internal long Durable => Interlocked.Read(ref _durable);

    internal static int SizeOf(byte[] entry) => FrameBytes + entry.Length;

    internal static SpoolSegment Create(string folder, string name, long first)
    {
        // The names sort as the files were made: by the clock of their making, which is only for the order of delivery.
        var made = TimeProvider.System.GetUtcNow().UtcTicks;
        var path = System.IO.Path.Combine(
            folder, string.Create(CultureInfo.InvariantCulture, $"{made:D19}-{name}-{first:D12}{Suffix}"));
        var file = File.OpenHandle(
            path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, FileOptions.None, preallocationSize: 0);
        var segment = new SpoolSegment(path, file, first);
        try
        {
            var header = new byte[HeaderBytes];
            Magic.CopyTo(header);
            Encoding.ASCII.GetBytes(name, header.AsSpan(8, NameBytes));
            BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(8 + NameBytes), first);
            BinaryPrimitives.WriteUInt32LittleEndian(
                header.AsSpan(HeaderBytes - 4), Crc(0, header.AsSpan(0, HeaderBytes - 4)));
            segment.Write(header);
            FolderSync.Flush(folder); // before anything rests on what is in it
            return segment;
        }
        catch
        {
            segment.Dispose();
            throw;
        }
    }

    /// <summary>Appends entries and syncs: when it returns they are durable, when it throws they are not there.
    /// </summary>
    internal void Append(List<byte[]> entries)
    {
        var bytes = new byte[entries.Sum(SizeOf)];
        var at = bytes.AsSpan();
        foreach (var entry in entries)
        {
            BinaryPrimitives.WriteInt32LittleEndian(at, entry.Length);
            BinaryPrimitives.WriteUInt32LittleEndian(at[4..], Crc(_next++, entry));
            entry.CopyTo(at[FrameBytes..]);
            at = at[SizeOf(entry)..];
        }

        try
        {
            Write(bytes);
        }
        catch
        {
            _next -= entries.Count;
            throw;
        }
    }

    /// <summary>Reads what follows in a file up to a length: entries that are whole, in order.</summary>
    /// <param name="path">The file.</param>
    /// <param name="before">What was read before; null: nothing.</param>
    /// <param name="upTo">Where the file ends.</param>
    /// <param name="most">So many entries at the most.</param>
    /// <param name="mostBytes">So many bytes, or one entry more.</param>
    internal static SpoolPart Read(string path, SpoolPart? before, long upTo, int most, int mostBytes)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var header = new byte[HeaderBytes];
        if (RandomAccess.Read(file, header, 0) < HeaderBytes || !header.AsSpan().StartsWith(Magic)
            || BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(HeaderBytes - 4))
                != Crc(0, header.AsSpan(0, HeaderBytes - 4)))
        {
            return new SpoolPart("", 0, [], upTo, IsTorn: true);
        }

        var name = Encoding.ASCII.GetString(header, 8, NameBytes);
        var number = BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(8 + NameBytes));
        if (before is not null)
            number = before.First + before.Entries.Count;
        // Entries are counted from the first: their numbers are not in them.
        var (first, entries, size, at) = (number, new List<byte[]>(), 0, before?.End ?? HeaderBytes);
        var frame = new byte[FrameBytes];
        while (at < upTo && entries.Count < most && size < mostBytes)
        {
            if (RandomAccess.Read(file, frame, at) < FrameBytes)
                return new SpoolPart(name, first, entries, at, IsTorn: true);
            var length = BinaryPrimitives.ReadInt32LittleEndian(frame);
            if (length is <= 0 or > DecisionSpool.MaxEntry || at + FrameBytes + length > upTo)
                return new SpoolPart(name, first, entries, at, IsTorn: true);
            var entry = new byte[length];
            if (RandomAccess.Read(file, entry, at + FrameBytes) < length
                || BinaryPrimitives.ReadUInt32LittleEndian(frame.AsSpan(4)) != Crc(number, entry))
            {
                return new SpoolPart(name, first, entries, at, IsTorn: true);
            }

            entries.Add(entry);
            size += length;
            number++;
            at += FrameBytes + length;
        }

        return new SpoolPart(name, first, entries, at, IsTorn: false);
    }

    public void Dispose() => _file.Dispose();

    private void Write(ReadOnlySpan<byte> bytes)
    {
        var durable = _durable;
        if (_needsTruncation)
        {
            RandomAccess.SetLength(_file, durable);
            _needsTruncation = false;
        }

        try
        {
            RandomAccess.Write(_file, bytes, durable);
            RandomAccess.FlushToDisk(_file);
        }
        catch
        {
            _needsTruncation = true;
            throw;
        }

        Interlocked.Exchange(ref _durable, durable + bytes.Length);
    }

    private static uint Crc(long number, ReadOnlySpan<byte> bytes)
    {
        var crc = BitOperations.Crc32C(uint.MaxValue, (ulong)number);
        while (bytes.Length >= sizeof(ulong))
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }

        foreach (var one in bytes)
            crc = BitOperations.Crc32C(crc, one);
        return ~crc;
    }
}

/// <summary>Entries of one file, in order.</summary>
/// <param name="Spool">The spool's name.</param>
/// <param name="First">The number of the first entry.</param>
/// <param name="Entries">The entries.</param>
/// <param name="End">Where the next one begins.</param>
/// <param name="IsTorn">What follows is no entry.</param>
internal sealed record SpoolPart(string Spool, long First, IReadOnlyList<byte[]> Entries, long End, bool IsTorn);
