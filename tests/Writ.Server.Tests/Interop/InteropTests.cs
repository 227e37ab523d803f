using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Writ.Protocol;
using Writ.Server.Tests.Access;
using Writ.Testing;

namespace Writ.Server.Tests.Interop;

/// <summary>
/// Clients and validators that we did not write, against a real broker on a real socket and a real clock.
/// </summary>
public sealed class InteropTests
{
    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Oauth4webapi_walks_the_whole_road(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine, TimeProvider.System);
        var world = await broker.Seed.WorldAsync();
        var task = await world.TaskAsync();

        var said = await RunAsync("oauth4webapi.mjs", world, task.Id);

        Assert.True(said.GetProperty("nonce_was_asked").GetBoolean());
        Assert.Equal("dpop", said.GetProperty("token_type").GetString(), ignoreCase: true);
        Assert.Equal(TokenTypeUri.AccessToken, said.GetProperty("issued_token_type").GetString());
        Assert.True(said.GetProperty("active_before").GetBoolean());
        Assert.False(said.GetProperty("active_after").GetBoolean()); // the parent was revoked
        var child = said.GetProperty("child");
        Assert.Equal(world.Agent.Id, child.GetProperty("sub").GetString());
        Assert.Equal(world.Other.Id, child.GetProperty("act").GetProperty("sub").GetString());
        Assert.Equal(world.Other.Id, child.GetProperty("client_id").GetString());
        Assert.True(child.GetProperty("cnf").TryGetProperty("jkt", out _));
    }

    [Fact]
    public async Task Openid_client_walks_the_whole_road()
    {
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite, TimeProvider.System);
        var world = await broker.Seed.WorldAsync();
        var task = await world.TaskAsync();

        var said = await RunAsync("openid-client.mjs", world, task.Id);

        Assert.Equal("dpop", said.GetProperty("token_type").GetString(), ignoreCase: true);
        Assert.True(said.GetProperty("active_before").GetBoolean());
        Assert.False(said.GetProperty("active_after").GetBoolean());
    }

    [Fact]
    public async Task Client_of_OPA_asks_the_broker_unchanged()
    {
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite, TimeProvider.System);
        var world = await broker.Seed.WorldAsync();
        await DataBroker.PushAsync(await broker.Seed.OperatorAsync("owner"));
        var place = await broker.Seed.ResourceAsync("app-policy", "policy:query", uri: $"{broker.Issuer}/v1/data/app");
        var service = await broker.Seed.IdentityAsync(
            "workload/service", [$"policy:query@{place.Name}"], row => row with { Kind = "workload", Bearer = true });
        var got = await service.SendAsync(new HttpRequestMessage(HttpMethod.Post, "/oauth/token")
        {
            Content = new FormUrlEncodedContent(service.Form(("resource", broker.Issuer))),
        });
        var given = JsonSerializer.Serialize(new
        {
            url = broker.Http.BaseAddress,
            token = got.AccessToken,
            question = Asking.Question(world.Agent, "orders:read", world.Orders.Name),
            package = "app",
            path = "app/allow",
            input = new { user = "ann" },
        });

        var said = JsonElement.Parse((await Node.RunAsync("opa.mjs", [given])).Succeeded().Trim());

        Assert.True(said.GetProperty("decision").GetProperty("decision").GetBoolean());
        Assert.Equal(["True", "True", "False"], Texts(said, "allow", "own", "without"));
        Assert.Equal("""{"a":true,"b":false}""", said.GetProperty("batch").GetRawText());
        var raw = said.GetProperty("raw");
        Assert.StartsWith("dec_", raw.GetProperty("decisionId").GetString(), StringComparison.Ordinal);
        Assert.Equal(64, raw.GetProperty("provenance").GetProperty("bundles").GetProperty("writ")
            .GetProperty("revision").GetString()!.Length);
        Assert.True(raw.GetProperty("metrics").TryGetProperty("timer_rego_query_eval_ns", out _));
        Assert.Equal("invalid_parameter", said.GetProperty("malformed").GetProperty("code").GetString());
        Assert.Equal(403, said.GetProperty("forbidden").GetProperty("status").GetInt32());
        Assert.Equal("internal_error", said.GetProperty("broken").GetProperty("code").GetString());
        Assert.True(said.GetProperty("undefined").GetBoolean());
        Assert.Equal("{}", said.GetProperty("healthy").GetRawText());

        static IEnumerable<string> Texts(JsonElement json, params string[] names) =>
            names.Select(n => json.GetProperty(n).ToString());
    }

    [Fact]
    public async Task Identity_model_accepts_our_tokens_and_no_changed_one()
    {
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite, TimeProvider.System);
        var world = await broker.Seed.WorldAsync();
        var issued = await world.Agent.TokenAsync(("task", (await world.TaskAsync()).Id), ("scope", world.Grant()));
        var jwks = new JsonWebKeySet(await broker.Http.GetStringAsync("/oauth/jwks"));
        var handler = new JsonWebTokenHandler { MapInboundClaims = false };
        var parameters = new TokenValidationParameters
        {
            ValidIssuer = broker.Issuer,
            ValidAudience = world.Orders.Uri,
            ValidTypes = ["at+jwt"],
            ValidAlgorithms = ["ES256"],
            IssuerSigningKeys = jwks.GetSigningKeys(),
        };

        var good = await handler.ValidateTokenAsync(issued.AccessToken, parameters);
        var dots = issued.AccessToken.Split('.');
        var payload = dots[1][..^4] + (dots[1][^4] == 'A' ? 'B' : 'A') + dots[1][^3..];
        var changed = await handler.ValidateTokenAsync($"{dots[0]}.{payload}.{dots[2]}", parameters);

        Assert.True(good.IsValid, good.Exception?.Message);
        Assert.Equal(world.Agent.Id, good.ClaimsIdentity.FindFirst("sub")!.Value);
        Assert.False(changed.IsValid);
    }

    private static async Task<JsonElement> RunAsync(string script, TestWorld world, string task)
    {
        var given = JsonSerializer.Serialize(new
        {
            issuer = world.Broker.Issuer,
            agent = Party(world.Agent),
            other = Party(world.Other),
            task,
            scope = world.Grant(),
            audience = world.Orders.Uri,
        });
        var said = (await Node.RunAsync(script, [given])).Succeeded();
        return JsonElement.Parse(said.Trim());
    }

    private static object Party(TestCaller caller)
    {
        var key = caller.Key.ExportParameters(includePrivateParameters: true);
        return new
        {
            id = caller.Id,
            jwk = new
            {
                kty = "EC",
                crv = "P-256",
                x = Base64UrlText.Encode(key.Q.X!),
                y = Base64UrlText.Encode(key.Q.Y!),
                d = Base64UrlText.Encode(key.D!),
                kid = caller.PublicKey.Thumbprint,
            },
        };
    }
}
