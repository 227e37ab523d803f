using System.Text;
using Writ.Cli.Audit;

namespace Writ.Cli.Tests.Audit;

/// <summary><c>writ audit verify</c> of exports and proofs: what is whole is said to be, what is not is told where.
/// </summary>
public sealed class VerifyVerbTests : IDisposable
{
    private readonly ExportedLog _log = ExportedLog.Of(700, [1, 300, 512]);
    private readonly Terminal _terminal = new();
    private readonly Dictionary<string, byte[]> _written = new(StringComparer.Ordinal);

    private string Folder => _terminal.At("export");

    public void Dispose()
    {
        _log.Dispose();
        _terminal.Dispose();
    }

    [Fact]
    public async Task Whole_export_is_verified_and_says_who_cosigned()
    {
        var result = await VerifyAsync("--key", _log.Key.ToString(), "--witness", _log.Witness.ToString());

        Assert.Equal(ExitCode.Yes, result.ExitCode);
        Assert.Contains("700 records, 649 details, 4 checkpoints of example.org/log", result.Output);
        Assert.Contains("Witness witness.example/w1: 4 checkpoints, the last included", result.Output);
        Assert.DoesNotContain("#", result.Errors); // no bar where nobody watches
    }

    [Fact]
    public async Task Without_a_key_nothing_is_vouched_for()
    {
        var result = await VerifyAsync();

        Assert.Equal(ExitCode.Error, result.ExitCode);
        Assert.Contains("nobody vouched for", result.Errors);
        Assert.Contains(_log.Key.ToString(), result.Errors);
        Assert.Empty(result.Output);
    }

    [Fact]
    public async Task Other_key_than_the_right_one_refuses_all()
    {
        using var other = Writ.Tlog.NoteSigner.OfSeed("example.org/log", [.. Enumerable.Repeat((byte)9, 32)]);

        Assert.Equal(ExitCode.Differs, (await VerifyAsync("--key", other.Key.ToString())).ExitCode);
        Assert.Equal(ExitCode.Usage, (await VerifyAsync("--key", _log.Witness.ToString())).ExitCode);
    }

    [Fact]
    public async Task Witness_that_did_not_cosign_is_missed()
    {
        using var other = Writ.Tlog.NoteSigner.CosignerOfSeed("w2", [.. Enumerable.Repeat((byte)9, 32)]);

        var key = _log.Key.ToString();
        var result = await VerifyAsync(
            "--key", key, "--witness", _log.Witness.ToString(), "--witness", other.Key.ToString());
        Assert.Equal(ExitCode.Differs, result.ExitCode);
        Assert.Contains("1 cosignatures", result.Output);
        result = await VerifyAsync(
            "--key", key, "--witness", _log.Witness.ToString(), "--witness", other.Key.ToString(), "--quorum", "1");
        Assert.Equal(ExitCode.Yes, result.ExitCode);
    }

    [Fact]
    public async Task Missing_detail_that_no_erasure_covers_is_named()
    {
        using var log = ExportedLog.Of(700, [], isErasureRecorded: false);
        ExportedLog.Write(Folder, log.Files, _written);

        var result = await _terminal.RunAsync(["audit", "verify", Folder]);

        Assert.Equal(ExitCode.Differs, result.ExitCode);
        Assert.Contains("record 1000", result.Output);
        Assert.Contains("no erasure in the log covers it", result.Output);
    }

    [Theory]
    [InlineData("{\"v\":2,\"at\":1}", "members out of their order")]
    [InlineData("{\"at\":1,\"at\":2}", "members out of their order")]
    [InlineData("{\"at\": 1}", "white space")]
    [InlineData("{\"at\" :1}", "white space")]
    [InlineData("{\"at\":1}\n", "white space")]
    [InlineData("{\"a\":[1, 2]}", "white space")]
    [InlineData("[1]", "no object")]
    [InlineData("{\"at\":1", "no JSON")]
    [InlineData("", "no JSON")]
    [InlineData("{}", "no kind, outcome, time or version")]
    [InlineData("{\"at\":1,\"kind\":\"a.b\",\"outcome\":\"perhaps\",\"v\":2}", "no kind, outcome, time or version")]
    [InlineData("{\"at\":1,\"detail_hash\":\"\",\"kind\":\"a.b\",\"outcome\":\"deny\",\"v\":2}", "no detail_hash")]
    [InlineData("{\"a\":\"\\ud800\"}", "no JSON")]
    [InlineData("{\"a\":{\"z\":1,\"b\":2}}", "members out of their order")]
    public void Core_that_is_not_canonical_is_none(string core, string why) =>
        Assert.Equal(why, CoreText.TryRead(Encoding.UTF8.GetBytes(core), out _));

