using Writ.Protocol;

namespace Writ.Server.Tests.Users;

/// <summary>Refresh tokens: rotated, bound, used once; a second use kills the family.</summary>
public sealed class RefreshTokenTests(UserWorlds worlds) : IClassFixture<UserWorlds>
{
    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Refresh_rotates(Engine engine)
    {
        var w = await worlds.OfAsync(engine);
        var first = await w.ExchangeAsync(await w.TokenOfAsync("alice"));

        var second = await w.RefreshAsync(first["refresh_token"]!);
        var third = await w.RefreshAsync(second["refresh_token"]!);

        Assert.Equal((200, 200), (second.Status, third.Status));
        Assert.NotEqual(first["refresh_token"], second["refresh_token"]);
        Assert.Equal(first["task"], third["task"]);
        var token = w.Broker.Wiring.TokenCallers.ReadAny(third.AccessToken)!;
        Assert.Equal((UserWorld.Alice, w.Agent.Id), (token.Subject, token.Actors.Current));
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Second_use_kills_every_token_of_the_family_and_raises_a_finding(Engine engine)
    {
        await using var w = await UserWorld.StartAsync(engine);
        var first = await w.ExchangeAsync(await w.TokenOfAsync("alice"));
        var bystander = await w.ExchangeAsync(await w.TokenOfAsync("alice"));
        var second = await w.RefreshAsync(first["refresh_token"]!);
        Assert.True(await w.IsActiveAsync(second.AccessToken));

        var reuse = await w.RefreshAsync(first["refresh_token"]!);

        Assert.Equal((400, "invalid_grant", "refresh_reused"), (reuse.Status, reuse.Error, reuse.Code));
        Assert.False(await w.IsActiveAsync(first.AccessToken));
        Assert.False(await w.IsActiveAsync(second.AccessToken));
        Assert.Equal("refresh_token_revoked", (await w.RefreshAsync(second["refresh_token"]!)).Code);
        Assert.Equal(1, await w.FindingsAsync("refresh_reuse"));
        Assert.True(await w.IsActiveAsync(bystander.AccessToken));
        Assert.Equal(200, (await w.RefreshAsync(bystander["refresh_token"]!)).Status);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Concurrent_uses_are_one_use_and_a_reuse(Engine engine)
    {
        await using var w = await UserWorld.StartAsync(engine);
        var first = await w.ExchangeAsync(await w.TokenOfAsync("alice"));
        w.Agent.TakeNonce();

        var replies = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => w.RefreshAsync(first["refresh_token"]!)));

        Assert.True(replies.Count(r => r.Status == 200) <= 1);
        Assert.Contains(replies, r => r.Code == "refresh_reused");
        foreach (var won in replies.Where(r => r.Status == 200)) Assert.False(await w.IsActiveAsync(won.AccessToken));
        Assert.False(await w.IsActiveAsync(first.AccessToken));
        Assert.NotEqual(0, await w.FindingsAsync("refresh_reuse"));
    }

    [Fact]
    public async Task Child_delegated_from_the_family_dies_with_it()
    {
        await using var w = await UserWorld.StartAsync(Engine.Sqlite);
        var first = await w.ExchangeAsync(await w.TokenOfAsync("alice"), ("may_act", w.World.Other.Id));
        var child = await w.World.Other.TokenAsync(
            ("grant_type", GrantTypes.TokenExchange), ("subject_token", first.AccessToken),
            ("subject_token_type", TokenTypeUri.AccessToken), ("scope", w.Grant));
        Assert.Equal(200, child.Status);
        await w.RefreshAsync(first["refresh_token"]!);

        await w.RefreshAsync(first["refresh_token"]!);

        Assert.False(await w.IsActiveAsync(child.AccessToken));
    }

    [Fact]
    public async Task Refresh_needs_the_key_of_the_first_token()
    {
        var w = await worlds.OfAsync(Engine.Sqlite);
        var first = await w.ExchangeAsync(await w.TokenOfAsync("alice"));
        var thief = w.Agent.WithAnotherKey();
        thief.TakeNonce();
        var request = new HttpRequestMessage(HttpMethod.Post, "/oauth/token")
        {
            Content = new FormUrlEncodedContent(w.Agent.Form(
                ("grant_type", GrantTypes.RefreshToken), ("refresh_token", first["refresh_token"]!))),
        };
        request.Headers.Add("DPoP", thief.Proof("POST", "/oauth/token"));

        var stolen = await thief.SendAsync(request);

        Assert.Equal((400, "key_not_proven"), (stolen.Status, stolen.Code));
        Assert.Equal(200, (await w.RefreshAsync(first["refresh_token"]!)).Status);
    }

    [Fact]
    public async Task Refresh_by_another_client_is_refused()
    {
        var w = await worlds.OfAsync(Engine.Sqlite);
        var first = await w.ExchangeAsync(await w.TokenOfAsync("alice"));

        var reply = await w.World.Other.TokenAsync(
            ("grant_type", GrantTypes.RefreshToken), ("refresh_token", first["refresh_token"]!));

        Assert.Equal((400, "refresh_token_invalid"), (reply.Status, reply.Code));
    }

