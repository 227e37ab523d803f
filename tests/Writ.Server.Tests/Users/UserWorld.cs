using Writ.Protocol;
using Writ.Server.Edge;

namespace Writ.Server.Tests.Users;

/// <summary>A broker that trusts one issuer of users, and two agents that may act for them.</summary>
public sealed class UserWorld : IAsyncDisposable
{
    public const string Alice = "spiffe://example.org/user/corp/alice";

    private UserWorld(UserIssuer issuer, TestBroker broker, TestWorld world)
    {
        Issuer = issuer;
        Broker = broker;
        World = world;
    }

    public UserIssuer Issuer { get; }

    public TestBroker Broker { get; }

    public TestWorld World { get; }

    public TestCaller Agent => World.Agent;

    public string Grant => World.Grant();

    public static async Task<UserWorld> StartAsync(Engine engine, Func<Settings, Settings>? configure = null)
    {
        var issuer = await UserIssuer.StartAsync();
        var broker = await TestBroker.StartAsync(engine, configure: settings =>
        {
            settings = settings with
            {
                UserIssuers = [new Server.Edge.UserIssuer("corp", issuer.Issuer, null, UserIssuer.Audience, "sub", [])],
            };
            return configure?.Invoke(settings) ?? settings;
        });
        var world = await broker.Seed.WorldAsync();
        await broker.Seed.ChangeAsync(world.Agent, row => row with { ImplicitTask = true });
        await broker.Seed.ChangeAsync(world.Other, row => row with { ImplicitTask = true });
        return new UserWorld(issuer, broker, world);
    }

    /// <summary>Good claims of a user; a given one replaces or, null, removes.</summary>
    public Dictionary<string, object?> Claims(params (string Name, object? Value)[] changes)
    {
        var now = Broker.Now.ToUnixTimeSeconds();
        var claims = new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            ["iss"] = Issuer.Issuer,
            ["aud"] = UserIssuer.Audience,
            ["sub"] = "alice",
            ["iat"] = now,
            ["exp"] = now + 3600,
        };
        foreach (var (name, value) in changes)
            if (value is null) claims.Remove(name);
            else claims[name] = value;
        return claims;
    }

    public Task<string> TokenOfAsync(string user) => Issuer.MintAsync(Claims(("sub", user)));

    /// <summary>Exchanges a user's token as the first agent.</summary>
    /// <param name="token">The user's.</param>
    /// <param name="more">What a usual request has not, or has otherwise.</param>
    public Task<Reply> ExchangeAsync(string token, params (string Name, string Value)[] more)
    {
        (string Name, string Value)[] usual =
        [
            ("grant_type", GrantTypes.TokenExchange), ("subject_token", token),
            ("subject_token_type", TokenTypeUri.Jwt), ("scope", Grant),
        ];
        return Agent.TokenAsync([.. usual.Where(u => more.All(m => m.Name != u.Name)), .. more]);
    }

    public Task<Reply> RefreshAsync(string token, params (string Name, string Value)[] more) =>
        Agent.TokenAsync([("grant_type", GrantTypes.RefreshToken), ("refresh_token", token), .. more]);

    public async Task<bool> IsActiveAsync(string accessToken)
    {
        var reply = await Agent.PostFormAsync("/oauth/introspect", ("grant_type", ""), ("token", accessToken));
        Assert.Equal(200, reply.Status);
        return reply.Json.GetProperty("active").GetBoolean();
    }

    /// <summary>How often an open finding of that kind was raised about the first agent.</summary>
    public async Task<long> FindingsAsync(string kind) => await Broker.Wiring.Database.FirstAsync<long?>(
        "SELECT count FROM finding WHERE kind = @kind AND subject = @id AND status = 'open'",
        new { kind, id = Agent.Id }) ?? 0;

    public async ValueTask DisposeAsync()
    {
        await Broker.DisposeAsync();
        await Issuer.DisposeAsync();
    }
}
