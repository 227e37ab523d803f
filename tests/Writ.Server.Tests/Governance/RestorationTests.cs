using Writ.Client;
using Writ.Protocol;
using Writ.Server.Keys;
using Writ.Server.Storage;
using Writ.Server.Tests.Revocations;
using Writ.Testing;

namespace Writ.Server.Tests.Governance;

/// <summary>
/// Restore: a store from a backup knows nothing of what came after it. Once restored, nothing outstanding is
/// alive at the broker or at an SDK verifier, and nothing that was used can be used again.
/// </summary>
public sealed class RestorationTests
{
    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Everything_outstanding_is_dead_and_nothing_used_is_used_again(Engine engine)
    {
        await using var store = await TestStore.CreateAsync(engine);
        var clock = FakeTimeProvider.AtPresent();
        var broker = await StartAsync(store, clock);
        var world = await broker.Seed.WorldAsync();
        var task = await world.TaskAsync();
        var early = await TokenAsync(world.Agent, world, task);
        var backup = await StoreBackup.TakeAsync(store);

        // What the backup does not know: a token, the end of a task, an assertion and a proof that were used.
        var lateTask = await world.TaskAsync();
        var late = await TokenAsync(world.Agent, world, lateTask);
        await broker.Seed.EndTaskAsync(task.Id);
        var used = Request(world.Agent, world, lateTask);
        Assert.Equal(200, (await world.Agent.SendAsync(used())).Status);
        Assert.EndsWith("_replayed", (await world.Agent.SendAsync(used())).Code, StringComparison.Ordinal);
        var sdk = new SdkVerifier(world, clock);
        await sdk.FollowAsync(broker);
        Assert.IsType<Verification.Verified>(sdk.Verify(late));
        var epoch = sdk.View.Set.Epoch;
        await broker.DisposeAsync();

        await backup.PutBackAsync();
        await RestoreAsync(store, clock);
        await using var restored = await StartAsync(store, clock);
        var agent = world.Agent.At(restored);

        foreach (var token in new[] { early, late }) Assert.Null(restored.Wiring.TokenCallers.ReadAny(token));
        Assert.False(sdk.View.Apply(new RevocationFeedMessage.Heartbeat(
            restored.Wiring.Revocations.Set.Epoch, 0, clock.GetUtcNow()))); // it must ask for a snapshot
        await sdk.FollowAsync(restored);
        Assert.NotEqual(epoch, sdk.View.Set.Epoch);
        foreach (var token in new[] { early, late })
            Assert.Equal("token_revoked", Assert.IsType<Verification.Refused>(sdk.Verify(token)).Refusal.Code);
        var replayed = await agent.SendAsync(used());
        Assert.Equal("invalid_dpop_proof", replayed.Error);
        Assert.Equal("task_not_open", (await agent.TokenAsync(("task", task.Id), ("scope", world.Grant()))).Code);

        // And it goes on: new work is served, and the verifier takes it.
        sdk.FetchKeys(restored);
        var next = await restored.Seed.TaskAsync(agent, world.Workflow);
        Assert.IsType<Verification.Verified>(sdk.Verify(await TokenAsync(agent, world, next)));
        Assert.Contains(
            await restored.RecordsAsync(), r => r.GetProperty("kind").GetString() == "store.restore");
    }

