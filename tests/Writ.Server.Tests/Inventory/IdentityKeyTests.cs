using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Writ.Protocol;
using Writ.Server.Storage;
using Writ.Testing;

namespace Writ.Server.Tests.Inventory;

/// <summary>How an identity proves itself, and for how long.</summary>
public sealed class IdentityKeyTests(SharedBrokers brokers) : IClassFixture<SharedBrokers>
{
    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Keys_rotate_with_overlap(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine);
        var staff = await Staff.HireAsync(broker);
        var world = await broker.Seed.WorldAsync();
        var path = $"/v1/identities/{Staff.PathOf(world.Agent)}";
        var successor = new TestCaller(broker, world.Agent.Id);

        // By itself, with the proof of a key in force.
        var added = await world.Agent.PostAsync($"{path}/keys", Jwk(successor.PublicKey));

        Assert.True(added.Status == 201, added.Text);
        var before = await world.Agent.TokenAsync(("resource", broker.Issuer));
        var beside = await successor.TokenAsync(("resource", broker.Issuer));
        Assert.Equal((200, 200), (before.Status, beside.Status));
        var old = (await staff.Viewer.GetAsync(path)).Json.GetProperty("keys").EnumerateArray()
            .Single(k => k.GetProperty("thumbprint").GetString() == world.Agent.PublicKey.Thumbprint)
            .GetProperty("id").GetString();
        Assert.Equal(204, (await staff.Operator.CallAsync(HttpMethod.Delete, $"{path}/keys/{old}")).Status);
        Assert.Equal(401, (await world.Agent.TokenAsync(("resource", broker.Issuer))).Status);
        // Whoever had the old key could have bound tokens to any other: all of them are dead.
        Assert.Null(broker.Wiring.TokenCallers.ReadAny(before.AccessToken));
        Assert.Null(broker.Wiring.TokenCallers.ReadAny(beside.AccessToken));
        var early = await successor.TokenAsync(("resource", broker.Issuer));
        Assert.Equal((503, "too_soon"), (early.Status, early.Code));
        var pause = early.Headers.RetryAfter!.Delta!.Value;
        Assert.InRange(pause, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(7)); // skew, and two whole seconds
        await broker.AdvanceAsync(pause);
        var token = (await successor.TokenAsync(("resource", broker.Issuer))).AccessToken;
        Assert.Equal(200, (await successor.CallAsync(HttpMethod.Get, "/v1/tasks", null, token)).Status);
        Assert.Equal(404, (await staff.Operator.CallAsync(HttpMethod.Delete, $"{path}/keys/{old}")).Status);
    }

    // All that are asked for at once get their answer, and none slips in over the limit.
    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Ten_keys_are_in_force_and_no_more_however_many_come_at_once(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var staff = await Staff.HireAsync(broker);
        var world = await broker.Seed.WorldAsync();
        var path = $"/v1/identities/{Staff.PathOf(world.Agent)}";
        staff.Operator.TakeNonce();
        await staff.Operator.ManagementTokenAsync();

        var replies = await Task.WhenAll(Enumerable.Range(0, 24).Select(
            _ => Task.Run(() => staff.Operator.PostAsync($"{path}/keys", Jwk(NewKey())))));

        Assert.Equal(9, replies.Count(r => r.Status == 201)); // it had one
        Assert.All(replies.Where(r => r.Status != 201), r => Assert.Equal("too_many_keys", r.Code));
        Assert.Equal(10, (await staff.Viewer.GetAsync(path)).Json.GetProperty("keys").GetArrayLength());
        var once = await staff.Operator.PostAsync($"{path}/keys", Jwk(NewKey()));
        Assert.Equal((409, "too_many_keys"), (once.Status, once.Code));
    }

    // Each change of keys is news for all who decide: revoking them makes no room for more of it.
    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Sixty_keys_come_within_an_hour_and_no_more(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var world = await broker.Seed.WorldAsync();
        var now = broker.Now.ToMicros();
        async Task<ClaimFailure?> AddAsync(StoreTransaction tx, int number) =>
            await PrincipalKeyStore.InsertAsync(
                tx,
                new PrincipalKeyRow
                {
                    Id = $"{world.Agent.Id}#{number}",
                    Principal = world.Agent.Id,
                    Kind = PrincipalKeyKind.Jwk,
                    Material = "{}",
                    Thumbprint = $"{world.Agent.Id} {number}",
                    NotBefore = now,
                    ExpiresAt = now + 1,
                    RevokedAt = now,
                    CreatedAt = now,
                },
                world.Agent.Id);

        var (room, more, later) = await broker.Wiring.Database.WriteAsync(async tx =>
        {
            for (var number = 1; number < PrincipalKeyStore.MostInHour - 1; number++)
                Assert.Null(await AddAsync(tx, number)); // it had one
            var last = await AddAsync(tx, 100);
            var beyond = await AddAsync(tx, 101);
            await tx.ExecuteAsync(
                "UPDATE principal_key SET created_at = created_at - 3600000000 WHERE principal = @Id",
                new { world.Agent.Id });
            return (last, beyond, await AddAsync(tx, 102));
        });

        Assert.Null(room);
        Assert.Equal("too_many_keys", more?.Code);
        Assert.Null(later);
    }

    [Fact]
    public async Task No_token_is_born_dead_at_a_replica_that_has_not_heard_of_the_key()
    {
        await using var store = await TestStore.CreateAsync(Engine.Postgres);
        await using var one = await TestBroker.StartAsync(store, TimeProvider.System);
        await using var two = await TestBroker.StartAsync(store, TimeProvider.System);
        var staff = await Staff.HireAsync(one);
        var world = await one.Seed.WorldAsync();
        var elsewhere = world.Agent.At(two);
        elsewhere.TakeNonce();
        var path = $"/v1/identities/{Staff.PathOf(world.Agent)}/keys";
        var spare = await staff.Operator.PostAsync(path, Jwk(NewKey()));
        Assert.Equal(200, (await elsewhere.TokenAsync(("resource", one.Issuer))).Status);

        await staff.Operator.CallAsync(HttpMethod.Delete, $"{path}/{spare["id"]}");
        var reply = await elsewhere.TokenAsync(("resource", one.Issuer));

        Assert.Equal((503, "too_soon"), (reply.Status, reply.Code));
        Assert.InRange(reply.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 2, 7);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Identity_adds_keys_to_itself_alone(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var world = await broker.Seed.WorldAsync();
        var other = $"/v1/identities/{Staff.PathOf(world.Other)}/keys";
        var own = $"/v1/identities/{Staff.PathOf(world.Agent)}/keys";

        var foreign = await world.Agent.PostAsync(other, Jwk(NewKey()));
        var secret = await world.Agent.PostAsync(own, new { kind = "secret" });

        Assert.Equal((403, "not_yours"), IdentityTests.StatusOf(foreign));
        Assert.Equal((403, "not_yours"), IdentityTests.StatusOf(secret));
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Key_is_registered_once_for_one_principal(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var staff = await Staff.HireAsync(broker);
        var world = await broker.Seed.WorldAsync();
        var other = $"/v1/identities/{Staff.PathOf(world.Other)}/keys";

        foreach (var known in new[] { world.Agent, world.Other, staff.Viewer })
            Assert.Equal((409, "key_known"), IdentityTests.StatusOf(
                await staff.Operator.PostAsync(other, Jwk(known.PublicKey))));
    }

    [Theory]
    [InlineData("""{"kty":"oct","k":"c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"}""")]
    [InlineData("""{"kty":"oct","alg":"HS256","k":"c2VjcmV0"}""")]
    [InlineData("""{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"}""")]
    [InlineData("""{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}""")]
    [InlineData("""{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","d":"x"}""")]
    [InlineData("""{"kty":"RSA","n":"AQAB","e":"AQAB"}""")]
    [InlineData("{}")]
    [InlineData("7")]
    public async Task Weak_private_symmetric_and_published_keys_are_refused(string jwk)
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var staff = await Staff.HireAsync(broker);
        var world = await broker.Seed.WorldAsync();

        var reply = await staff.Operator.PostAsync(
            $"/v1/identities/{Staff.PathOf(world.Agent)}/keys", $$"""{"kind":"jwk","jwk":{{jwk}}}""");

        Assert.Equal((400, "invalid_key"), IdentityTests.StatusOf(reply));
    }

    [Theory]
    [InlineData("alg", "HS256")]
    [InlineData("alg", "none")]
    [InlineData("use", "enc")]
    public async Task Jwk_that_says_it_is_for_something_else_is_refused(string member, string value)
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var staff = await Staff.HireAsync(broker);
        var world = await broker.Seed.WorldAsync();
        var jwk = NewKey().ToJson()[..^1] + $",\"{member}\":\"{value}\"}}";

        var reply = await staff.Operator.PostAsync(
            $"/v1/identities/{Staff.PathOf(world.Agent)}/keys", $$"""{"kind":"jwk","jwk":{{jwk}}}""");

        Assert.Equal((400, "invalid_key"), IdentityTests.StatusOf(reply));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(91)]
    [InlineData(int.MaxValue)]
    public async Task No_key_lives_beyond_90_days(int days)
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var staff = await Staff.HireAsync(broker);
        var world = await broker.Seed.WorldAsync();
        var path = $"/v1/identities/{Staff.PathOf(world.Agent)}/keys";

        foreach (var kind in new[] { "jwk", "secret" })
            Assert.Equal((400, "invalid_key"), IdentityTests.StatusOf(await staff.Operator.PostAsync(path, new
            {
                kind,
                jwk = JsonElement.Parse(NewKey().ToJson()),
                expires_in_days = days,
            })));
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Key_is_refused_from_its_last_day_on(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine);
        var staff = await Staff.HireAsync(broker);
        var world = await broker.Seed.WorldAsync();
        var agent = new TestCaller(broker, world.Agent.Id);
        var body = new { kind = "jwk", jwk = JsonElement.Parse(agent.PublicKey.ToJson()), expires_in_days = 1 };
        await staff.Operator.PostAsync($"/v1/identities/{Staff.PathOf(agent)}/keys", body);

        Assert.Equal(200, (await agent.TokenAsync(("resource", broker.Issuer))).Status);
        await broker.AdvanceAsync(TimeSpan.FromDays(1));

        Assert.Equal(401, (await agent.TokenAsync(("resource", broker.Issuer))).Status);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Secret_is_ours_shown_once_kept_as_a_hash_and_a_finding(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var staff = await Staff.HireAsync(broker);
        var world = await broker.Seed.WorldAsync();
        var path = $"/v1/identities/{Staff.PathOf(world.Agent)}";

        var added = await staff.Operator.PostAsync($"{path}/keys", new { kind = "secret" });

        var secret = added["secret"]!;
        Assert.StartsWith("writsecret_", secret, StringComparison.Ordinal);
        var shown = await staff.Viewer.GetAsync(path);
        Assert.DoesNotContain("writsecret_", shown.Text, StringComparison.Ordinal);
        var records = await broker.RecordsAsync();
        Assert.DoesNotContain(records, r => r.ToString().Contains(secret, StringComparison.Ordinal));
        var query = $"/v1/findings?kind=client_secret&subject={added["id"]}&status=open";
        var findings = await staff.Viewer.GetAsync(query);
        var finding = Assert.Single(findings.Json.GetProperty("items").EnumerateArray());
        Assert.Equal(world.Agent.Id, finding.GetProperty("subject").GetString());
        Assert.Equal(added["id"], finding.GetProperty("key").GetString());
        var ofIdentity = await staff.Viewer.GetAsync($"/v1/findings?subject={Uri.EscapeDataString(world.Agent.Id)}");
        Assert.Contains(finding.GetProperty("id").GetString()!, ofIdentity.Text, StringComparison.Ordinal);
        var used = await world.Agent.TokenAsync(
            ("client_assertion", ""), ("client_assertion_type", ""), ("client_id", world.Agent.Id),
            ("client_secret", secret), ("resource", broker.Issuer));
        Assert.Equal(200, used.Status);
        await staff.Operator.CallAsync(HttpMethod.Delete, $"{path}/keys/{added["id"]}");
        var mended = await staff.Viewer.GetAsync(query);
        Assert.Equal(0, mended.Json.GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task Certificate_is_taken_without_its_key_and_no_longer_than_it_lives()
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var staff = await Staff.HireAsync(broker);
        var world = await broker.Seed.WorldAsync();
        var path = $"/v1/identities/{Staff.PathOf(world.Agent)}/keys";
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=billing", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(broker.Now.AddDays(-1), broker.Now.AddDays(10));
        using var weak = RSA.Create(1024);
        using var feeble = new CertificateRequest("CN=x", weak, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .CreateSelfSigned(broker.Now.AddDays(-1), broker.Now.AddDays(10));
        var pem = certificate.ExportCertificatePem();

        Task<Reply> AddAsync(string text) => staff.Operator.PostAsync(path, new { kind = "certificate", pem = text });
        var withKey = await AddAsync(pem + key.ExportPkcs8PrivateKeyPem());
        var tooWeak = await AddAsync(feeble.ExportCertificatePem());
        var taken = await AddAsync(pem);

        Assert.Equal((400, "invalid_key"), IdentityTests.StatusOf(withKey));
        Assert.Equal((400, "invalid_key"), IdentityTests.StatusOf(tooWeak));
        Assert.Equal(201, taken.Status);
        Assert.True(taken.Json.GetProperty("expires_at").GetDateTime() <= certificate.NotAfter.ToUniversalTime());
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Ending_keys_are_found_once_and_mended_by_rotation(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine);
        var world = await broker.Seed.WorldAsync();
        var watch = new Server.Inventory.KeyExpiryWatch(
            broker.Wiring.Database, broker.Wiring.Registry, broker.Wiring.Audit, broker.Wiring.Ids, broker.Wiring.Time);
        await watch.RunAsync();
        Assert.Equal(0, await FoundAsync(broker, "key_expiring"));

        // The broker's own chore looks at the same time: whoever comes first finds.
        await broker.AdvanceAsync(TimeSpan.FromDays(80));
        await FindAsync("key_expiring");
        await broker.AdvanceAsync(TimeSpan.FromDays(11));
        await FindAsync("key_expired");

        Assert.Equal(0, await FoundAsync(broker, "key_expiring"));
        Assert.Equal(2, world.Workflow.Agents.Split(' ').Length);

        async Task FindAsync(string kind)
        {
            await Wait.UntilAsync(async () => await watch.RunAsync() >= 0 && await FoundAsync(broker, kind) == 2, kind);
            await watch.RunAsync();
            Assert.Equal(2, await FoundAsync(broker, kind)); // not counted again
        }
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Ending_key_whose_finding_was_closed_by_hand_is_found_anew(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine);
        await broker.Seed.WorldAsync();
        var watch = new Server.Inventory.KeyExpiryWatch(
            broker.Wiring.Database, broker.Wiring.Registry, broker.Wiring.Audit, broker.Wiring.Ids, broker.Wiring.Time);
        await broker.AdvanceAsync(TimeSpan.FromDays(80));
        await FoundAgainAsync();
        await broker.Seed.ApplyAsync(async tx =>
        {
            await tx.ExecuteAsync("UPDATE finding SET status = 'closed', close_reason = 'seen'");
            return null;
        });

        await FoundAgainAsync();

        Task FoundAgainAsync() => Wait.UntilAsync(
            async () => await watch.RunAsync() >= 0 && await FoundAsync(broker, "key_expiring") == 2, "both are found");
    }

    private static async Task<int> FoundAsync(TestBroker broker, string kind)
    {
        var filter = new Storage.FindingFilter(kind, null, null, null, "open", null, 100);
        return (await new Storage.FindingStore(broker.Wiring.Database).ListAsync(filter)).Count;
    }

    private static object Jwk(Jwk key) => new { kind = "jwk", jwk = JsonElement.Parse(key.ToJson()) };

    private static Jwk NewKey()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return Protocol.Jwk.FromEcdsa(key);
    }
}
