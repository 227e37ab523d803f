using System.Text;
using System.Text.Json;
using Writ.Server.Audit;
using Writ.Server.Edge;
using Writ.Server.Storage;
using Writ.Testing;

namespace Writ.Server.Tests.Audit.Sinks;

/// <summary>Records in files: nothing lost and nothing twice, whatever the disk does.</summary>
public sealed class FileSinkTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("writ-sink-").FullName;
    private readonly FakeTimeProvider _clock = FakeTimeProvider.AtPresent();

    private string File => Path.Combine(_folder, "audit.ndjson");

    [Fact]
    public async Task Records_are_lines_that_only_we_can_read()
    {
        var sink = Open();

        Assert.Equal(3, await TakeAsync(sink, SinkRecords.Rows(0, 3)));
        Assert.Equal(2, await TakeAsync(sink, SinkRecords.Rows(3, 2)));

        Assert.Equal([0, 1, 2, 3, 4], Indexes());
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(File));
    }

    /// <summary>The store did not note what was written: the batch comes again, and with it what came since.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(40)] // amid the last line
    public async Task Crash_leaves_no_line_twice_and_none_torn(int cut)
    {
        await TakeAsync(Open(), SinkRecords.Rows(0, 10));
        await TakeAsync(Open(), SinkRecords.Rows(10, 10));
        using (var file = System.IO.File.OpenWrite(File)) file.SetLength(file.Length - cut);

        await TakeAsync(Open(), SinkRecords.Rows(10, 15));

        Assert.Equal(Enumerable.Range(0, 25).Select(i => (long)i), Indexes());
    }

    /// <summary>After a restore of the store other records bear the indexes that the file has.</summary>
    [Fact]
    public async Task Other_records_of_the_same_indexes_are_written()
    {
        await TakeAsync(Open(), SinkRecords.Rows(0, 5));

        await TakeAsync(Open(), [SinkRecords.Row(3, "task.end"), SinkRecords.Row(4, "task.end")]);

        Assert.Equal([0, 1, 2, 3, 4, 3, 4], Indexes());
    }

    [Fact]
    public async Task File_makes_room_by_size_and_age_and_the_oldest_go()
    {
        var other = Path.Combine(_folder, "audit-mine.ndjson");
        await System.IO.File.WriteAllTextAsync(other, "not a sink's");
        var sink = Open(t => t with { RotateBytes = 2000, Keep = 3 });
        for (var i = 0; i < 8; i++)
        {
            await TakeAsync(sink, SinkRecords.Rows(i * 10, 10)); // over a half of it
            _clock.Advance(TimeSpan.FromSeconds(1));
        }
        Assert.Equal(5, Directory.GetFiles(_folder).Length); // three, the one that is written, and the other
        Assert.Equal(Enumerable.Range(70, 10).Select(i => (long)i), Indexes());

        _clock.Advance(TimeSpan.FromDays(1));
        await TakeAsync(sink, SinkRecords.Rows(80, 1));

        Assert.Equal([80], Indexes());
        Assert.True(System.IO.File.Exists(other));
        var kept = Directory.GetFiles(_folder, "audit-2*").Order(StringComparer.Ordinal).SelectMany(IndexesOf);
        Assert.Equal(Enumerable.Range(50, 30).Select(i => (long)i), kept);
    }

    [Fact]
    public async Task Disk_that_is_full_keeps_whole_lines_and_gets_the_rest_later()
    {
        await using var disk = await SmallDisk.MountAsync("256k");
        var sink = Open(to: Path.Combine(disk.Folder, "audit.ndjson"));
        await TakeAsync(sink, SinkRecords.Rows(0, 100));
        disk.Fill();

        await Assert.ThrowsAsync<IOException>(() => TakeAsync(sink, SinkRecords.Rows(100, 200)));
        disk.Empty();
        await TakeAsync(sink, SinkRecords.Rows(100, 200));

        Assert.Equal(
            Enumerable.Range(0, 300).Select(i => (long)i), IndexesOf(Path.Combine(disk.Folder, "audit.ndjson")));
    }

    [Fact]
    public async Task File_that_is_not_ours_is_left_alone()
    {
        await System.IO.File.WriteAllBytesAsync(File, new byte[9 << 20]);

        await Assert.ThrowsAsync<IOException>(() => TakeAsync(Open(), SinkRecords.Rows(0, 1)));

        Assert.Equal(9 << 20, new FileInfo(File).Length);
    }

    [Theory]
    [InlineData("key")]
    [InlineData("link")]
    [InlineData("open")]
    [InlineData("pipe")]
    public async Task File_that_may_be_another_thing_is_not_touched(string what)
    {
        var other = Path.Combine(_folder, "other");
        await System.IO.File.WriteAllTextAsync(other, "a key, without an end of line");
        var file = what is "key" ? other : File;
        if (what is "link") System.IO.File.CreateSymbolicLink(File, other);
        if (what is "open") await System.IO.File.WriteAllTextAsync(File, "{\"index\":0}\n");
        if (what is "open") System.IO.File.SetUnixFileMode(File, (UnixFileMode)0b110_100_100);
        if (what is "key") System.IO.File.SetUnixFileMode(other, (UnixFileMode)0b110_000_000);
        if (what is "pipe") (await Command.RunAsync("mkfifo", ["-m", "600", File])).Succeeded();

        await Assert.ThrowsAsync<IOException>(() => TakeAsync(Open(to: file), SinkRecords.Rows(0, 1)));

        Assert.Equal("a key, without an end of line", await System.IO.File.ReadAllTextAsync(other));
    }

    /// <summary>What cannot be read is carried as a stub, and keeps nothing behind it.</summary>
    [Theory]
    [InlineData("writ")]
    [InlineData("ocsf")]
    [InlineData("cef")]
    public async Task Record_that_cannot_be_read_keeps_none_behind_it(string form)
    {
        string[] odd =
        [
            "no record", "[]", """{"at":1e300,"kind":"token.issue","outcome":"allow","expires_at":"never"}""",
            """{"at":9223372036854775807,"kind":7,"outcome":"allow","expires_at":1.5,"jti":"x"}""",
            """{"at":1,"kind":"token.issue","outcome":"allow","subject":"\ud800"}""", "{\"at\":-1}",
        ];
        var rows = odd.Select((o, i) => new RecordRow { Idx = i, Core = Encoding.UTF8.GetBytes(o) })
            .Append(new RecordRow { Idx = odd.Length, Core = [.. "{\"kind\":\""u8, 0xFF, .. "\"}"u8] }).ToList();

        Assert.Equal(rows.Count, await TakeAsync(Open(form: form), rows));

        Assert.Equal(rows.Count, System.IO.File.ReadAllLines(File).Length);
    }

    [Fact]
    public async Task Large_batch_is_taken_in_parts()
    {
        var rows = Enumerable.Range(0, 8).Select(i => SinkRecords.Row(
            i, more: new { detail = new { because = new string('x', 1 << 20) } })).ToList();
        var sink = Open();

        var taken = await TakeAsync(sink, rows);

        Assert.InRange(taken, 1, 7);
        await TakeAsync(sink, [.. rows.Skip(taken)]);
        Assert.Equal(Enumerable.Range(0, 8).Select(i => (long)i), Indexes());
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private FileSink Open(Func<SinkTarget, SinkTarget>? change = null, string? to = null, string form = "writ")
    {
        var target = SinkRecords.Target(SinkWay.File, "file://" + (to ?? File));
        return new FileSink(change?.Invoke(target) ?? target, SinkRecords.Form(form), _clock);
    }

    private static Task<int> TakeAsync(FileSink sink, IReadOnlyList<RecordRow> rows) =>
        sink.TakeAsync(rows, CancellationToken.None);

    private IEnumerable<long> Indexes() => IndexesOf(File);

    private static IEnumerable<long> IndexesOf(string file) =>
        System.IO.File.ReadAllText(file, Encoding.UTF8).TrimEnd('\n').Split('\n')
            .Select(line => JsonElement.Parse(line).GetProperty("index").GetInt64());
}