    // Whoever stole the key made the owner revoke it: the backup knows nothing of that.
    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Signing_key_that_was_revoked_since_the_backup_is_trusted_no_more(Engine engine)
    {
        await using var store = await TestStore.CreateAsync(engine);
        var clock = FakeTimeProvider.AtPresent();
        var broker = await StartAsync(store, clock);
        var world = await broker.Seed.WorldAsync();
        var owner = await broker.Seed.OperatorAsync(Seed.Name("owner"));
        var stolen = broker.Wiring.Keys.Current(KeyPurpose.Token)!;
        var feedKey = broker.Wiring.Keys.Current(KeyPurpose.Feed)!;
        var sdk = new SdkVerifier(world, clock);
        await sdk.FollowAsync(broker);
        var backup = await StoreBackup.TakeAsync(store);
        Assert.Equal(204, (await owner.PostAsync($"/v1/signing-keys/{stolen.Kid}/revoke", new { })).Status);
        await broker.DisposeAsync();

        await backup.PutBackAsync();
        await RestoreAsync(store, clock);
        await using var restored = await StartAsync(store, clock);
        var agent = world.Agent.At(restored);
        var task = await restored.Seed.TaskAsync(agent, world.Workflow);
        var good = await TokenAsync(agent, world, task);
        Assert.True(Base64UrlText.TryDecode(good.Split('.')[1], out var payload));
        var forged = stolen.Sign(AccessTokenClaims.Typ, payload);
        await sdk.FollowAsync(restored);

        Assert.Null(restored.Wiring.TokenCallers.ReadAny(forged));
        foreach (var (purpose, old) in new[] { (KeyPurpose.Token, stolen), (KeyPurpose.Feed, feedKey) })
        {
            Assert.DoesNotContain(old.Kid!, restored.Wiring.Keys.Jwks(purpose), StringComparison.Ordinal);
            Assert.NotEqual(old.Kid, restored.Wiring.Keys.Current(purpose)!.Kid);
        }
        // With the keys that it fetched before all this, too.
        Assert.Equal("token_revoked", Assert.IsType<Verification.Refused>(sdk.Verify(forged)).Refusal.Code);
        sdk.FetchKeys(restored);
        Assert.IsType<Verification.Verified>(sdk.Verify(good));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Assertion_of_before_is_refused_with_or_without_a_time(bool hasTime)
    {
        await using var store = await TestStore.CreateAsync(Engine.Sqlite);
        var clock = FakeTimeProvider.AtPresent();
        var broker = await StartAsync(store, clock);
        var world = await broker.Seed.WorldAsync();
        var task = await world.TaskAsync();
        await broker.DisposeAsync();
        await RestoreAsync(store, clock);
        await using var restored = await StartAsync(store, clock);
        var agent = world.Agent.At(restored);
        var then = clock.GetUtcNow().AddSeconds(-8);
        var claims = new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["iss"] = agent.Id,
            ["sub"] = agent.Id,
            ["aud"] = restored.Issuer,
            ["jti"] = TestCaller.Jti(),
            ["exp"] = then.AddMinutes(1).ToUnixTimeSeconds(),
        };
        if (hasTime) claims["iat"] = then.ToUnixTimeSeconds();
        var assertion = agent.Signer.Sign(
            ClientAssertion.Typ, System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(claims));

        var refused = await agent.TokenAsync(("client_assertion", assertion), ("task", task.Id));

        Assert.Equal((401, "assertion_invalid"), (refused.Status, refused.Code));
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Codes_and_refresh_tokens_of_before_are_gone(Engine engine)
    {
        await using var store = await TestStore.CreateAsync(engine);
        var clock = FakeTimeProvider.AtPresent();
        var broker = await StartAsync(store, clock);
        await broker.Seed.ApplyAsync(async tx =>
        {
            await EnrolmentStore.InsertAsync(tx, new EnrolmentRow
            {
                CodeHash = "hash",
                Name = "eve",
                Role = OperatorRole.Owner,
                CreatedBy = "test",
                ExpiresAt = Instant.MaxMicros,
            });
            return await ((Claim.Effect)RefreshTokenStore.Insert(new RefreshTokenRow
            {
                Hash = "hash",
                Family = "f",
                Client = "c",
                Task = "t",
                Subject = "s",
                KeyThumbprint = "k",
                Claims = "[]",
                IssuedAt = 0,
                ExpiresAt = Instant.MaxMicros,
            })).Apply(tx);
        });
        await broker.DisposeAsync();

        await RestoreAsync(store, clock);

        await using var database = store.Open(clock);
        Assert.Null(await new EnrolmentStore(database).FindAsync("hash", 0));
        Assert.Null(await new RefreshTokenStore(database).FindAsync("hash"));
    }

    // Without nonces: what keeps old proofs out must be the moment of the restore.
    private static Task<TestBroker> StartAsync(TestStore store, FakeTimeProvider clock) =>
        TestBroker.StartAsync(store, clock, s => s with { NonceRequired = false });

    /// <summary>What the command does: the restore, and the wait behind it.</summary>
    private static async Task RestoreAsync(TestStore store, FakeTimeProvider clock)
    {
        await using var broker = await StartAsync(store, clock);
        var ready = await broker.Wiring.Restoration.RunAsync();
        clock.Advance(ready - clock.GetUtcNow());
    }

    private static async Task<string> TokenAsync(TestCaller agent, TestWorld world, TaskRow task) =>
        (await agent.TokenAsync(("task", task.Id), ("scope", world.Grant()))).AccessToken;

    /// <summary>One request, to be sent again and again.</summary>
    private static Func<HttpRequestMessage> Request(TestCaller agent, TestWorld world, TaskRow task)
    {
        var form = agent.Form(("task", task.Id), ("scope", world.Grant()));
        var proof = agent.Proof("POST", "/oauth/token");
        return () =>
        {
            var request = new HttpRequestMessage(HttpMethod.Post, "/oauth/token")
            {
                Content = new FormUrlEncodedContent(form),
            };
            request.Headers.Add("DPoP", proof);
            return request;
        };
    }

    /// <summary>The verifier of the SDK at the resource, as it judges; the feed is read to it by the test.</summary>
    private sealed class SdkVerifier
    {
        private readonly TestWorld _world;
        private readonly FakeTimeProvider _clock;
        private TokenVerifier? _verifier;

        public SdkVerifier(TestWorld world, FakeTimeProvider clock)
        {
            _world = world;
            _clock = clock;
            View = new RevocationView(TimeSpan.FromDays(1), TimeSpan.FromSeconds(5), clock);
        }

        public RevocationView View { get; }

        public void FetchKeys(TestBroker broker) => _verifier!.Keys = KeysOf(broker);

        private static KeyRing KeysOf(TestBroker broker)
        {
            var jwks = System.Text.Encoding.UTF8.GetBytes(broker.Wiring.Keys.Jwks(KeyPurpose.Token));
            Assert.True(KeyRing.TryParse(jwks, out var ring, out _));
            return ring;
        }

        public async Task FollowAsync(TestBroker broker)
        {
            _verifier ??= new TokenVerifier(
                new VerifierSettings
                {
                    Issuer = broker.Issuer,
                    Audiences = System.Collections.Frozen.FrozenSet.ToFrozenSet([_world.Orders.Uri]),
                },
                KeysOf(broker), View, _clock);
            await using var feed = await FeedReader.OpenAsync(broker, _world.Agent.At(broker));
            while (await feed.NextOfAnyKindAsync() is { } message)
            {
                Assert.True(View.Apply(message));
                if (message is RevocationFeedMessage.Heartbeat) return;
            }
        }

        public Verification Verify(string token)
        {
            var uri = _world.Orders.Uri + "/orders";
            return _verifier!.Verify(new PresentedToken
            {
                Token = token,
                IsDpop = true,
                Method = "GET",
                Uri = uri,
                Proof = DpopProof.Create(
                    _world.Agent.Key, "GET", uri, TestCaller.Jti(), _clock.GetUtcNow(), _verifier.NewNonce(), token),
            });
        }
    }
}
