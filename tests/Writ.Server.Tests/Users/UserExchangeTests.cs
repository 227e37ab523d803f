using Writ.Protocol;

namespace Writ.Server.Tests.Users;

/// <summary>A user behind a task: their token, exchanged by an agent.</summary>
public sealed class UserExchangeTests(UserWorlds worlds) : IClassFixture<UserWorlds>
{
    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Users_token_is_exchanged_under_the_open_task_of_that_user(Engine engine)
    {
        var w = await worlds.OfAsync(engine);
        var token = await w.TokenOfAsync("alice");
        var task = await OpenAsync(w, token);
        Assert.Equal(201, task.Status);
        Assert.Equal(UserWorld.Alice, task["on_behalf_of"]);

        var reply = await w.ExchangeAsync(token, ("task", task["id"]!));

        Assert.Equal(200, reply.Status);
        Assert.Equal("DPoP", reply["token_type"]);
        Assert.Equal(TokenTypeUri.AccessToken, reply["issued_token_type"]);
        Assert.Equal(task["id"], reply["task"]);
        Assert.NotNull(reply["refresh_token"]);
        var issued = w.Broker.Wiring.TokenCallers.ReadAny(reply.AccessToken)!;
        Assert.Equal(UserWorld.Alice, issued.Subject); // RFC 8693 §4.1: the user is the subject,
        Assert.Equal(w.Agent.Id, issued.Actors.Current); // and the agent acts.
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Exchange_without_a_task_opens_one_on_behalf_of_the_user(Engine engine)
    {
        var w = await worlds.OfAsync(engine);

        var reply = await w.ExchangeAsync(await w.TokenOfAsync("alice"), ("subject_token_type", TokenTypeUri.IdToken));

        Assert.Equal(200, reply.Status);
        var task = await w.Broker.Wiring.Tasks.FindAsync(reply["task"]!);
        Assert.Equal(UserWorld.Alice, task!.OnBehalfOf);
        Assert.True(task.Implicit);
    }

    public static TheoryData<string, string, string?> WrongTokens => new()
    {
        // how it is signed, the claim that differs, its value (null: left out)
        { "sign", "aud", "another" },
        { "sign", "aud", null },
        { "sign", "iss", "https://issuer.example" },
        { "sign", "iss", null },
        { "sign", "exp", "-1" },
        { "sign", "exp", null },
        { "sign", "exp", "1e400" },
        { "sign", "nbf", "60" },
        { "sign", "sub", null },
        { "sign", "sub", "" },
        { "sign", "cnf", "jkt" },
        { "none", "sub", "alice" },
        { "hs256-spki", "sub", "alice" },
        { "hs256-jwk", "sub", "alice" },
        { "stranger", "sub", "alice" },
        { "embedded", "sub", "alice" },
    };

    [Theory, MemberData(nameof(WrongTokens))]
    public async Task Token_that_does_not_prove_a_user_is_refused_and_recorded(string how, string claim, string? value)
    {
        var w = await worlds.OfAsync(Engine.Sqlite);
        var head = await w.Broker.HeadAsync();
        object? changed = claim switch
        {
            "exp" or "nbf" when long.TryParse(value, out var seconds) => w.Broker.Now.ToUnixTimeSeconds() + seconds,
            "cnf" => new { jkt = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I" },
            _ => value,
        };
        var token = await w.Issuer.MintAsync(w.Claims((claim, changed)), how);

        var reply = await w.ExchangeAsync(token);

        Assert.Equal((400, "invalid_grant", "subject_token_invalid"), (reply.Status, reply.Error, reply.Code));
        var record = Assert.Single(await w.Broker.RecordsAsync(head));
        Assert.Equal("token.exchange", record.GetProperty("kind").GetString());
        Assert.Equal("deny", record.GetProperty("outcome").GetString());
    }

    [Theory]
    [InlineData(TokenTypeUri.IdToken, "at+jwt")] // subject_token_type matches typ
    [InlineData(TokenTypeUri.Jwt, "dpop+jwt")]
    [InlineData(TokenTypeUri.Jwt, "client-authentication+jwt")]
    [InlineData(TokenTypeUri.Jwt, "logout+jwt")]
    public async Task Type_in_the_header_must_fit_the_declared_one(string declared, string typ)
    {
        var w = await worlds.OfAsync(Engine.Sqlite);
        var token = await w.Issuer.MintAsync(w.Claims(), header: new { typ });

        var reply = await w.ExchangeAsync(token, ("subject_token_type", declared));

        Assert.Equal("subject_token_invalid", reply.Code);
    }

    [Fact]
    public async Task Our_token_declared_a_users_is_refused()
    {
        var w = await worlds.OfAsync(Engine.Sqlite);
        var ours = await w.ExchangeAsync(await w.TokenOfAsync("alice"));

        Assert.Equal("subject_token_invalid", (await w.ExchangeAsync(ours.AccessToken)).Code);
        var asIdToken = await w.ExchangeAsync(ours.AccessToken, ("subject_token_type", TokenTypeUri.IdToken));
        Assert.Equal("subject_token_invalid", asIdToken.Code);
    }

    [Fact]
    public async Task Users_token_declared_ours_is_refused()
    {
        var w = await worlds.OfAsync(Engine.Sqlite);
        var token = await w.Issuer.MintAsync(w.Claims(), header: new { typ = "at+jwt" });

        var reply = await w.ExchangeAsync(token, ("subject_token_type", TokenTypeUri.AccessToken));

        Assert.Equal((400, "subject_token_invalid"), (reply.Status, reply.Code));
    }

    [Fact]
    public async Task Token_under_another_users_task_is_refused()
    {
        var w = await worlds.OfAsync(Engine.Sqlite);
        var task = await OpenAsync(w, await w.TokenOfAsync("alice"));

        var reply = await w.ExchangeAsync(await w.TokenOfAsync("mallory"), ("task", task["id"]!));

        Assert.Equal((400, "not_their_task"), (reply.Status, reply.Code));
    }

    [Fact]
    public async Task Another_agents_task_is_refused_with_the_right_user()
    {
        var w = await worlds.OfAsync(Engine.Sqlite);
        var token = await w.TokenOfAsync("alice");
        var task = await w.Broker.Seed.TaskAsync(
            w.World.Other, w.World.Workflow, row => row with { OnBehalfOf = UserWorld.Alice });

        Assert.Equal("not_your_task", (await w.ExchangeAsync(token, ("task", task.Id))).Code);
    }

    [Fact]
    public async Task Token_ends_with_the_users_own()
    {
        var w = await worlds.OfAsync(Engine.Sqlite);
        var end = w.Broker.Now.AddSeconds(90);
        var token = await w.Issuer.MintAsync(w.Claims(("exp", end.ToUnixTimeSeconds())));

        var reply = await w.ExchangeAsync(token);

        Assert.InRange(reply.Json.GetProperty("expires_in").GetInt32(), 1, 90);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Task_ends_with_the_users_token_that_opened_it(Engine engine)
    {
        var w = await worlds.OfAsync(engine);
        var end = w.Broker.Now.AddSeconds(90);
        var token = await w.Issuer.MintAsync(w.Claims(("exp", end.ToUnixTimeSeconds())));

        var task = await OpenAsync(w, token);
        var child = await w.Agent.PostAsync(
            "/v1/tasks", new { workflow = w.World.Workflow.Name, purpose = "test", parent = task["id"] });

        Assert.True(task.Json.GetProperty("deadline").GetDateTimeOffset() <= end);
        Assert.True(child.Json.GetProperty("deadline").GetDateTimeOffset() <= end);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Implicit_task_of_an_exchange_is_nothing_to_come_back_to(Engine engine)
    {
        var w = await worlds.OfAsync(engine);
        var token = await w.TokenOfAsync("alice");
        var first = await w.ExchangeAsync(token);

        await Attempt.IsRefusedAsync(
            w.Broker, () => w.ExchangeAsync(token, ("task", first["task"]!)), 400, "invalid_grant", "task_not_open");
    }

    [Theory]
    [InlineData("aud", "another", null)]
    [InlineData("sub", "alice", TokenTypeUri.AccessToken)]
    [InlineData("sub", "alice", "urn:example:unknown")]
    public async Task Task_is_not_opened_for_a_user_who_is_not_proven(string claim, string value, string? declared)
    {
        var w = await worlds.OfAsync(Engine.Sqlite);
        var token = await w.Issuer.MintAsync(w.Claims((claim, value)));

        var reply = await OpenAsync(w, token, declared);

        Assert.Equal((400, "invalid_request"), (reply.Status, reply.Code));
    }

    [Fact]
    public async Task Child_task_has_no_other_user_than_its_parent()
    {
        var w = await worlds.OfAsync(Engine.Sqlite);
        var parent = await OpenAsync(w, await w.TokenOfAsync("alice"));

        var child = await w.Agent.PostAsync("/v1/tasks", new
        {
            workflow = w.World.Workflow.Name,
            purpose = "test",
            parent = parent["id"],
            on_behalf_of = new { token = await w.TokenOfAsync("mallory") },
        });

        Assert.Equal(400, child.Status);
    }

    [Fact]
    public async Task Subject_that_fits_no_path_travels_in_hex()
    {
        var w = await worlds.OfAsync(Engine.Sqlite);

        var reply = await w.ExchangeAsync(await w.TokenOfAsync("../operator/alice"));

        var subject = w.Broker.Wiring.TokenCallers.ReadAny(reply.AccessToken)!.Subject;
        Assert.Equal("spiffe://example.org/user/corp/x-" + Convert.ToHexStringLower("../operator/alice"u8), subject);
    }

    private static Task<Reply> OpenAsync(UserWorld w, string token, string? declared = null) =>
        w.Agent.PostAsync("/v1/tasks", new
        {
            workflow = w.World.Workflow.Name,
            purpose = "test",
            on_behalf_of = new { token, token_type = declared },
        });
}
