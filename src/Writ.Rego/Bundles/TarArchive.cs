using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace Writ.Rego.Bundles;

/// <summary>
/// The files of a <c>.tar.gz</c>, nothing of which touches the disk. Room is made for what has come, never for what a
/// header announces; links and devices are refused, and names that lead out of the archive.
/// </summary>
internal static class TarArchive
{
    private const int Block = 512;
    private const int MaxNameBytes = 64 << 10;

    public static List<BundleEntry> Read(string archive, Stream packed, LoadBudget budget)
    {
        using var stream = new GZipStream(packed, CompressionMode.Decompress);
        try
        {
            return Entries(archive, stream, budget);
        }
        catch (Exception error) when (error is InvalidDataException or EndOfStreamException or IOException)
        {
            throw LoadBudget.Error(archive, $"the archive is no gzip, or broken: {error.Message}", error);
        }
    }

    private static List<BundleEntry> Entries(string archive, Stream stream, LoadBudget budget)
    {
        var entries = new List<BundleEntry>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        string? longName = null;
        while (Header(archive, stream, budget) is { } header)
        {
            budget.CountFile(archive);
            var size = Number(archive, header.AsSpan(124, 12));
            var kind = (char)header[156];
            var name = longName ?? Name(header);
            if (kind is 'x' or 'g' or 'L' or 'K')
            {
                if (size > MaxNameBytes)
                    throw LoadBudget.Error(archive, "an extended header is too long");
                var extended = Content(archive, stream, size, budget);
                longName = kind switch
                {
                    'x' => Path(archive, extended) ?? longName,
                    'L' => Text(extended).TrimEnd('\0'),
                    _ => longName,
                };
                continue;
            }

            longName = null;
            if (kind == '5')
                continue;
            if (kind is not ('0' or '\0' or '7'))
                throw LoadBudget.Error(archive, $"“{Shown(name)}” is no file: links and devices are refused");
            var path = Clean(archive, name, budget.Depth);
            if (!names.Add(path))
                throw LoadBudget.Error(archive, $"“{path}” is there twice");
            entries.Add(new BundleEntry(path, Content($"{archive}/{path}", stream, size, budget)));
        }

        return entries;
    }

    /// <summary>
    /// The next header; null at the archive's end, which an empty block marks: one that was cut between two files has
    /// none. What pads it is read too, so that the packing's own checksum is held against all of it.
    /// </summary>
    private static byte[]? Header(string archive, Stream stream, LoadBudget budget)
    {
        var block = budget.ReadExactly(archive, stream, Block);
        if (block.AsSpan().IndexOfAnyExcept((byte)0) < 0)
        {
            _ = budget.ReadAll(archive, stream);
            return null;
        }

        var sum = block.Sum(b => (long)b) - block.AsSpan(148, 8).ToArray().Sum(b => (long)b) + (8 * ' ');
        return sum == Number(archive, block.AsSpan(148, 8))
            ? block
            : throw LoadBudget.Error(archive, "a header's checksum is wrong: no tar archive");
    }

    private static byte[] Content(string name, Stream stream, long size, LoadBudget budget)
    {
        var bytes = budget.ReadExactly(name, stream, size);
        var rest = (int)((Block - (size % Block)) % Block);
        _ = budget.ReadExactly(name, stream, rest);
        return bytes;
    }

    private static long Number(string archive, ReadOnlySpan<byte> field)
    {
        var value = 0L;
        foreach (var digit in field.Trim(" \0"u8))
        {
            // A first byte of 0x80 and above announces what only files of 8 GiB and more need.
            if (digit is < (byte)'0' or > (byte)'7')
                throw LoadBudget.Error(archive, "a header has a number that is none");
            value = (value << 3) | (uint)(digit - '0');
        }

        return value;
    }

    private static string Name(byte[] header)
    {
        var name = Text(header.AsSpan(0, 100));
        var isPosix = header.AsSpan(257, 6).SequenceEqual("ustar\0"u8);
        var prefix = isPosix ? Text(header.AsSpan(345, 155)) : "";
        return prefix.Length > 0 ? $"{prefix}/{name}" : name;
    }

    private static string Text(ReadOnlySpan<byte> field)
    {
        var end = field.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? field : field[..end]);
    }

    /// <summary>Records of <c>length key=value\n</c>; of them only the path counts.</summary>
    private static string? Path(string archive, ReadOnlySpan<byte> records)
    {
        string? path = null;
        while (!records.IsEmpty)
        {
            var space = records.IndexOf((byte)' ');
            if (space < 0
                || !int.TryParse(records[..space], NumberStyles.None, CultureInfo.InvariantCulture, out var length)
                || length <= space || length > records.Length)
            {
                throw LoadBudget.Error(archive, "an extended header is broken");
            }

            var record = Encoding.UTF8.GetString(records[(space + 1)..length]).TrimEnd('\n');
            if (record.StartsWith("path=", StringComparison.Ordinal))
                path = record["path=".Length..];
            if (record.StartsWith("size=", StringComparison.Ordinal))
                throw LoadBudget.Error(archive, "the archive has a file too large for its header");
            records = records[length..];
        }

        return path;
    }

    /// <summary>Archives of OPA begin their names with a slash, those of <c>tar</c> often with a dot.</summary>
    private static string Clean(string archive, string name, int depth)
    {
        var words = name.Split('/').Where(word => word is not ("" or ".")).ToArray();
        if (words.Length == 0 || words.Contains("..", StringComparer.Ordinal) || name.Any(c => c is '\\' or < ' '))
            throw LoadBudget.Error(archive, $"“{Shown(name)}” is no name for a file of a bundle");
        return words.Length <= depth
            ? string.Join('/', words)
            : throw LoadBudget.Error(archive, $"“{Shown(name)}” lies more than {depth} folders deep");
    }

    private static string Shown(string name) =>
        string.Concat(name.Take(100).Select(c => char.IsControl(c) ? '\uFFFD' : c));
}
