using System.Text;

namespace Writ.Tlog.Tests;

/// <summary>A whole log is verified, and the first place where it is not what it says is named with both sides.
/// </summary>
public sealed class LogVerifierTests
{
    [Theory]
    [InlineData(0, new[] { 0 })]
    [InlineData(1, new[] { 0, 1 })]
    [InlineData(255, new[] { 3, 7, 254 })]
    [InlineData(256, new[] { 256 })]
    [InlineData(257, new[] { 1, 255, 256 })]
    [InlineData(1000, new[] { 255, 256, 257, 511, 512, 513, 999 })]
    [InlineData(66_000, new[] { 256, 65_535, 65_536, 65_537 })]
    public async Task Whole_log_is_verified(int size, int[] checkpoints)
    {
        using var log = MemoryLog.Of(size, checkpoints);

        var verdict = await log.VerifyAsync();

        Assert.Null(verdict.Divergence);
        Assert.Equal(size, verdict.Head!.Size);
        Assert.Equal(checkpoints.Append(size).Distinct().Count(), verdict.Checkpoints);
        Assert.Equal(verdict.Checkpoints, verdict.Cosigned[log.Witness.Name]);
        Assert.Equal([log.Witness.Name], verdict.HeadCosigned);
    }

    [Fact]
    public async Task Each_entry_is_shown_once()
    {
        using var log = MemoryLog.Of(600);
        var seen = new int[600];

        await log.VerifyAsync((start, tile, bundle, _) =>
        {
            foreach (var (at, entry) in EntryBundle.Read(bundle).Index())
            {
                Assert.StartsWith($"{{\"entry\":{start + at},", Encoding.UTF8.GetString(entry.Span));
                Interlocked.Increment(ref seen[start + at]);
            }
            return ValueTask.FromResult<LogDivergence?>(null);
        });

        Assert.All(seen, times => Assert.Equal(1, times));
    }

    [Fact]
    public async Task First_divergence_is_told_with_both_sides()
    {
        using var log = MemoryLog.Of(1000, 300, 700);
        var entries = log.Files["tile/entries/001"];
        var stands = TreeHash.Of(log.Files["tile/0/001"].AsSpan(0, 32));
        entries[5] ^= 1;
        log.Files["tile/0/002"][40] ^= 1; // another one, behind it

        var divergence = (await log.VerifyAsync()).Divergence!;

        Assert.Equal("tile/0/001, hash 0 (of entry 256)", divergence.Place);
        Assert.Equal(stands.ToString(), divergence.Stands);
        var length = (entries[0] << 8) + entries[1];
        Assert.Equal(TreeHash.OfLeaf(entries.AsSpan(2, length)).ToString(), divergence.Computed);
    }

    [Fact]
    public async Task Log_that_was_rewritten_whole_is_told_from_a_checkpoint_before()
    {
        using var log = MemoryLog.Of(600, 300);
        using var other = MemoryLog.Of(600);
        var fork = log.Sign(new Checkpoint(log.Key.Name, 300, TreeHash.OfLeaf("x"u8)).ToString()).ToString();
        other.Files["checkpoints"] = [.. Encoding.UTF8.GetBytes(fork), .. other.Files["checkpoints"]];

        var divergence = (await other.VerifyAsync()).Divergence!;

        Assert.Equal("checkpoints, number 1, the root of 300 entries", divergence.Place);
        Assert.Equal(TreeHash.OfLeaf("x"u8).ToString(), divergence.Stands);
    }

    [Fact]
    public async Task Checkpoint_of_more_than_the_head_is_a_divergence()
    {
        using var log = MemoryLog.Of(600, 300);
        using var older = MemoryLog.Of(300);
        older.Files["checkpoints"] = log.Files["checkpoints"];

        Assert.Contains("600", (await older.VerifyAsync()).Divergence!.Stands);
    }

    [Fact]
    public async Task Partial_tile_may_have_been_followed_by_the_full_one()
    {
        using var log = MemoryLog.Of(700, 520);
        using var before = MemoryLog.Of(520);
        foreach (var path in (string[])["checkpoint", "checkpoints"]) log.Files[path] = before.Files[path];
        log.Files["tile/0/002"] = [.. log.Files["tile/0/002.p/188"], .. new byte[68 * 32]];
        log.Files["tile/entries/002"] = log.Files["tile/entries/002.p/188"];
        log.Files["tile/1/000"] = [.. before.Files["tile/1/000.p/2"], .. new byte[254 * 32]];
        log.Files.Remove("tile/1/000.p/2");

        Assert.Null((await log.VerifyAsync()).Divergence);
    }

    [Theory]
    [InlineData("")]
    [InlineData("no note\n")]
    [InlineData("example.org/log\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n")]
    public async Task Head_that_nobody_signed_is_none(string text)
    {
        using var log = MemoryLog.Of(10);
        log.Files["checkpoint"] = Encoding.UTF8.GetBytes(text);

        Assert.Equal("checkpoint", (await log.VerifyAsync()).Divergence!.Place);
    }

    [Fact]
    public async Task Signature_of_a_stranger_is_passed_over_unless_it_is_strict()
    {
        using var log = MemoryLog.Of(10);
        using var stranger = NoteSigner.OfSeed("stranger", new byte[32]);
        Assert.True(SignedNote.TryParse(log.Files["checkpoint"], out var note));
        var more = note with { Signatures = [.. note.Signatures, stranger.Sign(note.Text)] };
        log.Files["checkpoint"] = log.Files["checkpoints"] = Encoding.UTF8.GetBytes(more.ToString());

        Assert.NotNull((await log.VerifyAsync()).Divergence);
        Assert.Null((await new LogVerifier((path, most, into, _) =>
        {
            var isThere = log.Files.TryGetValue(path, out var bytes);
            System.Buffers.BuffersExtensions.Write(into, bytes);
            return ValueTask.FromResult(isThere);
        }, log.Key, []).VerifyAsync(history: null)).Divergence);
    }

    [Fact]
    public async Task Random_damage_is_always_found()
    {
        var dice = Dice.Any();
        using var log = MemoryLog.Of(600, 100, 256, 300, 512);
        var whole = log.Files.ToDictionary(file => file.Key, file => file.Value, StringComparer.Ordinal);
        for (var round = 0; round < Soak.Rounds(inTest: 300, inSoak: 10_000); round++)
        {
            var done = Damage.Do(log.Files, dice);
            Assert.True((await log.VerifyAsync()).Divergence is not null, $"seed {dice.Seed}, round {round}: {done}");
            log.Files.Clear();
            foreach (var (path, bytes) in whole) log.Files[path] = bytes;
        }
    }
}
