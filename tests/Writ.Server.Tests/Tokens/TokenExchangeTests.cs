using System.Text.Json;
using Writ.Protocol;
using Writ.Server.Storage;

namespace Writ.Server.Tests.Tokens;

/// <summary>Token exchange of our own tokens (RFC 8693): who may hand on what, to whom, how far.</summary>
public sealed class TokenExchangeTests(SharedBrokers brokers) : IClassFixture<SharedBrokers>
{
    public static TheoryData<Engine> AllEngines => Engines.All;

    [Theory, MemberData(nameof(AllEngines))]
    public async Task Ticket_lets_the_named_actor_take_a_narrower_token(Engine engine)
    {
        var (broker, world) = await WorldAsync(engine);
        var parent = await ParentAsync(world, "orders:read,orders:write");

        var reply = await ExchangeAsync(
            world.Other, parent, ("scope", world.Grant()), ("ticket", Ticket(world, parent)));

        Assert.Equal(200, reply.Status);
        Assert.Equal(TokenTypeUri.AccessToken, reply["issued_token_type"]);
        var claims = Claims(reply.AccessToken);
        Assert.Equal(world.Agent.Id, claims.GetProperty("sub").GetString());
        Assert.Equal(world.Other.Id, claims.GetProperty("act").GetProperty("sub").GetString());
        Assert.Equal(world.Other.PublicKey.Thumbprint, claims.GetProperty("cnf").GetProperty("jkt").GetString());
        Assert.Equal("orders:read", claims.GetProperty("scope").GetString());
        var task = await broker.Wiring.Tasks.FindAsync(reply["task"]!);
        Assert.Equal(world.Workflow.Name, task!.Workflow);
        Assert.Equal(Claims(parent).GetProperty("txn").GetString(), task.Parent);
    }

    [Theory, MemberData(nameof(AllEngines))]
    public async Task May_act_lets_one_identity_exchange_without_a_ticket(Engine engine)
    {
        var (_, world) = await WorldAsync(engine);
        var task = await world.TaskAsync();
        var parent = (await world.Agent.TokenAsync(
            ("task", task.Id), ("scope", world.Grant()), ("may_act", world.Other.Id))).AccessToken;

        var reply = await ExchangeAsync(world.Other, parent, ("scope", world.Grant()));

        Assert.Equal(200, reply.Status);
    }

    [Theory, MemberData(nameof(AllEngines))]
    public async Task Stolen_token_is_useless_to_another_registered_identity_and_raises_a_finding(Engine engine)
    {
        var (broker, world) = await WorldAsync(engine);
        var parent = await ParentAsync(world, "orders:read");

        var reply = await ExchangeAsync(world.Other, parent, ("scope", world.Grant()));

        Assert.Equal("invalid_grant", reply.Error);
        Assert.Equal("not_the_holder", reply.Code);
        var findings = await broker.Wiring.Database.QueryAsync<FindingRow>(
            "SELECT * FROM finding WHERE kind = 'stolen_token_exchange' AND subject = @Id", new { world.Agent.Id });
        Assert.Contains(world.Other.Id, Assert.Single(findings).Message, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(AllEngines))]
    public async Task Ticket_is_good_once_for_its_actor_its_token_and_its_audience(Engine engine)
    {
        var (broker, world) = await WorldAsync(engine);
        var parent = await ParentAsync(world, "orders:read");
        var third = await broker.Seed.IdentityAsync(Seed.Name("agent/third"), [world.Grant()]);
        var ticket = Ticket(world, parent);

        Assert.Equal(
            "not_the_holder", (await ExchangeAsync(third, parent, ("scope", world.Grant()), ("ticket", ticket))).Code);
        var another = await ParentAsync(world, "orders:read");
        Assert.Equal(
            "not_the_holder",
            (await ExchangeAsync(world.Other, another, ("scope", world.Grant()), ("ticket", ticket))).Code);
        Assert.Equal(
            200, (await ExchangeAsync(world.Other, parent, ("scope", world.Grant()), ("ticket", ticket))).Status);
        Assert.Equal(
            "ticket_replayed",
            (await ExchangeAsync(world.Other, parent, ("scope", world.Grant()), ("ticket", ticket))).Code);
    }

    [Theory, MemberData(nameof(AllEngines))]
    public async Task Ticket_signed_by_another_key_than_the_tokens_is_refused(Engine engine)
    {
        var (broker, world) = await WorldAsync(engine);
        var parent = await ParentAsync(world, "orders:read");
        var forged = ExchangeTicket.Create(
            world.Other.Signer, broker.Issuer, world.Other.Id, [world.Orders.Uri], parent, TestCaller.Jti(),
            broker.Now);

        var reply = await ExchangeAsync(world.Other, parent, ("scope", world.Grant()), ("ticket", forged));

        Assert.Equal("not_the_holder", reply.Code);
    }

    [Theory, MemberData(nameof(AllEngines))]
    public async Task Child_never_exceeds_its_parent_nor_the_actor(Engine engine)
    {
        var (_, world) = await WorldAsync(engine);
        var reading = await ParentAsync(world, "orders:read");
        var writing = await ParentAsync(world, "orders:read,orders:write");

        // The parent token does not carry it; the actor is not entitled to it.
        var beyondParent = await ExchangeAsync(world.Agent, reading, ("scope", world.Grant("orders:write")));
        var beyondActor = await ExchangeAsync(
            world.Other, writing, ("scope", world.Grant("orders:write")), ("ticket", Ticket(world, writing)));

        Assert.Equal("outside_parent", beyondParent.Code);
        Assert.Equal("not_entitled", beyondActor.Code);
    }

