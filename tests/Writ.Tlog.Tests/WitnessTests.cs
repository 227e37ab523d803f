namespace Writ.Tlog.Tests;

/// <summary>A witness's judgement (C2SP tlog-witness, add-checkpoint), status by status.</summary>
public sealed class WitnessTests : IDisposable
{
    private const string Origin = "example.org/log";

    private readonly NoteSigner _log = NoteSigner.OfSeed(Origin, new byte[32]);
    private readonly TreeHash[] _leaves =
        [.. Enumerable.Range(0, 40).Select(n => TreeHash.OfLeaf([(byte)n]))];

    public void Dispose() => _log.Dispose();

    [Fact]
    public void Each_growth_is_cosigned_and_each_fork_is_not()
    {
        for (var old = 0; old <= 33; old++)
        {
            var latest = old == 0 ? null : At(old);
            for (var size = old; size <= 33; size++)
            {
                var proof = Proof(old, size);
                Assert.Equal(200, Judge(old, proof, At(size), latest));
                if (size == 0) continue;
                var fork = At(size) with { Root = TreeHash.OfLeaf("fork"u8) };
                // The first that a witness sees of a log is what it believes.
                Assert.Equal(old == 0 ? 200 : 422, Judge(old, proof, fork, latest));
                Assert.Equal(422, Judge(old, [.. proof, fork.Root], At(size), latest));
            }
        }
    }

    [Fact]
    public void Old_size_that_is_not_the_witnesss_is_a_conflict_that_names_it()
    {
        var answer = Answer(3, Proof(3, 9), Sign(At(9)), At(5));

        Assert.Equal(new WitnessAnswer(409, "5\n"), answer);
        Assert.Equal(new WitnessAnswer(409, "0\n"), Answer(3, Proof(3, 9), Sign(At(9)), null));
        Assert.Equal(409, Judge(3, [], At(3), At(5))); // a log that went back
    }

    [Fact]
    public void Old_size_beyond_the_checkpoint_is_no_request() => Assert.Equal(400, Judge(9, [], At(5), At(9)));

    [Fact]
    public void Empty_tree_has_one_root()
    {
        Assert.Equal(200, Judge(0, [], new Checkpoint(Origin, 0, TreeHash.Empty), null));
        Assert.Equal(422, Judge(0, [], new Checkpoint(Origin, 0, _leaves[0]), null));
    }

    [Fact]
    public void Checkpoint_that_the_log_did_not_sign_is_forbidden()
    {
        using var stranger = NoteSigner.OfSeed(Origin, [.. Enumerable.Repeat((byte)7, 32)]);
        var text = At(5).ToString();
        var spoilt = Sign(At(5)) with { Text = At(6).ToString() };

        Assert.Equal(403, Answer(0, [], new SignedNote(text, [stranger.Sign(text)]), null).Status);
        Assert.Equal(403, Answer(0, [], spoilt, null).Status);
        // With a signature that holds beside it, one of the same key that does not spoils the note.
        Assert.Equal(403, Answer(0, [], spoilt with
        {
            Signatures = [.. spoilt.Signatures, _log.Sign(spoilt.Text)],
        }, null).Status);
    }

    [Fact]
    public void What_is_no_checkpoint_is_no_request() =>
        Assert.Equal(400, Answer(0, [], new SignedNote("text\n", [_log.Sign("text\n")]), null).Status);

    private int Judge(long old, TreeHash[] proof, Checkpoint checkpoint, Checkpoint? latest) =>
        Answer(old, proof, Sign(checkpoint), latest).Status;

    private WitnessAnswer Answer(long old, TreeHash[] proof, SignedNote note, Checkpoint? latest) =>
        WitnessAnswer.Judge(new WitnessRequest(old, proof, note), [_log.Key], latest);

    private SignedNote Sign(Checkpoint checkpoint)
    {
        var text = checkpoint.ToString();
        return new SignedNote(text, [_log.Sign(text)]);
    }

    private Checkpoint At(int size) => new(Origin, size, Root(new Subtree(0, size)));

    private TreeHash[] Proof(int old, int size) => [.. ConsistencyProof.Path(old, size).Select(Root)];

    private TreeHash Root(Subtree subtree)
    {
        var tree = new TreeFrontier();
        for (var i = subtree.Start; i < subtree.End; i++) tree.Append(_leaves[i]);
        return tree.Root;
    }
}
