using System.Net;
using System.Text.Json.Nodes;
using Writ.Protocol;

namespace Writ.Client.Tests;

public sealed class RevocationFeedTests : IAsyncLifetime
{
    private ProtectedApi _api = null!;

    private FakeBroker Broker => _api.Broker;

    // A machine that is busy elsewhere must not be taken for a broker that does not answer.
    public async ValueTask InitializeAsync() =>
        _api = await ProtectedApi.StartAsync(writ => writ.IntrospectionTimeout = TimeSpan.FromSeconds(30));

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    // Promise P3, at an SDK verifier: within a second.
    [Fact]
    public async Task Revocation_is_felt_within_a_second()
    {
        var token = _api.Token("orders:read");
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(token));
        Broker.Say(Issuer.Revoke(RevocationHandle.Task("task-1")));
        await Eventually.IsTrueAsync(() => _api.View.Set.Count == 1, "it is heard", TimeSpan.FromSeconds(1));
        Assert.Equal((401, "token_revoked"), await RefusalAsync(token));
    }

    [Fact]
    public async Task Snapshot_carries_what_was_revoked_before()
    {
        var broker = await FakeBroker.StartAsync();
        broker.FirstMessage = new RevocationFeedMessage.Snapshot(
            "e1", 7, [Issuer.Revoke(RevocationHandle.Task("task-1")).Entry]);
        await using var api = await ProtectedApi.StartAsync(broker: broker);
        using var answer = await api.SendAsync(api.Token("orders:read"));
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
    }

    [Fact]
    public async Task Snapshot_in_parts_is_put_together()
    {
        var broker = await FakeBroker.StartAsync();
        broker.FirstMessage = new RevocationFeedMessage.Snapshot(
            "e1", 7, [.. Enumerable.Range(0, 5).Select(i => Issuer.Revoke(RevocationHandle.Task($"task-{i}")).Entry)]);
        broker.PartBytes = 170; // of two entries
        await using var api = await ProtectedApi.StartAsync(broker: broker);
        Assert.Equal((5, 7L), (api.View.Set.Count, api.View.Set.Index));
        using var answer = await api.SendAsync(api.Token("orders:read"));
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
    }

    // Fresh with a part of the revocations would let the others' tokens through.
    [Fact]
    public async Task Snapshot_without_its_last_part_is_none_and_is_asked_for_again()
    {
        var broker = await FakeBroker.StartAsync();
        broker.FirstMessage = new RevocationFeedMessage.Snapshot(
            "e1", 7, [.. Enumerable.Range(0, 5).Select(i => Issuer.Revoke(RevocationHandle.Task($"task-{i}")).Entry)]);
        broker.PartBytes = 170; // of two entries
        broker.PartsSent = 2;
        await using var api = await ProtectedApi.StartAsync(broker: broker, waits: false);
        await Eventually.IsTrueAsync(() => broker.FeedRequests.Count > 1, "it is asked for again");
        Assert.False(api.View.IsFresh);
        Assert.Equal(0, api.View.Set.Count);
        broker.PartsSent = null;
        await Eventually.IsTrueAsync(() => api.View.IsFresh, "it is fresh");
        Assert.Equal(5, api.View.Set.Count);
    }

    [Fact]
    public async Task Silent_feed_makes_it_ask_the_broker()
    {
        var token = _api.Token("orders:read");
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(token));
        await SilenceAsync(_api);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(token));
        Assert.True(Broker.Introspections > 0);
        Broker.IsActive = false;
        await Eventually.HoldsAsync(
            async () => await StatusAsync(token) == HttpStatusCode.Unauthorized, "it is refused",
            TimeSpan.FromSeconds(1));
        Assert.Equal((401, "token_revoked"), await RefusalAsync(token));
    }

    // A feed that is down must not turn every request at every resource server into one at the broker.
    [Fact]
    public async Task Silent_feed_makes_it_ask_once_for_many_requests()
    {
        var token = _api.Token("orders:read");
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(token));
        await SilenceAsync(_api);
        var (asked, began) = (Broker.Introspections, TimeProvider.System.GetTimestamp());
        for (var i = 0; i < 20; i++)
            Assert.Equal(HttpStatusCode.OK, await StatusAsync(token));
        var most = 1 + (int)(TimeProvider.System.GetElapsedTime(began) / BrokerVerdicts.Life);
        Assert.InRange(Broker.Introspections - asked, 0, most);
        Assert.True(Broker.Introspections > 0);
    }

    [Fact]
    public async Task Silent_feed_and_no_broker_is_a_refusal_that_is_counted_apart()
    {
        var counted = 0L;
        using var listener = new System.Diagnostics.Metrics.MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument is { Meter.Name: "Writ.Client", Name: "writ.verifier.stale_refusals" })
                self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((_, count, _, _) => Interlocked.Add(ref counted, count));
        listener.Start();

        await using var lone = await ProtectedApi.StartAsync(writ => writ.IntrospectWhenStale = false);
        var token = lone.Token("orders:read");
        (await lone.SendAsync(token)).Dispose();
        await SilenceAsync(lone);
        using var answer = await lone.SendAsync(token);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Equal("verifier_stale", await CodeAsync(answer));
        Assert.True(Interlocked.Read(ref counted) > 0);
    }

    [Fact]
    public async Task Feed_is_resumed_after_the_last_index()
    {
        Broker.Say(Issuer.Revoke(RevocationHandle.Task("other"), index: 41));
        await Eventually.IsTrueAsync(() => _api.View.Set.Index == 41, "it is heard");
        Broker.Hang();
        await Eventually.IsTrueAsync(
            () => Broker.FeedRequests.Last().Contains("after=41", StringComparison.Ordinal), "it resumes");
        Assert.Contains("epoch=e1", Broker.FeedRequests.Last(), StringComparison.Ordinal);
        await Eventually.IsTrueAsync(() => _api.View.IsFresh, "it is fresh again");
        Assert.Equal(1, _api.View.Set.Count);
    }

    [Fact]
    public async Task New_epoch_begins_with_a_new_snapshot()
    {
        Broker.Say(Issuer.Revoke(RevocationHandle.Task("other"), index: 41));
        await Eventually.IsTrueAsync(() => _api.View.Set.Count == 1, "it is heard");
        Broker.FirstMessage = Issuer.Nothing("e2", index: 3);
        Broker.Epoch = "e2";
        await Eventually.IsTrueAsync(() => _api.View.Set.Epoch == "e2" && _api.View.IsFresh, "the epoch is taken up");
        Assert.Equal((0, 3L), (_api.View.Set.Count, _api.View.Set.Index));
    }

    // The feed's key is not the tokens' key: who can sign tokens must not be able to hide or invent revocations.
    [Fact]
    public async Task Message_signed_by_the_token_key_is_not_believed()
    {
        var forged = Broker.Issuer.Tokens.Sign(
            RevocationFeedMessage.Typ, Issuer.Revoke(RevocationHandle.Task("task-1")).ToPayload());
        await AssertNotBelievedAsync(forged);
    }

    [Fact]
    public async Task Message_of_another_type_is_not_believed()
    {
        var payload = Issuer.Revoke(RevocationHandle.Task("task-1")).ToPayload();
        await AssertNotBelievedAsync(Broker.Issuer.Feed.Sign("at+jwt", payload));
    }

    [Fact]
    public async Task Unsigned_message_is_not_believed() =>
        await AssertNotBelievedAsync("{\"kind\":\"heartbeat\",\"epoch\":\"e1\",\"index\":1,\"at\":1}");

    [Fact]
    public async Task Stream_of_forged_heartbeats_does_not_keep_it_fresh()
    {
        await SilenceAsync(_api);
        using var stop = new CancellationTokenSource();
        var forging = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                var beat = new RevocationFeedMessage.Heartbeat("e1", 0, TimeProvider.System.GetUtcNow());
                Broker.Say(Broker.Issuer.Tokens.Sign(RevocationFeedMessage.Typ, beat.ToPayload()));
                await Task.Delay(50);
            }
        });
        await Task.Delay(600);
        Assert.False(_api.View.IsFresh);
        await stop.CancelAsync();
        await forging;
    }

    [Fact]
    public async Task Server_without_feed_at_its_start_recovers_when_the_feed_does()
    {
        var broker = await FakeBroker.StartAsync();
        broker.IsBeating = false;
        await using var api = await ProtectedApi.StartAsync(broker: broker, waits: false);
        await Task.Delay(300);
        Assert.False(api.View.IsFresh);
        broker.IsBeating = true;
        await Eventually.IsTrueAsync(() => api.View.IsFresh, "it is fresh");
    }

    private async Task AssertNotBelievedAsync(string data)
    {
        var streams = Broker.FeedRequests.Count;
        Broker.Say(data);
        await Eventually.IsTrueAsync(() => Broker.FeedRequests.Count > streams, "the stream is dropped");
        Assert.Equal(0, _api.View.Set.Count);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(_api.Token("orders:read")));
    }

    // A heartbeat that was said before may still be on its way, and would count when it comes: so the stream is ended
    // too, and what came of it has been heard when the next one is asked for.
    private static async Task SilenceAsync(ProtectedApi api)
    {
        api.Broker.IsBeating = false;
        var streams = api.Broker.FeedRequests.Count;
        api.Broker.Hang();
        await Eventually.IsTrueAsync(
            () => api.Broker.FeedRequests.Count > streams && !api.View.IsFresh, "it is stale and stays so");
    }

    private async Task<HttpStatusCode> StatusAsync(string token)
    {
        using var answer = await _api.SendAsync(token);
        return answer.StatusCode;
    }

    private async Task<(int Status, string? Code)> RefusalAsync(string token)
    {
        using var answer = await _api.SendAsync(token);
        return ((int)answer.StatusCode, await CodeAsync(answer));
    }

    private static async Task<string?> CodeAsync(HttpResponseMessage answer) =>
        (string?)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["code"];
}
