using System.Buffers.Binary;
using System.Security.Cryptography;
using Writ.Testing;

namespace Writ.Server.Tests;

/// <summary>
/// What a broker wrote to its SQLite store and when it synced it (disk-log.c), and from that the files that a power cut
/// leaves: all that was synced, and of the rest whatever the disk happened to have written, whole or torn.
/// </summary>
internal sealed class DiskLog
{
    private const int Head = 14;
    private const int Sector = 512;
    private static readonly (char File, string Suffix)[] Files = [('d', ""), ('w', "-wal"), ('j', "-journal")];
    private readonly Dictionary<char, byte[]?> _synced; // null: there is no such file
    private readonly List<Entry> _pending = [];

    private DiskLog(Dictionary<char, byte[]?> files) => _synced = files;

    /// <summary>How many writes were synced.</summary>
    public int Synced { get; private set; }

    /// <summary>How many were not.</summary>
    public int Unsynced => _pending.Count;

    /// <summary>Compiles the library that writes the log.</summary>
    public static async Task<string> CompileAsync(string folder)
    {
        var library = Path.Combine(folder, "disk-log.so");
        var source = Repository.At("tests/Writ.Server.Tests/Crashes/disk-log.c");
        const string need = "This test needs a C compiler: apt-get install --no-install-recommends gcc libc6-dev";
        try
        {
            var compiled = await Command.RunAsync(
                "cc", ["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", library, source, "-ldl", "-lpthread"]);
            Assert.True(compiled.ExitCode == 0, $"{need}\n{compiled.Errors}");
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Fail(need);
        }
        return library;
    }

    /// <summary>The files as they lie there, before a broker that will be logged starts on them.</summary>
    public static Dictionary<char, byte[]?> Before(string store) => Files.ToDictionary(
        f => f.File, f => File.Exists(store + f.Suffix) ? File.ReadAllBytes(store + f.Suffix) : null);

    public static DiskLog Read(string path, Dictionary<char, byte[]?> before)
    {
        var log = new DiskLog(before);
        var bytes = File.ReadAllBytes(path).AsSpan();
        while (bytes.Length >= Head)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(bytes[10..]);
            if (bytes.Length < Head + length) break; // killed while it wrote this
            log.Take(new Entry(
                (char)bytes[0], (char)bytes[1], BinaryPrimitives.ReadInt64LittleEndian(bytes[2..]),
                bytes.Slice(Head, length).ToArray()));
            bytes = bytes[(Head + length)..];
        }
        return log;
    }

    /// <summary>Puts the files of one power cut there.</summary>
    /// <param name="store">The path of the store.</param>
    /// <param name="percent">How likely a write that was not synced came to the disk all the same; one in four of
    /// those is torn.</param>
    public void Restore(string store, int percent)
    {
        var files = _synced.ToDictionary(f => f.Key, f => (byte[]?)f.Value?.Clone());
        foreach (var entry in _pending)
        {
            if (RandomNumberGenerator.GetInt32(100) >= percent) continue;
            var torn = entry.Bytes.Length > Sector && RandomNumberGenerator.GetInt32(4) == 0;
            var kept = torn ? RandomNumberGenerator.GetInt32(entry.Bytes.Length / Sector) * Sector : entry.Bytes.Length;
            files[entry.File] = Apply(files[entry.File], entry with { Bytes = entry.Bytes[..kept] });
        }
        File.Delete(store + "-shm"); // memory, which the cut has emptied
        foreach (var (file, suffix) in Files)
            if (files[file] is { } content) File.WriteAllBytes(store + suffix, content);
            else File.Delete(store + suffix);
    }

    private void Take(Entry entry)
    {
        if (entry.Operation != 's')
        {
            _pending.Add(entry);
            return;
        }
        foreach (var write in _pending.Where(p => p.File == entry.File))
        {
            _synced[write.File] = Apply(_synced[write.File], write);
            Synced++;
        }
        _pending.RemoveAll(p => p.File == entry.File);
    }

    private static byte[]? Apply(byte[]? content, Entry entry)
    {
        if (entry.Operation == 'u') return null;
        content ??= [];
        if (entry.Operation == 't')
        {
            Array.Resize(ref content, (int)entry.At);
            return content;
        }
        var end = (int)entry.At + entry.Bytes.Length;
        if (end > content.Length) Array.Resize(ref content, end);
        entry.Bytes.CopyTo(content, (int)entry.At);
        return content;
    }

    private sealed record Entry(char Operation, char File, long At, byte[] Bytes);
}