    [Fact]
    public async Task Refresh_names_no_other_task()
    {
        var w = await worlds.OfAsync(Engine.Sqlite);
        var first = await w.ExchangeAsync(await w.TokenOfAsync("alice"));
        var another = await w.World.TaskAsync();

        Assert.Equal("not_its_task", (await w.RefreshAsync(first["refresh_token"]!, ("task", another.Id))).Code);
    }

    [Fact]
    public async Task Refresh_is_no_wider_than_the_first_grant()
    {
        var w = await worlds.OfAsync(Engine.Sqlite);
        var first = await w.ExchangeAsync(await w.TokenOfAsync("alice"));

        var wider = await w.RefreshAsync(first["refresh_token"]!, ("scope", w.World.Grant("orders:write")));

        Assert.Equal(400, wider.Status);
        Assert.Null(wider["access_token"]);
    }

    [Fact]
    public async Task Ended_task_ends_its_refresh_tokens()
    {
        var w = await worlds.OfAsync(Engine.Sqlite);
        var first = await w.ExchangeAsync(await w.TokenOfAsync("alice"));
        await w.Broker.Seed.EndTaskAsync(first["task"]!);

        var reply = await w.RefreshAsync(first["refresh_token"]!);

        Assert.Equal((400, "task_not_open"), (reply.Status, reply.Code));
    }

    [Fact]
    public async Task Revoked_refresh_token_ends_the_family()
    {
        var w = await worlds.OfAsync(Engine.Sqlite);
        var first = await w.ExchangeAsync(await w.TokenOfAsync("alice"));

        var revoked = await w.Agent.PostFormAsync(
            "/oauth/revoke", ("grant_type", ""), ("token", first["refresh_token"]!));

        Assert.Equal(200, revoked.Status);
        Assert.False(await w.IsActiveAsync(first.AccessToken));
        Assert.Equal("refresh_token_revoked", (await w.RefreshAsync(first["refresh_token"]!)).Code);
    }

    [Fact]
    public async Task Tokens_end_with_the_family_however_long_the_task()
    {
        await using var w = await UserWorld.StartAsync(
            Engine.Sqlite, s => s with { RefreshTokenLife = TimeSpan.FromMinutes(30) });
        var token = await w.TokenOfAsync("alice");
        var task = await w.Broker.Seed.TaskAsync(
            w.Agent, w.World.Workflow, row => row with { OnBehalfOf = UserWorld.Alice });
        var first = await w.ExchangeAsync(token, ("task", task.Id));
        await w.Broker.AdvanceAsync(TimeSpan.FromMinutes(29));

        var last = await w.RefreshAsync(first["refresh_token"]!);
        await w.Broker.AdvanceAsync(TimeSpan.FromMinutes(2));

        Assert.InRange(last.Json.GetProperty("expires_in").GetInt32(), 1, 60);
        Assert.Equal("refresh_token_expired", (await w.RefreshAsync(last["refresh_token"]!)).Code);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Family_ends_with_the_users_token(Engine engine)
    {
        await using var w = await UserWorld.StartAsync(engine);
        var end = w.Broker.Now.AddMinutes(20);
        var first = await w.ExchangeAsync(await w.Issuer.MintAsync(w.Claims(("exp", end.ToUnixTimeSeconds()))));
        await w.Broker.AdvanceAsync(TimeSpan.FromMinutes(14));

        var last = await w.RefreshAsync(first["refresh_token"]!);
        await w.Broker.AdvanceAsync(TimeSpan.FromMinutes(7));

        Assert.InRange(last.Json.GetProperty("expires_in").GetInt32(), 1, 6 * 60);
        Assert.Equal("refresh_token_expired", (await w.RefreshAsync(last["refresh_token"]!)).Code);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Suspension_ends_the_family_for_good(Engine engine)
    {
        await using var w = await UserWorld.StartAsync(engine);
        var staff = await Staff.HireAsync(w.Broker);
        var first = await w.ExchangeAsync(await w.TokenOfAsync("alice"));
        var path = $"/v1/identities/{Staff.PathOf(w.Agent)}";
        Assert.Equal(200, (await staff.Operator.PostAsync($"{path}/suspend", new { })).Status);
        await w.Broker.AdvanceAsync(TimeSpan.FromSeconds(8));
        Assert.Equal(200, (await staff.Operator.PostAsync($"{path}/resume", new { })).Status);

        await Attempt.IsRefusedAsync(
            w.Broker, () => w.RefreshAsync(first["refresh_token"]!), 400, "invalid_grant", "refresh_token_revoked");
    }

    [Fact]
    public async Task Only_user_delegated_grants_give_refresh_tokens()
    {
        var w = await worlds.OfAsync(Engine.Sqlite);

        var reply = await w.Agent.TokenAsync(("scope", w.Grant), ("task", (await w.World.TaskAsync()).Id));

        Assert.Equal(200, reply.Status);
        Assert.Null(reply["refresh_token"]);
    }
}
