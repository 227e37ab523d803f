using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Writ.Server.Edge;
using Writ.Server.Storage;
using static Writ.Server.Tests.Access.Asking;
using static Writ.Server.Tests.Inventory.IdentityTests;

namespace Writ.Server.Tests.Access;

/// <summary>Who may ask about whom, and with which proof.</summary>
public sealed class AskerTests(SharedBrokers brokers) : IClassFixture<SharedBrokers>
{
    [Theory]
    // Who asks, of which team; is it about themselves, about a resource of which team or their own.
    [InlineData("agent", "payments", "self", "payments", 200)]
    [InlineData("agent", "support", "self", "payments", 200)]
    [InlineData("agent", "payments", "other", "payments", 200)]
    [InlineData("agent", "support", "other", "payments", 403)]
    [InlineData("agent", "support", "other", "owned", 200)]
    [InlineData("agent", "support", "other", "unregistered", 403)]
    [InlineData("agent", "support", "unregistered", "payments", 403)]
    [InlineData("agent", "support", "unregistered", "owned", 200)]
    [InlineData("agent", "support", "unregistered", "unregistered", 200)]
    [InlineData("viewer", "payments", "other", "payments", 200)]
    [InlineData("viewer", "support", "other", "payments", 403)]
    [InlineData("viewer", "support", "other", "unregistered", 403)]
    [InlineData("viewer", "support", "unregistered", "payments", 403)]
    [InlineData("viewer", "support", "unregistered", "unregistered", 200)]
    [InlineData("viewer", null, "other", "payments", 200)]
    [InlineData("viewer", null, "other", "unregistered", 200)]
    public async Task Scope_says_about_whom_one_may_ask(
        string kind, string? team, string subject, string resource, int status)
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var asker = kind == "agent"
            ? await broker.Seed.IdentityAsync(Seed.Name("agent/asker"), [], row => row with { Team = team! })
            : await broker.Seed.OperatorAsync(Seed.Name("asker"), OperatorRole.Viewer, team);
        var world = await broker.Seed.WorldAsync();
        var target = resource switch
        {
            "unregistered" => "nothing",
            "owned" => await OwnedAsync(broker, asker),
            _ => world.Orders.Name,
        };
        var about = subject switch { "self" => asker.Id, "other" => world.Agent.Id, _ => "rick" };

        var reply = await asker.AskAsync(new
        {
            subject = new { type = "agent", id = about },
            action = new { name = "orders:read" },
            resource = new { type = "resource", id = target },
        });

        Assert.True(reply.Status == status, reply.ToString());
        if (status == 403) Assert.Equal(kind == "agent" ? "not_yours" : "outside_team", reply.Code);
    }

    [Fact]
    public async Task Token_without_the_action_asks_nothing()
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var world = await broker.Seed.WorldAsync();
        var token = await world.Agent.TokenAsync(("resource", broker.Issuer), ("scope", "task:read"));

        var reply = await world.Agent.CallAsync(
            HttpMethod.Post, Asking.Path, Question(world.Agent, "orders:read", world.Orders.Name), token.AccessToken);

        Assert.Equal((403, "insufficient_scope"), StatusOf(reply));
    }

    [Fact]
    public async Task Bearer_token_is_taken_here_and_nowhere_else()
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var world = await broker.Seed.WorldAsync();
        var api = await broker.Seed.IdentityAsync(Seed.Name("agent/api"), [], row => row with { Bearer = true });
        var got = await api.SendAsync(new HttpRequestMessage(HttpMethod.Post, "/oauth/token")
        {
            Content = new FormUrlEncodedContent(api.Form(("resource", broker.Issuer))),
        });
        Assert.Equal("Bearer", got["token_type"]);

        var question = Question(world.Agent, "orders:read", world.Orders.Name);
        Assert.Equal((true, null), DecisionOf(await SendAsync(api, Asking.Path, got.AccessToken, question)));
        Assert.Equal((401, "invalid_token"), StatusOf(await SendAsync(api, "/v1/tasks", got.AccessToken, new { })));
    }

    [Fact]
    public async Task Bound_token_is_no_bearer_token()
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var world = await broker.Seed.WorldAsync();
        var api = await broker.Seed.IdentityAsync(Seed.Name("agent/api"), [], row => row with { Bearer = true });
        var token = await api.ManagementTokenAsync();

        var reply = await SendAsync(
            api, Asking.Path, token, Question(world.Agent, "orders:read", world.Orders.Name));

        Assert.Equal((401, "invalid_token"), StatusOf(reply));
        Assert.NotEmpty(reply.Headers.WwwAuthenticate);
    }

    [Fact]
    public async Task Replayed_proof_is_refused()
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var world = await broker.Seed.WorldAsync();
        var token = await world.Agent.ManagementTokenAsync();
        world.Agent.TakeNonce();
        var proof = world.Agent.Proof("POST", Asking.Path, token);
        var question = Question(world.Agent, "orders:read", world.Orders.Name);

        Assert.Equal(200, (await SendAsync(world.Agent, Asking.Path, token, question, proof)).Status);
        Assert.Equal(
            (401, "proof_replayed"), StatusOf(await SendAsync(world.Agent, Asking.Path, token, question, proof)));
    }

    private static async Task<string> OwnedAsync(TestBroker broker, TestCaller owner)
    {
        var row = new ResourceRow
        {
            Name = Seed.Name("owned"),
            Uri = $"https://{Seed.Name("owned")}.example",
            Owner = owner.Id,
            Team = "payments",
            Classification = "internal",
            Actions = "orders:read",
            CreatedAt = broker.Now.ToMicros(),
        };
        await broker.Seed.ApplyAsync(tx => ResourceStore.InsertAsync(tx, row));
        return row.Name;
    }

    private static Task<Reply> SendAsync(
        TestCaller who, string path, string token, object body, string? proof = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = new StringContent(
                JsonSerializer.Serialize(body, Answers.Json), Encoding.UTF8, "application/json"),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue(proof is null ? "Bearer" : "DPoP", token);
        if (proof is not null) request.Headers.Add("DPoP", proof);
        return who.SendAsync(request);
    }
}
