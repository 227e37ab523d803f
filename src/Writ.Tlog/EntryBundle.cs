using System.Buffers;
using System.Buffers.Binary;

namespace Writ.Tlog;

/// <summary>The entries of a tile of level 0 (C2SP tlog-tiles): each with its length before it, 16 bits, big-endian.
/// </summary>
public static class EntryBundle
{
    /// <summary>The longest entry.</summary>
    public const int MaxEntry = ushort.MaxValue;

    /// <summary>The largest bundle.</summary>
    public const int MaxBytes = Tile.FullWidth * (2 + MaxEntry);

    /// <summary>Adds an entry.</summary>
    /// <exception cref="ArgumentException">It is longer than <see cref="MaxEntry"/>.</exception>
    public static void Add(IBufferWriter<byte> bundle, ReadOnlySpan<byte> entry)
    {
        if (entry.Length > MaxEntry)
            throw new ArgumentException($"An entry has at most {MaxEntry} bytes.", nameof(entry));
        BinaryPrimitives.WriteUInt16BigEndian(bundle.GetSpan(2), (ushort)entry.Length);
        bundle.Advance(2);
        bundle.Write(entry);
    }

    /// <summary>The entries of a bundle.</summary>
    /// <exception cref="FormatException">It is cut, or has more entries than a tile has hashes.</exception>
    public static IReadOnlyList<ReadOnlyMemory<byte>> Read(ReadOnlyMemory<byte> bundle)
    {
        var entries = new List<ReadOnlyMemory<byte>>();
        while (!bundle.IsEmpty)
        {
            if (entries.Count == Tile.FullWidth) throw new FormatException("The bundle has too many entries.");
            if (bundle.Length < 2) throw new FormatException("The bundle is cut.");
            var length = BinaryPrimitives.ReadUInt16BigEndian(bundle.Span);
            if (bundle.Length < 2 + length) throw new FormatException("The bundle is cut.");
            entries.Add(bundle.Slice(2, length));
            bundle = bundle[(2 + length)..];
        }
        return entries;
    }
}
