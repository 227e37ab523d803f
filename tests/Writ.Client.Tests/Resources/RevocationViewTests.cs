using Writ.Protocol;

namespace Writ.Client.Tests;

public sealed class RevocationViewTests
{
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(250);

    private readonly FakeTime _time = new();
    private readonly RevocationView _view;

    public RevocationViewTests() => _view = new(TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(5), _time);

    private DateTimeOffset Now => _time.GetUtcNow();

    [Fact]
    public void New_view_is_stale() => Assert.False(_view.IsFresh);

    [Fact]
    public void Snapshot_alone_is_no_sign_of_life()
    {
        _view.Apply(Issuer.Nothing());
        Assert.False(_view.IsFresh);
    }

    [Fact]
    public void Heartbeat_after_a_snapshot_makes_it_fresh_for_its_bound()
    {
        _view.Apply(Issuer.Nothing());
        Hear(Now);
        _time.Advance(TimeSpan.FromMilliseconds(500));
        Assert.True(_view.IsFresh);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.False(_view.IsFresh);
    }

    [Fact]
    public void Heartbeat_without_a_snapshot_is_not_applied() =>
        Assert.False(_view.Apply(new RevocationFeedMessage.Heartbeat("e1", 0, Now)));

    [Fact]
    public void Another_epoch_makes_it_stale_at_once()
    {
        _view.Apply(Issuer.Nothing());
        Hear(Now);
        Assert.False(_view.Apply(new RevocationFeedMessage.Heartbeat("e2", 0, Now)));
        Assert.False(_view.IsFresh);
    }

    // It may come from a replica that is behind the one before it, and un-revoke what that one had told.
    [Fact]
    public void Snapshot_makes_it_stale_until_the_heartbeat_behind_it()
    {
        var whole = new RevocationFeedMessage.Snapshot("e1", 90, [Issuer.Revoke(RevocationHandle.Task("old")).Entry]);
        _view.Apply(Issuer.Nothing());
        _view.Apply(Issuer.Revoke(RevocationHandle.Task("new"), index: 100));
        Hear(Now);

        Assert.True(_view.Apply(whole with { IsLast = false }));
        Assert.True(_view.IsFresh); // what was known before it still holds
        Assert.True(_view.Apply(whole with { Part = 1, Entries = [] }));

        Assert.False(_view.IsFresh);
        Assert.Equal(90, _view.Set.Index);
        Hear(Now);
        Assert.True(_view.IsFresh);
    }

    [Fact]
    public void Snapshot_of_a_new_epoch_replaces_the_set()
    {
        _view.Apply(Issuer.Nothing());
        _view.Apply(Issuer.Revoke(RevocationHandle.Task("old")));
        _view.Apply(Issuer.Nothing("e2"));
        Assert.Equal(0, _view.Set.Count);
        Assert.Equal("e2", _view.Set.Epoch);
    }

    // A relay that holds the stream back hides revocations: its heartbeats must not count as fresh.
    [Fact]
    public void Heartbeats_that_are_held_back_do_not_count_as_fresh()
    {
        _view.Apply(Issuer.Nothing());
        Hear(Now);
        var sent = Now;
        _time.Advance(TimeSpan.FromSeconds(2));
        Hear(sent + Beat);
        Assert.False(_view.IsFresh);
    }

    [Fact]
    public void Clocks_that_differ_do_not_make_it_stale()
    {
        _view.Apply(Issuer.Nothing());
        for (var i = 0; i < 8; i++)
        {
            Hear(Now - TimeSpan.FromSeconds(4));
            Assert.True(_view.IsFresh);
            _time.Advance(Beat);
        }
    }

    [Fact]
    public void Heartbeat_beyond_the_skew_does_not_count()
    {
        _view.Apply(Issuer.Nothing());
        Hear(Now - TimeSpan.FromMinutes(1));
        Assert.False(_view.IsFresh);
    }

    private void Hear(DateTimeOffset sent) => _view.Apply(new RevocationFeedMessage.Heartbeat("e1", 0, sent));
}