    [Theory]
    [InlineData("{\"at\":1,\"kind\":\"a.b\",\"outcome\":\"deny\",\"v\":1}")]
    [InlineData("{\"at\":1,\"kind\":\"\\\" , :\",\"log\":{\"a\":[1,\"x\",{}],\"z\":1},\"outcome\":\"allow\",\"v\":2}")]
    [InlineData("{\"length\":70000,\"sha256\":\"x\"}")]
    public void Core_that_is_canonical_is_one(string core) =>
        Assert.Null(CoreText.TryRead(Encoding.UTF8.GetBytes(core), out _));

    [Theory]
    [InlineData("[[0,10]]", true)]
    [InlineData("[[0,3],[5,6]]", true)]
    [InlineData("[[0,11]]", false)] // of itself, and of what is not there yet
    [InlineData("[[0,9223372036854775807]]", false)]
    [InlineData("[[5,6],[0,3]]", false)]
    [InlineData("[[0,3],[2,4]]", false)]
    [InlineData("[[3,3]]", false)]
    [InlineData("[[-1,3]]", false)]
    [InlineData("\"[[0,3]]\"", false)]
    [InlineData("\"\\ud800\"", false)]
    public void Erasure_covers_records_before_it_alone(string ranges, bool isOne) => Assert.Equal(
        isOne,
        CoreText.TryErased(Encoding.UTF8.GetBytes($"{{\"erased\":{ranges}}}"), 10, new IndexRanges()));

    [Fact]
    public void Blocks_of_ranges_are_those_of_the_log()
    {
        var ranges = new IndexRanges();
        ranges.Add(0, long.MaxValue);
        Assert.Equal([0, 1, 2], ranges.Blocks(1000, 1600, 256));
        var few = new IndexRanges();
        few.Add(1255, 1257);
        few.Add(1600, 1601);
        Assert.Equal([0, 1, 2], few.Blocks(1000, 2000, 256));
        Assert.Equal(1600, ranges.FirstWithin(few) is 1255 ? few.Last : null);
    }

    [Fact]
    public async Task Detail_that_the_log_says_was_erased_is_not_kept()
    {
        var details = _log.Files["details/000"];
        var (_, detail) = ExportedLog.Record(0, 350, isErasureRecorded: true);
        _log.Files["details/000"] = [0, 0, 0, (byte)detail.Length, .. detail, .. details[4..]];

        var result = await VerifyAsync("--key", _log.Key.ToString());

        Assert.Equal(ExitCode.Differs, result.ExitCode);
        Assert.Contains("a detail still", result.Output);
    }

