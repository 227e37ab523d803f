using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Writ.Protocol;
using Writ.Server.Callers;
using Writ.Server.Storage;

namespace Writ.Server.Tests;

/// <summary>
/// Forms, headers and proofs that are wrong or play two meanings against each other, at the real endpoint: the right
/// OAuth error and a record each, never a token and never a 500.
/// </summary>
public sealed class RequestAttackTests(SharedBrokers brokers) : IClassFixture<SharedBrokers>
{
    private const string Endpoint = "/oauth/token";

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Body_of_another_kind_is_refused(Engine engine)
    {
        var (broker, agent) = await AgentAsync(engine);
        var form = await new FormUrlEncodedContent(agent.Form(("resource", broker.Issuer))).ReadAsStringAsync();

        foreach (var type in new[]
        {
            "application/json", "text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded-x",
            "application/x-www-form-urlencoded; charset=utf-7", "application/x-www-form-urlencoded, application/json",
        })
            await RefusedAsync(broker, agent, form, 415, "invalid_request", "content_type", type);
        await RefusedAsync(broker, agent, form, 415, "invalid_request", "content_type", contentType: null);
        await RefusedAsync(broker, agent, form + "&x=" + new string('x', 17_000), 413, "invalid_request");
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Form_that_two_readers_could_read_differently_is_refused(Engine engine)
    {
        var (broker, agent) = await AgentAsync(engine);
        foreach (var tail in new[]
        {
            "&grant_type=client_credentials", "&scope=a:b&scope=c:d", "&sc%6fpe=a:b&scope=c:d", "&task=a&task=b",
            "&client_assertion=x", "&scope=%", "&scope=%zz", "&scope=%ED%A0%80", "&scope=%C0%AF", "&scope=a%00b",
            "&task=%0d%0aX-Injected:%201", "&scope=é", "&%00=1", "&=1",
        })
            await RefusedAsync(broker, agent, await GoodFormAsync(broker, agent) + tail, 400, "invalid_request");
        await RefusedAsync(broker, agent, "\ufeff" + await GoodFormAsync(broker, agent), 400, "invalid_request");
        await RefusedAsync(broker, agent, "", 400, "invalid_request");
        await RefusedAsync(broker, agent, string.Concat(Enumerable.Repeat("a=1&", 80)), 400, "invalid_request");
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Grant_type_that_is_not_served_is_refused(Engine engine)
    {
        var (broker, agent) = await AgentAsync(engine);
        foreach (var type in new[] { "password", "implicit", "urn:ietf:params:oauth:grant-type:device_code" })
            await Attempt.IsRefusedAsync(
                broker, () => agent.TokenAsync(("grant_type", type)), 400, "unsupported_grant_type");
        await Attempt.IsRefusedAsync(broker, () => agent.TokenAsync(("grant_type", "")), 400, "invalid_request");
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Authority_that_cannot_be_read_is_refused(Engine engine)
    {
        var (broker, agent) = await AgentAsync(engine);
        const string detail = """{"type":"writ_access","actions":["a:b"],"locations":["https://x.example"]}""";
        foreach (var details in new[]
        {
            "[", "{}", "null", "7", $"[{detail}]x", $"[{detail},]", "[" + new string('[', 5000),
            """[{"type":"openid_credential"}]""", """[{"type":"writ_access"}]""",
            detail.Replace("{", """[{"type":"writ_access",""", StringComparison.Ordinal) + "]",
            $"[{detail.Replace("a:b", "a:b\\ud800", StringComparison.Ordinal)}]",
            $"[{detail.Replace("\"a:b\"", "1e999", StringComparison.Ordinal)}]",
        })
            await Attempt.IsRefusedAsync(
                broker, () => agent.TokenAsync(("authorization_details", details)), 400,
                "invalid_authorization_details");
        foreach (var scope in new[] { "orders", "orders:read@", "a:b  c:d", "\"", "a:b@" + new string('x', 3000) })
            await Attempt.IsRefusedAsync(broker, () => agent.TokenAsync(("scope", scope)), 400, "invalid_scope");
        foreach (var resource in new[] { "orders", "https://x.example/#f", "javascript:", "//x.example" })
            await Attempt.IsRefusedAsync(broker, () => agent.TokenAsync(("resource", resource)), 400, "invalid_target");
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Two_ways_of_authenticating_are_one_too_many(Engine engine)
    {
        var (broker, agent) = await AgentAsync(engine);
        var basic = "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{Uri.EscapeDataString(agent.Id)}:x"));
        await Attempt.IsRefusedAsync(
            broker, () => agent.TokenAsync(("client_secret", "x")), 400, "invalid_request");
        await Attempt.IsRefusedAsync(
            broker, () => SendAsync(agent, agent.Form(), r => r.Headers.Add("Authorization", basic)), 400,
            "invalid_request", "two_methods");
        await Attempt.IsRefusedAsync(
            broker, () => SendAsync(agent, agent.Form(), r =>
            {
                r.Headers.TryAddWithoutValidation("Authorization", "Bearer x");
                r.Headers.TryAddWithoutValidation("Authorization", basic);
            }), 400, "invalid_request", "two_methods");
        await Attempt.IsRefusedAsync(
            broker, () => agent.TokenAsync(("client_assertion_type", ""), ("client_assertion", "")), 401,
            "invalid_client", "no_credentials");
        await Attempt.IsRefusedAsync(
            broker, () => agent.TokenAsync(("client_assertion_type", "urn:x")), 401, "invalid_client");
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Secret_opens_only_for_its_own_identity(Engine engine)
    {
        var (broker, agent) = await AgentAsync(engine);
        var other = await broker.Seed.IdentityAsync(Seed.Name("agent/other"), []);
        var secret = IdSource.Secret("writ_secret");
        await broker.Seed.KeyAsync(new PrincipalKeyRow
        {
            Id = broker.Wiring.Ids.Next("key"),
            Principal = agent.Id,
            Kind = PrincipalKeyKind.Secret,
            Material = ClientSecret.Store(secret),
            NotBefore = 0,
            ExpiresAt = broker.Now.AddDays(90).ToMicros(),
            CreatedAt = 0,
        });
        Assert.Equal(200, (await BasicAsync(agent, agent.Id, secret)).Status);
        Assert.Equal(200, (await PostAsync(agent, agent.Id, secret)).Status);

        foreach (var (id, wrong) in new[]
        {
            (agent.Id, secret[..^1]), (agent.Id, secret + "0"), (agent.Id, ""), (other.Id, secret),
            ("spiffe://example.org/agent/nobody", secret), ("", secret), (agent.Id, "é\ud83d\ude00"),
        })
        {
            var refused = await Attempt.IsRefusedAsync(
                broker, () => BasicAsync(agent, id, wrong), 401, "invalid_client");
            Assert.DoesNotContain(secret[..^1], refused.GetRawText(), StringComparison.Ordinal);
        }
        await Attempt.IsRefusedAsync(broker, () => PostAsync(agent, other.Id, secret), 401, "invalid_client");
        var noColon = "Basic " + Convert.ToBase64String("nocolon"u8);
        foreach (var header in new[] { "Basic", "Basic !!!", noColon, "Digest x" })
            await Attempt.IsRefusedAsync(
                broker,
                () => SendAsync(
                    agent, NoAssertion(agent), r => r.Headers.TryAddWithoutValidation("Authorization", header)),
                401, "invalid_client", "secret_malformed");
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Proof_that_does_not_fit_is_refused(Engine engine)
    {
        var (broker, agent) = await AgentAsync(engine);
        agent.TakeNonce();
        var nonce = broker.Wiring.Nonces.Next();
        var uri = broker.Issuer + Endpoint;
        var good = agent.Proof("POST", Endpoint);
        var stranger = agent.WithAnotherKey();
        string Made(string method, string at, TimeSpan age) =>
            DpopProof.Create(agent.Key, method, at, TestCaller.Jti(), broker.Now - age, nonce, null);

        string[] proofs =
        [
            "", "x", "a.b.c", $"{good},{good}", $"{good}.", good[..^4],
            Made("GET", uri, TimeSpan.Zero),
            Made("post", uri, TimeSpan.Zero),
            Made("POST", broker.Issuer + "/oauth/introspect", TimeSpan.Zero),
            Made("POST", "https://evil.example/oauth/token", TimeSpan.Zero),
            Made("POST", uri + "/", TimeSpan.Zero),
            Made("POST", uri, TimeSpan.FromSeconds(80)),
            Made("POST", uri, TimeSpan.FromSeconds(-20)),
            Forged(agent, stranger.Key, broker, nonce), // the key shown is not the key that signed
            Forged(agent, agent.Key, broker, nonce, h => h["alg"] = "none"),
            Forged(agent, agent.Key, broker, nonce, h => h["typ"] = "JWT"),
            Forged(agent, agent.Key, broker, nonce, h => h.Remove("jwk")),
            Forged(agent, agent.Key, broker, nonce, h => h["jwk"]!["d"] = "AAAA"),
            Forged(agent, agent.Key, broker, nonce, h => h["jwk"] = new JsonObject { ["kty"] = "oct", ["k"] = "AAAA" }),
            Forged(agent, agent.Key, broker, nonce, h => h["crit"] = new JsonArray("x")),
            Forged(agent, agent.Key, broker, nonce, h => h["jwk"]!["x"] = "AAAA"),
        ];
        foreach (var proof in proofs)
            await Attempt.IsRefusedAsync(
                broker, () => SendAsync(agent, agent.Form(), proof: proof), 400, "invalid_dpop_proof");
        await Attempt.IsRefusedAsync(
            broker, () => SendAsync(agent, agent.Form(), r => r.Headers.Add("DPoP", [good]), good), 400,
            "invalid_dpop_proof");
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Proof_without_a_nonce_of_ours_asks_for_one(Engine engine)
    {
        var (broker, agent) = await AgentAsync(engine);
        var good = broker.Wiring.Nonces.Next();
        foreach (var nonce in new[] { null, "", "x", good[..^1] + (good[^1] == 'A' ? 'B' : 'A'), good + "A" })
        {
            var proof = DpopProof.Create(
                agent.Key, "POST", broker.Issuer + Endpoint, TestCaller.Jti(), broker.Now, nonce, null);
            var reply = await SendAsync(agent, agent.Form(("resource", broker.Issuer)), proof: proof);
            Assert.Equal("use_dpop_nonce", reply.Error);
            Assert.Equal(400, reply.Status);
            Assert.True(broker.Wiring.Nonces.IsValid(reply.Headers.GetValues("DPoP-Nonce").Single()));
        }
    }

    // The issuer and what a proof must name come from configuration, never from the request.
    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Host_header_changes_nothing(Engine engine)
    {
        var (broker, agent) = await AgentAsync(engine);
        agent.TakeNonce();
        static void Spoof(HttpRequestMessage r)
        {
            r.Headers.Add("X-Forwarded-Host", "evil.example");
            r.Headers.Add("X-Forwarded-Proto", "https");
            r.Headers.Add("X-Original-Host", "evil.example");
            r.Headers.Add("Forwarded", "host=evil.example;proto=https");
        }

        // A name of somebody else's that points at our loopback address is not served at all.
        await Attempt.IsRefusedAsync(
            broker, () => SendAsync(
                agent, agent.Form(("resource", broker.Issuer)), r => r.Headers.Host = "evil.example",
                agent.Proof("POST", Endpoint)), 421, "wrong_host");
        var reply = await SendAsync(
            agent, agent.Form(("resource", broker.Issuer)), Spoof, agent.Proof("POST", Endpoint));
        Assert.Equal(broker.Issuer, broker.Wiring.TokenCallers.ReadAny(reply.AccessToken)!.Issuer);
        var elsewhere = await SendAsync(
            agent, agent.Form(("resource", broker.Issuer)), r => r.Headers.Host = "localhost:1",
            agent.Proof("POST", Endpoint));
        Assert.Equal(broker.Issuer, broker.Wiring.TokenCallers.ReadAny(elsewhere.AccessToken)!.Issuer);
        var metadata = new HttpRequestMessage(HttpMethod.Get, "/.well-known/oauth-authorization-server");
        Spoof(metadata);
        Assert.DoesNotContain("evil", (await agent.SendAsync(metadata)).Text, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Management_token_is_worth_nothing_without_its_key(Engine engine)
    {
        var (broker, agent) = await AgentAsync(engine);
        var token = await agent.ManagementTokenAsync();
        var thief = agent.WithAnotherKey();
        thief.TakeNonce();
        agent.TakeNonce();
        Task<Reply> CallAsync(TestCaller by, string scheme, string text, string? proof)
        {
            var request = new HttpRequestMessage(HttpMethod.Get, "/v1/tasks");
            request.Headers.TryAddWithoutValidation("Authorization", $"{scheme} {text}".Trim());
            if (proof is not null) request.Headers.Add("DPoP", proof);
            return by.SendAsync(request);
        }

        Func<Task<Reply>>[] attempts =
        [
            () => CallAsync(thief, "DPoP", token, thief.Proof("GET", "/v1/tasks", token)),
            () => CallAsync(thief, "DPoP", token, null),
            () => CallAsync(thief, "Bearer", token, null),
            () => CallAsync(thief, "Bearer", token, thief.Proof("GET", "/v1/tasks", token)),
            () => CallAsync(agent, "DPoP", token, agent.Proof("GET", "/v1/tasks")), // no ath
            () => CallAsync(agent, "DPoP", token, agent.Proof("GET", "/v1/tasks", token + "x")),
            () => CallAsync(agent, "DPoP", token, agent.Proof("POST", "/v1/tasks", token)),
            () => CallAsync(agent, "DPoP", token[..^6], agent.Proof("GET", "/v1/tasks", token[..^6])),
            () => CallAsync(agent, "DPoP", agent.Assertion(), null),
            () => CallAsync(agent, "", "", null),
        ];
        foreach (var attempt in attempts) await Attempt.IsRefusedAsync(broker, attempt, 401, null);
        Assert.Equal(200, (await agent.GetAsync("/v1/tasks")).Status);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Token_for_a_resource_opens_no_management(Engine engine)
    {
        var (broker, _) = await AgentAsync(engine);
        var world = await broker.Seed.WorldAsync();
        var token = (await world.Agent.TokenAsync(("task", (await world.TaskAsync()).Id), ("scope", world.Grant())))
            .AccessToken;
        await Attempt.IsRefusedAsync(
            broker, () => world.Agent.CallAsync(HttpMethod.Get, "/v1/tasks", null, token), 401, "invalid_token");
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Management_body_that_is_not_strict_json_is_refused(Engine engine)
    {
        var (broker, agent) = await AgentAsync(engine);
        foreach (var body in new[]
        {
            "", "{", "[]", "null", "{}x", """{"workflow":"a","workflow":"b","purpose":"c"}""", """{"unknown":1}""",
            """{"workflow":"a","purpose":"\ud800"}""", """{"workflow":"a","purpose":"\u0000"}""",
            """{"workflow":{},"purpose":"c"}""", "{\"x\":" + new string('[', 5000),
            """{"workflow":"a","purpose":"c","deadline_seconds":1e99}""",
            """{"workflow":"a","purpose":"c","deadline_seconds":-5}""",
        })
            await Attempt.IsRefusedAsync(
                broker, () => agent.CallAsync(HttpMethod.Post, "/v1/tasks", body), 400, "invalid_request");
        await Attempt.IsRefusedAsync(
            broker, () => agent.CallAsync(HttpMethod.Get, "/v1/tasks?after=%00"), 400, "invalid_request");
        await Attempt.IsRefusedAsync(
            broker, () => agent.PostAsync("/v1/tasks", new { workflow = "nowhere", purpose = "x" }), 403,
            "unknown_workflow");
        await Attempt.IsRefusedAsync(broker, () => agent.GetAsync("/v1/tasks/task_none"), 404, "not_found");
    }

    private static string Forged(
        TestCaller shown, ECDsa key, TestBroker broker, string nonce, Action<JsonObject>? change = null)
    {
        var header = new JsonObject
        {
            ["typ"] = DpopProof.Typ,
            ["alg"] = "ES256",
            ["jwk"] = JsonNode.Parse(shown.PublicKey.ToJson()),
        };
        change?.Invoke(header);
        var payload = new JsonObject
        {
            ["jti"] = TestCaller.Jti(),
            ["htm"] = "POST",
            ["htu"] = broker.Issuer + Endpoint,
            ["iat"] = broker.Now.ToUnixTimeSeconds(),
            ["nonce"] = nonce,
        };
        return Forgery.Sign(header.ToJsonString(), payload.ToJsonString(), key);
    }

    private static List<KeyValuePair<string, string>> NoAssertion(TestCaller agent, params (string, string)[] more) =>
        agent.Form([("client_assertion", ""), ("client_assertion_type", ""), .. more]);

    private static Task<Reply> BasicAsync(TestCaller agent, string id, string secret)
    {
        var text = $"{Uri.EscapeDataString(id)}:{Uri.EscapeDataString(secret)}";
        agent.TakeNonce();
        return SendAsync(
            agent, NoAssertion(agent, ("scope", "task:read@writ")),
            r => r.Headers.Authorization =
                new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(text))),
            agent.Proof("POST", Endpoint));
    }

    private static Task<Reply> PostAsync(TestCaller agent, string id, string secret)
    {
        agent.TakeNonce();
        return SendAsync(
            agent, NoAssertion(agent, ("client_id", id), ("client_secret", secret), ("scope", "task:read@writ")),
            proof: agent.Proof("POST", Endpoint));
    }

    private static Task<Reply> SendAsync(
        TestCaller agent, List<KeyValuePair<string, string>> form, Action<HttpRequestMessage>? change = null,
        string? proof = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, Endpoint) { Content = new FormUrlEncodedContent(form) };
        if (proof is not null) request.Headers.TryAddWithoutValidation("DPoP", proof);
        change?.Invoke(request);
        return agent.SendAsync(request);
    }

    private static async Task<string> GoodFormAsync(TestBroker broker, TestCaller agent) =>
        await new FormUrlEncodedContent(agent.Form(("resource", broker.Issuer))).ReadAsStringAsync();

    private static Task RefusedAsync(
        TestBroker broker, TestCaller agent, string body, int status, string error, string? code = null,
        string? contentType = "application/x-www-form-urlencoded") =>
        Attempt.IsRefusedAsync(
            broker,
            () =>
            {
                var request = new HttpRequestMessage(HttpMethod.Post, Endpoint)
                {
                    Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)),
                };
                if (contentType is not null)
                    request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
                return agent.SendAsync(request);
            },
            status, error, code);

    private async Task<(TestBroker, TestCaller)> AgentAsync(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        return (broker, await broker.Seed.IdentityAsync(Seed.Name("agent/caller"), []));
    }
}
