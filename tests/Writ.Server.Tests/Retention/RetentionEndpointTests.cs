using System.Text.Json;
using Writ.Server.Audit;
using Writ.Server.Retention;
using Writ.Server.Storage;

namespace Writ.Server.Tests;

/// <summary>Owners of the trust domain hold and erase; nobody erases what is held, nor for one team alone.</summary>
public sealed class RetentionEndpointTests(SharedBrokers brokers) : IClassFixture<SharedBrokers>
{
    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Person_is_erased_on_request_and_lists_say_so(Engine engine)
    {
        var (broker, staff) = await HireAsync(engine);
        var name = Seed.Name("agent/x");
        await ActAsync(staff.Operator, name);
        await broker.AdvanceAsync(TimeSpan.FromHours(1)); // the task of the operator's token ends
        var mine = $"/v1/records?identity=spiffe://example.org/{name}&kind=identity.create";
        Assert.Single(Items(await staff.Owner.GetAsync(mine)));

        var erasure = await EraseAsync(staff.Owner, new { who = staff.Operator.Id, reason = "left" });
        await RunAsync(broker);

        var shown = (await staff.Owner.GetAsync($"/v1/audit/erase/{erasure}")).Json;
        Assert.True(shown.GetProperty("erased").GetInt64() >= 1);
        var item = Assert.Single(Items(await staff.Owner.GetAsync(mine)));
        Assert.True(item.GetProperty("erased").GetBoolean());
        Assert.False(item.GetProperty("record").TryGetProperty("actor", out _));
        var explained = await staff.Owner.GetAsync(
            $"/v1/decisions/{item.GetProperty("record").GetProperty("decision_id").GetString()}/explanation");
        Assert.True(explained.Json.GetProperty("erased").GetBoolean());
        Assert.NotEmpty(await ErasureWorld.ErasedAsync(broker.Wiring.Database));
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task What_is_held_is_refused_and_the_hold_named(Engine engine)
    {
        var (broker, staff) = await HireAsync(engine);
        var name = Seed.Name("agent/x");
        await ActAsync(staff.Operator, name);
        var hold = await staff.Owner.PostAsync("/v1/audit/holds", new { who = name, reason = "court" });
        Assert.Equal(201, hold.Status);
        var id = hold.Json.GetProperty("id").GetString()!;
        Assert.Equal($"spiffe://example.org/{name}", hold.Json.GetProperty("who").GetString());

        var refused = await staff.Owner.PostAsync("/v1/audit/erase", new { who = staff.Operator.Id, reason = "x" });
        Assert.Equal((409, "held"), (refused.Status, refused.Json.GetProperty("code").GetString()));
        Assert.Contains(id, refused.Text, StringComparison.Ordinal);
        await RunAsync(broker);
        Assert.DoesNotContain(
            Items(await staff.Owner.GetAsync($"/v1/records?identity=spiffe://example.org/{name}")),
            i => i.TryGetProperty("erased", out _));

        Assert.Equal(204, (await staff.Owner.CallAsync(HttpMethod.Delete, $"/v1/audit/holds/{id}?reason=over")).Status);
        Assert.Equal(409, (await staff.Owner.CallAsync(HttpMethod.Delete, $"/v1/audit/holds/{id}?reason=over")).Status);
        await EraseAsync(staff.Owner, new { who = name, reason = "x" });
        var list = await staff.Owner.GetAsync("/v1/audit/holds?all=true&limit=500");
        Assert.Contains(
            Items(list), i => i.GetProperty("id").GetString() == id && i.TryGetProperty("released_at", out _));
        Assert.DoesNotContain(
            Items(await staff.Owner.GetAsync("/v1/audit/holds?limit=500")),
            i => i.GetProperty("id").GetString() == id);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Owner_of_a_team_holds_and_erases_nothing(Engine engine)
    {
        var (broker, _) = await HireAsync(engine);
        var owner = await broker.Seed.OperatorAsync(Seed.Name("lead"), OperatorRole.Owner, Staff.Team);
        var body = new { who = Seed.Name("agent/x"), reason = "mine" };
        foreach (var call in new Func<Task<Reply>>[]
        {
            () => owner.PostAsync("/v1/audit/erase", body), () => owner.PostAsync("/v1/audit/holds", body),
            () => owner.GetAsync("/v1/audit/holds"),
        })
        {
            var refused = await call();
            Assert.Equal((403, "outside_team"), (refused.Status, refused.Json.GetProperty("code").GetString()));
        }
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Nobody_erases_the_tracks_of_an_erasure(Engine engine)
    {
        var (broker, staff) = await HireAsync(engine);
        var id = await EraseAsync(staff.Owner, new { who = Seed.Name("agent/x"), reason = "x" });
        await EraseAsync(staff.Owner, new { who = staff.Owner.Id, reason = "me" });
        await EraseAsync(staff.Owner, new { kind = "audit.", reason = "all of it" });

        await RunAsync(broker);

        var asked = Items(await staff.Owner.GetAsync(
            $"/v1/records?identity={staff.Owner.Id}&kind=audit.erase&outcome=allow"));
        Assert.Contains(asked, i => i.GetProperty("record").GetProperty("detail").TryGetProperty("erasure", out var e)
            && e.GetString() == id);
        Assert.DoesNotContain(asked, i => i.TryGetProperty("erased", out _));
    }

    [Theory]
    [InlineData("""{"reason":"x"}""")]
    [InlineData("""{"who":"a","reason":"x"}""")]
    [InlineData("""{"who":"agent/x"}""")]
    [InlineData("""{"task":"task_%","reason":"x"}""")]
    [InlineData("""{"kind":"A'","reason":"x"}""")]
    [InlineData("""{"from":"soon","reason":"x"}""")]
    [InlineData("""{"from":"2030-01-01","to":"2029-01-01","reason":"x"}""")]
    public async Task What_cannot_be_meant_is_refused(string body)
    {
        var (_, staff) = await HireAsync(Engine.Sqlite);
        foreach (var path in new[] { "/v1/audit/erase", "/v1/audit/holds" })
            Assert.Equal(400, (await staff.Owner.PostAsync(path, JsonElement.Parse(body))).Status);
        Assert.Equal(400, (await staff.Owner.PostAsync(
            "/v1/audit/holds", new { kind = "x", reason = "x", until = "2001-01-01" })).Status);
    }

    private async Task<(TestBroker Broker, Staff Staff)> HireAsync(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        return (broker, await Staff.HireAsync(broker));
    }

    /// <summary>As the chore does, but at once.</summary>
    private static Task RunAsync(TestBroker broker)
    {
        var wiring = broker.Wiring;
        var indexer = new RecordIndexer(wiring.Database);
        var step = new EraseStep(wiring.Database, wiring.Audit, indexer, wiring.Time);
        return new RequestedErasures(wiring.Database, step, indexer, TimeSpan.Zero, wiring.Time).RunAsync();
    }

    private static async Task ActAsync(TestCaller person, string name)
    {
        var reply = await person.PostAsync("/v1/identities", new { name, kind = "agent", purpose = "test" });
        Assert.True(reply.Status == 201, reply.ToString());
    }

    private static async Task<string> EraseAsync(TestCaller owner, object body)
    {
        var reply = await owner.PostAsync("/v1/audit/erase", body);
        Assert.True(reply.Status == 202, reply.ToString());
        return reply.Json.GetProperty("id").GetString()!;
    }

    private static JsonElement[] Items(Reply reply) => [.. reply.Json.GetProperty("items").EnumerateArray()];
}