    [Theory]
    [InlineData("{\"detail\":{},\"subject\":\"ada\"}", null)]
    [InlineData("{\"outcome\":\"deny\"}", "a member of cores")]
    [InlineData("{\"subject\":\"a\",\"subject\":\"b\"}", "out of their order")]
    [InlineData("{\"detail\":{\"a\":1,\"a\":2}}", "out of their order")]
    [InlineData("{\"task\":\"x\"}", "a member of cores")]
    [InlineData("no", "no JSON")]
    public void Detail_can_pass_for_nothing_of_the_core(string json, string? fault)
    {
        var said = CoreText.FaultOf("{\"task\":\"t\"}"u8, [.. new byte[16], .. Encoding.UTF8.GetBytes(json)]);

        if (fault is null) Assert.Null(said);
        else Assert.Contains(fault, said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Link_in_an_export_is_refused_and_not_followed()
    {
        ExportedLog.Write(Folder, _log.Files, _written);
        Directory.CreateSymbolicLink(Path.Combine(Folder, "tile/9"), Folder);

        var result = await _terminal.RunAsync(["audit", "verify", Folder, "--key", _log.Key.ToString()]);

        Assert.Equal(ExitCode.Differs, result.ExitCode);
        Assert.Contains("tile/9", result.Output);
    }

    [Fact]
    public async Task Proof_is_checked_with_nothing_but_the_logs_key()
    {
        var (core, detail) = ExportedLog.Record(600, 350, isErasureRecorded: true);
        var proof = new ProofFile(core, detail, _log.Prove(600)).ToString();
        await File.WriteAllTextAsync(_terminal.At("p"), proof);
        await File.WriteAllTextAsync(_terminal.At("key"), $"{_log.Key}\n");

        var result = await _terminal.RunAsync("audit verify p --key key -o json");
        Assert.Equal(ExitCode.Yes, result.ExitCode);
        Assert.Contains("\"subject\": \"ada\"", result.Output);
        Assert.Equal(ExitCode.Usage, (await _terminal.RunAsync("audit verify p")).ExitCode);
        Assert.Equal(
            ExitCode.Differs, (await _terminal.RunAsync("audit verify p --key key --of dec_other")).ExitCode);

        // Each byte counts, but for the witness's signature, which nobody asked about.
        var end = proof.LastIndexOf('\u2014');
        var dice = Dice.Any();
        for (var round = 0; round < 300; round++)
        {
            var spoilt = proof.ToCharArray();
            var at = dice.Next(end);
            spoilt[at] = (char)(spoilt[at] ^ (1 << dice.Next(7)));
            await File.WriteAllTextAsync(_terminal.At("p"), new string(spoilt));
            result = await _terminal.RunAsync("audit verify p --key key");
            Assert.True(
                result.ExitCode is ExitCode.Differs or ExitCode.Error, $"seed {dice.Seed}, {at}: {result.Output}");
        }
    }

    [Fact]
    [Trait("Soak", "tamper")]
    public async Task Random_damage_of_an_export_is_always_found()
    {
        var dice = Dice.Any();
        using var log = Soak.IsLong ? ExportedLog.Of(3000, [1, 255, 256, 1000, 2999]) : ExportedLog.Of(300, [100]);
        ExportedLog.Write(Folder, log.Files, _written);
        var check = new LogCheck(new LogFolder(Folder), log.Key, [log.Witness]) { Workers = 1 };
        var whole = await check.RunAsync(new LogFolder(Folder), bar: null, CancellationToken.None);
        Assert.Null(whole.Divergence);
        for (var round = 0; round < Soak.Rounds(inTest: 700, inSoak: 10_000); round++)
        {
            var files = new Dictionary<string, byte[]>(log.Files, StringComparer.Ordinal);
            var done = Damage.Do(files, dice);
            ExportedLog.Write(Folder, files, _written);
            Assert.True(await IsFoundAsync(check), $"seed {dice.Seed}, round {round}: {done}");
            ExportedLog.Write(Folder, log.Files, _written);
        }

        Soak.Figure($"tamper: all damages of {log.Cores.Count} records found, seed {dice.Seed}");
    }

    [Theory]
    [InlineData("tile/0/003")]
    [InlineData("tile/0/000.p/17")]
    [InlineData("details/notes.txt")]
    [InlineData("readme")]
    public async Task File_that_does_not_belong_there_is_named(string name)
    {
        _log.Files[name] = [1];

        var result = await VerifyAsync();

        Assert.Equal(ExitCode.Differs, result.ExitCode);
        Assert.Contains(name, result.Output);
    }

    [Fact]
    public async Task Hostile_files_are_refused_and_not_loaded()
    {
        ExportedLog.Write(Folder, _log.Files, _written);
        await using (var huge = File.OpenWrite(Path.Combine(Folder, "tile/entries/001")))
            huge.SetLength(10L << 30);
        var result = await _terminal.RunAsync(["audit", "verify", Folder]);
        Assert.Equal(ExitCode.Differs, result.ExitCode);

        foreach (var bytes in (byte[][])[[], [0xFF, 0xFE], [.. Enumerable.Repeat((byte)'\n', 4000)]])
        {
            await File.WriteAllBytesAsync(_terminal.At("p"), bytes);
            result = await _terminal.RunAsync(["audit", "verify", "p", "--key", _log.Key.ToString()]);
            Assert.Equal(ExitCode.Error, result.ExitCode);
            Assert.Contains("It is no proof", result.Errors);
        }
    }

    private async Task<Command> VerifyAsync(params string[] options)
    {
        ExportedLog.Write(Folder, _log.Files, _written);
        return await _terminal.RunAsync(["audit", "verify", Folder, .. options]);
    }

    private async Task<bool> IsFoundAsync(LogCheck check)
    {
        try
        {
            var verdict = await check.RunAsync(new LogFolder(Folder), bar: null, CancellationToken.None);
            return verdict.Divergence is not null;
        }
        catch (UnableException)
        {
            return true; // said in words
        }
    }
}
