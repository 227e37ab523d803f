using System.Text;

namespace Writ.Tlog.Tests;

/// <summary>Proofs as files, and requests to witnesses: they come back as they went, and one changed bit spoils them.
/// </summary>
public sealed class LogProofTests : IDisposable
{
    private readonly NoteSigner _log = NoteSigner.OfSeed("example.com/log", [.. Enumerable.Repeat((byte)1, 32)]);
    private readonly NoteSigner _witness = NoteSigner.CosignerOfSeed("w1", [.. Enumerable.Repeat((byte)2, 32)]);

    public void Dispose()
    {
        _log.Dispose();
        _witness.Dispose();
    }

    [Fact]
    public void Proof_comes_back_and_verifies()
    {
        var (leaf, proof) = Make(extra: false);

        Assert.True(LogProof.TryParse(proof.ToString(), out var read));
        var (checkpoint, fault) = read.Verify(leaf, _log.Key, [_witness.Key], 1);
        Assert.Null(fault);
        Assert.Equal(5, checkpoint!.Size);
        Assert.Equal(proof.ToString(), read.ToString());
    }

    [Fact]
    public void Proof_without_its_log_its_witness_or_its_entry_proves_nothing()
    {
        var (leaf, proof) = Make(extra: true);
        using var other = NoteSigner.OfSeed("example.com/log", new byte[32]);
        using var stranger = NoteSigner.CosignerOfSeed("w2", new byte[32]);

        Assert.NotNull(proof.Verify(leaf, other.Key, [_witness.Key], 1).Fault);
        Assert.NotNull(proof.Verify(leaf, _log.Key, [stranger.Key], 1).Fault);
        Assert.NotNull(proof.Verify(TreeHash.OfLeaf("forged"u8), _log.Key, [_witness.Key], 1).Fault);
        Assert.NotNull((proof with { Index = 3 }).Verify(leaf, _log.Key, [_witness.Key], 1).Fault);
        Assert.Null(proof.Verify(leaf, _log.Key, [stranger.Key], 0).Fault);
    }

    [Fact]
    public void No_bit_can_change_unseen()
    {
        var (leaf, proof) = Make(extra: false);
        var bytes = Encoding.UTF8.GetBytes(proof.ToString());
        for (var bit = 0; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            var holds = LogProof.TryParse(Encoding.UTF8.GetString(bytes), out var read)
                && read.Verify(leaf, _log.Key, [_witness.Key], 1).Fault is null;
            Assert.False(holds, $"bit {bit}");
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Fact]
    public void Request_to_a_witness_comes_back()
    {
        var (_, proof) = Make(extra: false);
        var request = new WitnessRequest(3, proof.Path, proof.Note);

        Assert.True(WitnessRequest.TryParse(request.ToString(), out var read));

        Assert.Equal(request.ToString(), read.ToString());
        Assert.Equal(3, read.OldSize);
        Assert.False(WitnessRequest.TryParse(request.ToString().Replace("old 3", "old 03", StringComparison.Ordinal),
            out _));
    }

    private (TreeHash Leaf, LogProof Proof) Make(bool extra)
    {
        var leaves = Enumerable.Range(0, 5).Select(n => TreeHash.OfLeaf([(byte)n])).ToArray();
        var tree = new TreeFrontier();
        foreach (var leaf in leaves) tree.Append(leaf);
        var text = new Checkpoint(_log.Key.Name, 5, tree.Root).ToString();
        var note = new SignedNote(
            text, [_log.Sign(text), _witness.Cosign(text, DateTimeOffset.FromUnixTimeSeconds(1_700_000_000))]);
        TreeHash[] path =
        [
            leaves[3], TreeHash.OfNode(leaves[0], leaves[1]), leaves[4],
        ];
        return (leaves[2], new LogProof(2, path, note) { Extra = extra ? "more"u8.ToArray() : null });
    }
}
