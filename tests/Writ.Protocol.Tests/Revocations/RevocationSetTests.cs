namespace Writ.Protocol.Tests;

public sealed class RevocationSetTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);

    private const int TwoEntries = 170; // bytes

    [Fact]
    public void A_task_kills_whatever_names_it_whenever_issued()
    {
        var set = new RevocationSet();
        set.Add(Entry(RevocationHandle.Task("k1")));
        RevocationHandle[] handles = [RevocationHandle.Token("t"), RevocationHandle.Task("k1")];
        Assert.True(set.IsRevoked(handles, Now.AddYears(1), out var entry));
        Assert.Equal("test", entry.Reason);
        Assert.False(set.IsRevoked([RevocationHandle.Task("k2"), RevocationHandle.Token("k1")], Now, out entry));
        Assert.Null(entry);
    }

    [Fact]
    public void An_identity_kills_what_was_issued_up_to_the_moment()
    {
        var set = new RevocationSet();
        var identity = RevocationHandle.Identity("a");
        set.Add(Entry(identity) with { IssuedBefore = Now });
        Assert.True(set.IsRevoked([identity], Now, out _));
        Assert.False(set.IsRevoked([identity], Now.AddSeconds(1), out _));
    }

    [Fact]
    public void Of_two_revocations_the_stricter_parts_hold_in_either_order()
    {
        var identity = RevocationHandle.Identity("a");
        var early = Entry(identity) with { IssuedBefore = Now, MattersUntil = Now.AddHours(9) };
        var late = Entry(identity) with { IssuedBefore = Now.AddMinutes(5), MattersUntil = Now.AddHours(1) };
        foreach (var order in new[] { new[] { early, late }, [late, early] })
        {
            var set = new RevocationSet();
            foreach (var entry in order)
                set.Add(entry);
            Assert.True(set.IsRevoked([identity], Now.AddMinutes(5), out _));
            set.Prune(Now.AddHours(8));
            Assert.Equal(1, set.Count);
            set.Prune(Now.AddHours(9));
            Assert.Equal(0, set.Count);
        }
    }

    [Fact]
    public void A_token_is_killed_by_any_of_its_handles()
    {
        var claims = new AccessTokenClaims
        {
            Issuer = "i",
            Subject = "s",
            Audience = ["a"],
            ClientId = "c",
            Scope = "",
            Authority = Authority.Empty,
            Jti = "t2",
            IssuedAt = Now,
            ExpiresAt = Now.AddMinutes(5),
            TaskId = "k2",
            Actors = ActorChain.Of("x"),
            Ancestors = TokenAncestors.Of(["t1"], ["k1"]),
        };
        foreach (var handle in claims.Handles("key"))
        {
            var set = new RevocationSet();
            Assert.False(set.IsRevoked(claims, "key", out _));
            set.Add(Entry(handle));
            Assert.True(set.IsRevoked(claims, "key", out var entry));
            Assert.Equal(handle, entry.Handle);
        }
    }

    [Fact]
    public void The_feed_carries_one_set_into_another()
    {
        var broker = new RevocationSet();
        broker.Reset("e1", 10);
        broker.Add(11, Entry(RevocationHandle.Task("k1")));

        var verifier = new RevocationSet();
        Assert.False(verifier.Apply(new RevocationFeedMessage.Heartbeat("e1", 11, Now)));
        Assert.True(verifier.Apply(broker.ToSnapshot()));
        Assert.Equal(("e1", 11L, 1), (verifier.Epoch, verifier.Index, verifier.Count));
        Assert.True(verifier.Apply(new RevocationFeedMessage.Revoked("e1", 12, Entry(RevocationHandle.Task("k2")))));
        Assert.True(verifier.Apply(new RevocationFeedMessage.Heartbeat("e1", 15, Now)));
        Assert.True(verifier.Apply(new RevocationFeedMessage.Heartbeat("e1", 14, Now)));
        Assert.Equal((15L, 2), (verifier.Index, verifier.Count));
    }

    // Restore: a new epoch is another history, and nothing of the old one may be mixed into it.
    [Fact]
    public void Another_epoch_is_refused_until_its_snapshot()
    {
        var set = new RevocationSet();
        Assert.True(set.Apply(new RevocationFeedMessage.Snapshot("e1", 5, [Entry(RevocationHandle.Task("k1"))])));
        Assert.False(set.Apply(new RevocationFeedMessage.Revoked("e2", 6, Entry(RevocationHandle.Task("k2")))));
        Assert.Equal(("e1", 5L, 1), (set.Epoch, set.Index, set.Count));
        Assert.True(set.Apply(new RevocationFeedMessage.Snapshot("e2", 1, [])));
        Assert.Equal(("e2", 1L, 0), (set.Epoch, set.Index, set.Count));
    }

    [Fact]
    public void Snapshot_in_parts_counts_when_all_have_come()
    {
        var whole = new RevocationFeedMessage.Snapshot(
            "e2", 9, [.. Enumerable.Range(0, 5).Select(i => Entry(RevocationHandle.Token($"t{i}")))]);
        var set = new RevocationSet();
        Assert.True(set.Apply(new RevocationFeedMessage.Snapshot("e1", 5, [Entry(RevocationHandle.Task("k1"))])));
        var parts = whole.InParts("s1", TwoEntries);
        Assert.Equal(3, parts.Count);
        foreach (var part in parts)
        {
            Assert.Equal(("e1", 5L, 1), (set.Epoch, set.Index, set.Count));
            Assert.True(set.Apply(part));
            Assert.Equal(!part.IsLast, set.IsGathering);
        }
        Assert.Equal(("e2", 9L, 5), (set.Epoch, set.Index, set.Count));
    }

    // Each would leave revocations out, or keep a reader that has only a part of them fresh.
    [Fact]
    public void Parts_that_do_not_follow_each_other_are_refused()
    {
        var whole = new RevocationFeedMessage.Snapshot(
            "e1", 9, [.. Enumerable.Range(0, 5).Select(i => Entry(RevocationHandle.Token($"t{i}")))]);
        var (one, another) = (whole.InParts("s1", TwoEntries), whole.InParts("s2", TwoEntries));
        RevocationFeedMessage[][] wrong =
        [
            [one[1]],
            [one[2]],
            [one[0], one[2]],
            [one[0], one[1], one[1]],
            [one[0], another[1]],
            [one[0], new RevocationFeedMessage.Snapshot("e1", 8, whole.Entries).InParts("s1", TwoEntries)[1]],
            [one[0], new RevocationFeedMessage.Snapshot("e2", 9, whole.Entries).InParts("s1", TwoEntries)[1]],
            [one[0], new RevocationFeedMessage.Heartbeat("e0", 1, Now)],
            [one[0], new RevocationFeedMessage.Revoked("e0", 1, Entry(RevocationHandle.Task("k")))],
        ];
        foreach (var messages in wrong)
        {
            var set = new RevocationSet();
            Assert.True(set.Apply(new RevocationFeedMessage.Snapshot("e0", 0, [])));
            Assert.All(messages[..^1], m => Assert.True(set.Apply(m)));
            Assert.False(set.Apply(messages[^1]));
            Assert.Equal(("e0", 0, false), (set.Epoch, set.Count, set.IsGathering));
            Assert.All(another, p => Assert.True(set.Apply(p))); // a whole one mends it
            Assert.Equal(5, set.Count);
        }
    }

    [Fact]
    public void Readers_see_every_revocation_that_was_acknowledged()
    {
        var set = new RevocationSet();
        set.Reset("e", 0);
        Parallel.For(0, 2000, i =>
        {
            var handle = RevocationHandle.Token($"t{i}");
            set.Add(i, Entry(handle));
            Assert.True(set.IsRevoked([handle], Now, out _));
            if (i % 100 == 0)
                set.Prune(Now);
        });
        Assert.Equal((2000, 1999L), (set.Count, set.Index));
    }

    private static RevocationEntry Entry(RevocationHandle handle) =>
        new(handle, DateTimeOffset.MaxValue, Now.AddHours(1), "test");
}
