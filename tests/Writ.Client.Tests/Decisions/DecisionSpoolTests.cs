using System.Diagnostics;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Writ.Testing;

namespace Writ.Client.Tests.Decisions;

/// <summary>What was answered is on the disk, in order, whatever happens; what is not there was no answer.</summary>
public sealed class DecisionSpoolTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("writ-spool-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Entries_of_many_are_durable_in_the_order_of_their_ids()
    {
        Dictionary<string, string> told = new(StringComparer.Ordinal);
        await using (var spool = Open())
        {
            var entries = Enumerable.Range(0, 500).Select(i => $"\"{i}\"").ToArray();
            var ids = await Task.WhenAll(
                entries.Select(e => Task.Run(async () => await spool.AppendAsync(Bytes(e), CancellationToken.None))));
            foreach (var (id, entry) in ids.Zip(entries))
                told.Add(id!, entry);
        }

        Assert.Equal(told, Read().ToDictionary(e => e.Id, e => e.Text, StringComparer.Ordinal));
        Assert.Equal(Enumerable.Range(1, 500), Read().Select(e => int.Parse(e.Id[(e.Id.LastIndexOf('_') + 1)..])));
    }

    // A restart must never give a number twice, whatever became of the files: the broker takes each number once.
    [Fact]
    public async Task Each_start_writes_under_a_name_of_its_own_and_keeps_what_was_left()
    {
        string first, second;
        await using (var spool = Open())
            first = (await spool.AppendAsync(Bytes("\"a\""), CancellationToken.None))!;
        await using (var spool = Open())
        {
            Assert.Single(spool.Left);
            second = (await spool.AppendAsync(Bytes("\"b\""), CancellationToken.None))!;
        }

        Assert.NotEqual(first[..^2], second[..^2]);
        Assert.Equal([(first, "\"a\""), (second, "\"b\"")], Read());
    }

    [Fact]
    public async Task Folder_serves_one_process()
    {
        await using var spool = Open();
        Assert.Throws<IOException>(Open);
    }

    // What others can write there would be delivered in our name.
    [Fact]
    public void Folder_that_is_open_to_others_is_not_used()
    {
        File.SetUnixFileMode(_folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
            | UnixFileMode.GroupRead | UnixFileMode.GroupExecute);
        Assert.Throws<IOException>(Open);

        File.SetUnixFileMode(_folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var link = _folder + "-link";
        Directory.CreateSymbolicLink(link, _folder);
        Assert.Throws<IOException>(() => new DecisionSpool(link, 1 << 30, NullLogger.Instance));
        Directory.Delete(link);
    }

    [Fact]
    public async Task Full_spool_takes_no_more_and_takes_again_when_there_is_room()
    {
        await using var spool = Open(maxBytes: 1000);
        while (await spool.AppendAsync(new byte[100], CancellationToken.None) is not null)
            Assert.InRange(spool.Segments.Sum(s => s.Durable), 0, 1100);
        Assert.True(spool.IsHalfFull);

        spool.Forget(spool.Segments.First().Path, isTorn: false);

        Assert.NotNull(await spool.AppendAsync(new byte[100], CancellationToken.None));
        Assert.Null(await spool.AppendAsync(new byte[DecisionSpool.MaxEntry + 1], CancellationToken.None));
    }

    [Theory]
    [InlineData(1)]  // of the last entry's bytes
    [InlineData(15)] // of its frame
    public async Task End_that_was_torn_off_is_no_entry(int bytes)
    {
        await using (var spool = Open())
        {
            await spool.AppendAsync(Bytes("\"kept\""), CancellationToken.None);
            await spool.AppendAsync(Bytes("\"torn apart\""), CancellationToken.None);
        }

        var file = Directory.GetFiles(_folder, "*.spool").Single();
        using (var cut = File.OpenWrite(file))
            cut.SetLength(cut.Length - bytes);

        var part = SpoolSegment.Read(file, null, new FileInfo(file).Length, 100, 1000);
        Assert.True(part.IsTorn);
        Assert.Equal("\"kept\"", Encoding.UTF8.GetString(Assert.Single(part.Entries)));
    }

    [Theory]
    [InlineData(60)]  // an entry
    [InlineData(43)]  // a frame
    [InlineData(10)]  // the header
    public async Task Byte_that_changed_is_found(int at)
    {
        await using (var spool = Open())
            await spool.AppendAsync(Bytes("\"a decision, somewhat long\""), CancellationToken.None);
        var file = Directory.GetFiles(_folder, "*.spool").Single();
        var bytes = await File.ReadAllBytesAsync(file);
        bytes[at] ^= 1;
        await File.WriteAllBytesAsync(file, bytes);

        var part = SpoolSegment.Read(file, null, bytes.Length, 100, 1000);

        Assert.True(part.IsTorn);
        Assert.Empty(part.Entries);
    }

    [Fact]
    public async Task Disk_that_fails_is_a_no_and_another_try_later()
    {
        await using var disk = await SmallDisk.MountAsync("256k");
        await using (var spool = new DecisionSpool(Path.Combine(disk.Folder, "spool"), 1 << 30, NullLogger.Instance))
        {
            Assert.NotNull(await spool.AppendAsync(Bytes("\"before\""), CancellationToken.None));
            disk.Fill();
            Assert.Null(await spool.AppendAsync(new byte[30_000], CancellationToken.None));
            disk.Empty();

            var after = await spool.AppendAsync(Bytes("\"after\""), CancellationToken.None);

            Assert.EndsWith("_2", after, StringComparison.Ordinal); // no number was lost
            var segment = spool.Segments.Single();
            var part = SpoolSegment.Read(segment.Path, null, new FileInfo(segment.Path).Length, 1000, int.MaxValue);
            Assert.False(part.IsTorn);
            Assert.Equal(["\"before\"", "\"after\""], part.Entries.Select(Encoding.UTF8.GetString));
        }
    }

    [Fact]
    public async Task Killed_process_leaves_all_that_it_answered()
    {
        using var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [SpoolHost.Name, _folder])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        })!;
        var told = new List<(string, string)>();
        while (told.Count < 300 && await process.StandardOutput.ReadLineAsync() is { } line)
            told.Add(Pair(line));
        process.Kill(); // SIGKILL
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.Contains(' ', StringComparison.Ordinal))
                told.Add(Pair(line));
        }

        await process.WaitForExitAsync();
        Assert.True(told.Count >= 300);
        var kept = Read().ToHashSet();
        Assert.All(told.SkipLast(1), one => Assert.Contains((one.Item1, $"\"{one.Item2}\""), kept));
    }

    private static (string, string) Pair(string line) => (line.Split(' ')[0], line.Split(' ')[1]);

    private DecisionSpool Open() => Open(1 << 30);

    private DecisionSpool Open(long maxBytes) => new(_folder, maxBytes, NullLogger.Instance);

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    /// <summary>All that is on the disk, as the delivery would read it.</summary>
    private List<(string Id, string Text)> Read()
    {
        var found = new List<(string, string)>();
        foreach (var path in Directory.GetFiles(_folder, "*.spool").Order(StringComparer.Ordinal))
        {
            SpoolPart? part = null;
            do
            {
                part = SpoolSegment.Read(path, part, new FileInfo(path).Length, 7, 1 << 20);
                found.AddRange(part.Entries.Select((entry, i) =>
                    (DecisionSpool.IdOf(part.Spool, part.First + i), Encoding.UTF8.GetString(entry))));
            }
            while (part.Entries.Count > 0);
        }

        return found;
    }
}
