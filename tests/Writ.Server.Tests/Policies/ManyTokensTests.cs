using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Writ.Server.Audit;
using Writ.Server.Revocations;
using Writ.Server.Storage;
using Writ.Testing;

namespace Writ.Server.Tests.Policies;

/// <summary>However many tokens somebody holds: what they would not get any more ends, soon, and nobody else's waits
/// for it.</summary>
public sealed class ManyTokensTests
{
    [Theory]
    [InlineData(Engine.Sqlite)]
    [InlineData(Engine.Postgres)]
    [Trait("Soak", "redecision")]
    public async Task Risk_ends_all_at_once(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine);
        var owner = await broker.Seed.OperatorAsync("owner");
        var world = await broker.Seed.WorldAsync();
        var tokens = await ManyAsync(broker, world, Soak.Rounds(60, 10_000));
        var other = await TokenAsync(world with { Agent = world.Other });
        await owner.PostAsync(
            $"/v1/identities/{Staff.PathOf(world.Agent)}/signals", new { name = "exfiltration", score = 100 });

        var clock = Stopwatch.StartNew();
        await RedecideAsync(broker);

        Tell($"{engine}: {tokens.Count} tokens of one identity, its risk raised", clock);
        Assert.All(tokens, jti => Assert.True(IsDead(broker, jti, world.Agent.Id)));
        Assert.NotNull(broker.Wiring.TokenCallers.ReadAny(other));
        var cause = Assert.Single(await CausesAsync(broker));
        Assert.Equal("true", cause.GetProperty("detail").GetProperty("all").GetString());
    }

    [Theory]
    [InlineData(Engine.Sqlite)]
    [InlineData(Engine.Postgres)]
    [Trait("Soak", "redecision")]
    public async Task Policy_ends_those_alone_that_it_would_not_give(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine);
        var owner = await broker.Seed.OperatorAsync("owner");
        var world = await broker.Seed.WorldAsync();
        var reading = await TokenAsync(world);
        var tokens = await ManyAsync(broker, world, Soak.Rounds(210, 10_000));
        const string module = """
            package writ.rules.reading

            default allow := false

            allow if input.action.name == "orders:read"

            allow if input.resource.type == "writ"
            """;
        var pushed = await owner.PostAsync(
            "/v1/policies", new { files = new[] { new { name = "a.rego", text = module } } });
        Assert.True(pushed.Status == 201, pushed.Text);

        var clock = Stopwatch.StartNew();
        await RedecideAsync(broker);

        Tell($"{engine}: {tokens.Count} tokens of one identity, an action closed", clock);
        Assert.All(tokens, jti => Assert.True(IsDead(broker, jti, world.Agent.Id)));
        Assert.NotNull(broker.Wiring.TokenCallers.ReadAny(reading));
        Assert.InRange((await CausesAsync(broker)).Count, 2, (tokens.Count / 100) + 10);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Nobody_holds_more_than_one_may(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine, configure: s => s with { MaxLiveTokens = 3 });
        var world = await broker.Seed.WorldAsync();
        var task = await world.TaskAsync();
        for (var n = 0; n < 3; n++) await GetAsync();

        var more = await world.Agent.TokenAsync(("task", task.Id), ("scope", world.Grant()));

        Assert.Equal((429, "too_many_tokens"), (more.Status, more.Code));
        await TokenAsync(world with { Agent = world.Other });
        await broker.AdvanceAsync(TimeSpan.FromMinutes(16));
        await GetAsync();

        async Task GetAsync()
        {
            var reply = await world.Agent.TokenAsync(("task", task.Id), ("scope", world.Grant()));
            Assert.True(reply.Status == 200, reply.Text);
            await IndexAsync(broker);
        }
    }

    [Fact]
    public async Task No_token_spans_more_questions_than_one_may()
    {
        await using var broker = await TestBroker.StartAsync(
            Engine.Sqlite, configure: s => s with { MaxQuestions = 1 });
        var world = await broker.Seed.WorldAsync();
        var task = await world.TaskAsync();

        var wide = await world.Agent.TokenAsync(("task", task.Id), ("scope", world.Grant("orders:read,orders:write")));
        var narrow = await world.Agent.TokenAsync(("task", task.Id), ("scope", world.Grant()));

        Assert.Equal((400, "authority_too_large"), (wide.Status, wide.Code));
        Assert.Equal(200, narrow.Status);
    }

    /// <summary>Records of that many tokens to write orders, as an issue leaves them; answers their ids.</summary>
    private static async Task<IReadOnlyList<string>> ManyAsync(TestBroker broker, TestWorld world, int count)
    {
        var task = await world.TaskAsync();
        var one = await world.Agent.TokenAsync(("task", task.Id), ("scope", world.Grant("orders:write")));
        Assert.True(one.Status == 200, one.Text);
        var detail = (await broker.RecordsAsync()).Last(r => r.TryGetProperty("jti", out _)).GetProperty("detail");
        var tokens = Enumerable.Range(0, count).Select(_ => broker.Wiring.Ids.Next("tok")).ToArray();
        foreach (var some in tokens.Chunk(500))
            await Task.WhenAll(some.Select(jti =>
            {
                var e = new AuditEvent
                {
                    Kind = "token.issue",
                    Actor = world.Agent.Id,
                    Subject = world.Agent.Id,
                    Task = task.Id,
                    Jti = jti,
                    ExpiresAt = broker.Now.AddMinutes(15).ToMicros(),
                };
                foreach (var member in detail.EnumerateObject()) e = e.With(member.Name, member.Value.GetString());
                return broker.Wiring.Audit.AppendOwnActAsync(e, []);
            }));
        await IndexAsync(broker);
        return tokens;
    }

    private static async Task IndexAsync(TestBroker broker)
    {
        var indexer = new RecordIndexer(broker.Wiring.Database);
        while (await indexer.CatchUpAsync() > 0) { }
    }

    private static async Task RedecideAsync(TestBroker broker)
    {
        var version = (await broker.Wiring.Registry.CurrentAsync()).Version;
        var settings = new SettingStore(broker.Wiring.Database);
        // The broker's own turn may have been faster: what counts is that all of it was looked at.
        await Wait.UntilAsync(
            async () =>
            {
                await broker.Wiring.Redecision.RunAsync();
                return await settings.HighestAsync(Redecision.Done) >= version;
            },
            "everything was decided again", TimeSpan.FromMinutes(1));
    }

    private static bool IsDead(TestBroker broker, string jti, string holder) =>
        broker.Wiring.Facts.IsFamilyRevoked(jti) || broker.Wiring.Facts.IsRevoked(holder, broker.Now);

    private static void Tell(string what, Stopwatch clock) =>
        Soak.Figure(string.Create(CultureInfo.InvariantCulture, $"{what}: {clock.Elapsed.TotalMilliseconds:F0} ms"));

    private static async Task<string> TokenAsync(TestWorld world)
    {
        var task = await world.TaskAsync();
        return (await world.Agent.TokenAsync(("task", task.Id), ("scope", world.Grant()))).AccessToken;
    }

    private static async Task<IReadOnlyList<JsonElement>> CausesAsync(TestBroker broker) =>
        [.. (await broker.RecordsAsync()).Where(r => r.GetProperty("kind").GetString() == "token.redecide")];
}