    [Theory, MemberData(nameof(AllEngines))]
    public async Task Child_ends_no_later_than_its_parent(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine);
        var world = await broker.Seed.WorldAsync();
        var parent = await ParentAsync(world, "orders:read");
        await broker.AdvanceAsync(TimeSpan.FromMinutes(5));

        var reply = await ExchangeAsync(
            world.Other, parent, ("scope", world.Grant()), ("ticket", Ticket(world, parent)));

        Assert.True(
            Claims(reply.AccessToken).GetProperty("exp").GetInt64() <= Claims(parent).GetProperty("exp").GetInt64());
    }

    [Theory, MemberData(nameof(AllEngines))]
    public async Task Ending_the_root_task_kills_the_whole_chain(Engine engine)
    {
        var (broker, world) = await WorldAsync(engine);
        var task = await world.TaskAsync();
        var parent = (await world.Agent.TokenAsync(("task", task.Id), ("scope", world.Grant()))).AccessToken;
        var child = (await ExchangeAsync(
            world.Other, parent, ("scope", world.Grant()), ("ticket", Ticket(world, parent)))).AccessToken;
        var grandchild = (await ExchangeAsync(world.Other, child, ("scope", world.Grant()))).AccessToken;

        await broker.Seed.EndTaskAsync(task.Id);

        foreach (var token in (string[])[parent, child, grandchild])
        {
            var asked = await world.Agent.PostFormAsync("/oauth/introspect", ("grant_type", ""), ("token", token));
            Assert.False(asked.Json.GetProperty("active").GetBoolean());
        }
        var again = await ExchangeAsync(world.Other, child, ("scope", world.Grant()));
        Assert.Equal("subject_token_invalid", again.Code);
    }

    [Theory, MemberData(nameof(AllEngines))]
    public async Task Chain_has_an_end(Engine engine)
    {
        var (_, world) = await WorldAsync(engine);
        var token = await ParentAsync(world, "orders:read");
        Reply reply;
        var hops = 0;
        while ((reply = await ExchangeAsync(world.Agent, token, ("scope", world.Grant()))).Status == 200 && hops++ < 20)
            token = reply.AccessToken;

        Assert.Equal("chain_too_deep", reply.Code);
        Assert.InRange(hops, 1, 8);
    }

    [Theory, MemberData(nameof(AllEngines))]
    public async Task Types_of_subject_and_actor_tokens_are_not_confused(Engine engine)
    {
        var (_, world) = await WorldAsync(engine);
        var parent = await ParentAsync(world, "orders:read");
        var otherTask = await world.Broker.Seed.TaskAsync(world.Other, world.Workflow);
        var foreign = (await world.Other.TokenAsync(("task", otherTask.Id), ("scope", world.Grant()))).AccessToken;

        foreach (var type in (string[])[TokenTypeUri.IdToken, TokenTypeUri.Jwt, TokenTypeUri.RefreshToken, "urn:x"])
            Assert.Contains(
                (await ExchangeAsync(
                    world.Agent, parent, ("scope", world.Grant()), ("subject_token_type", type))).Error,
                (string[])["invalid_grant", "invalid_request"]);
        var actor = await ExchangeAsync(
            world.Agent, parent, ("scope", world.Grant()), ("actor_token", foreign),
            ("actor_token_type", TokenTypeUri.AccessToken));
        Assert.Equal("actor_token_invalid", actor.Code);
        // A client assertion is no access token, whatever it is called.
        Assert.Equal("subject_token_invalid", (await ExchangeAsync(world.Agent, world.Agent.Assertion())).Code);
    }

    [Theory, MemberData(nameof(AllEngines))]
    public async Task Management_token_cannot_be_handed_on(Engine engine)
    {
        var (broker, world) = await WorldAsync(engine);
        var management = await world.Agent.ManagementTokenAsync();

        var reply = await ExchangeAsync(world.Agent, management, ("resource", broker.Issuer));

        Assert.NotEqual(200, reply.Status);
    }

    private async Task<(TestBroker Broker, TestWorld World)> WorldAsync(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        return (broker, await broker.Seed.WorldAsync());
    }

    private static async Task<string> ParentAsync(TestWorld world, string actions)
    {
        var task = await world.TaskAsync();
        return (await world.Agent.TokenAsync(("task", task.Id), ("scope", world.Grant(actions)))).AccessToken;
    }

    private static string Ticket(TestWorld world, string parent) => ExchangeTicket.Create(
        world.Agent.Signer, world.Broker.Issuer, world.Other.Id, [world.Orders.Uri], parent, TestCaller.Jti(),
        world.Broker.Now);

    private static Task<Reply> ExchangeAsync(
        TestCaller caller, string subject, params (string Name, string Value)[] more)
    {
        List<(string Name, string Value)> form = [("grant_type", GrantTypes.TokenExchange), ("subject_token", subject)];
        if (!more.Any(m => m.Name == "subject_token_type")) form.Add(("subject_token_type", TokenTypeUri.AccessToken));
        return caller.TokenAsync([.. form, .. more]);
    }

    private static JsonElement Claims(string token) =>
        Jws.TryRead(token, JwsLimits.Default, out var jws, out _)
            ? jws.PayloadUnverified
            : throw new InvalidOperationException("Not a JWT.");
}
