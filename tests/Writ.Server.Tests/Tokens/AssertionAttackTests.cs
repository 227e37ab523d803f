using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Writ.Testing;

namespace Writ.Server.Tests;

/// <summary>
/// Forged and malformed client assertions (RFC 8725 §2, RFC 7523 §3, rfc7523bis), each at the real endpoint: always
/// invalid_client and a record, never a token and never a 500.
/// </summary>
public sealed class AssertionAttackTests(SharedBrokers brokers) : IClassFixture<SharedBrokers>
{
    public static TheoryData<Engine, string> HeaderAttacks => WithEngines(Headers.Keys);

    public static TheoryData<Engine, string> PayloadAttacks => WithEngines(Payloads.Keys);

    private static readonly Dictionary<string, Action<JsonObject>> Headers = new(StringComparer.Ordinal)
    {
        ["alg none"] = h => h["alg"] = "none",
        ["alg nOnE"] = h => h["alg"] = "nOnE",
        ["alg missing"] = h => h.Remove("alg"),
        ["alg is a number"] = h => h["alg"] = 256,
        ["alg of another curve"] = h => h["alg"] = "ES384",
        ["alg of another family"] = h => h["alg"] = "RS256",
        ["alg PS256"] = h => h["alg"] = "PS256",
        ["alg EdDSA"] = h => h["alg"] = "EdDSA",
        ["crit"] = h => h["crit"] = new JsonArray("exp"),
        ["crit empty"] = h => h["crit"] = new JsonArray(),
        ["b64 false"] = h => { h["b64"] = false; h["crit"] = new JsonArray("b64"); },
        ["kid unknown"] = h => h["kid"] = "another",
        ["kid is a path"] = h => h["kid"] = "../../../../../../dev/null",
        ["kid is SQL"] = h => h["kid"] = "' UNION SELECT 'AA' --",
        ["kid is a command"] = h => h["kid"] = "key.pem; curl attacker.example",
        ["kid is a URL"] = h => h["kid"] = "https://attacker.example/key.json",
        ["kid is huge"] = h => h["kid"] = new string('k', 5000),
        ["kid is an object"] = h => h["kid"] = new JsonObject { ["$ne"] = "" },
        ["typ of an access token"] = h => h["typ"] = "at+jwt",
        ["typ of a proof"] = h => h["typ"] = "dpop+jwt",
        ["deep header"] = h => h["x"] = JsonNode.Parse(new string('[', 40) + new string(']', 40)),
    };

    private static readonly Dictionary<string, Action<JsonObject, TestBroker>> Payloads = new(StringComparer.Ordinal)
    {
        ["aud missing"] = (p, _) => p.Remove("aud"),
        ["aud of another"] = (p, _) => p["aud"] = "https://elsewhere.example",
        ["aud is the token endpoint"] = (p, b) => p["aud"] = b.Issuer + "/oauth/token",
        ["aud with a slash"] = (p, b) => p["aud"] = b.Issuer + "/",
        ["aud is an array"] = (p, b) => p["aud"] = new JsonArray(b.Issuer),
        ["aud is two"] = (p, b) => p["aud"] = new JsonArray(b.Issuer, "https://elsewhere.example"),
        ["iss of another"] = (p, _) => p["iss"] = "spiffe://example.org/agent/other",
        ["iss missing"] = (p, _) => p.Remove("iss"),
        ["sub missing"] = (p, _) => p.Remove("sub"),
        ["sub is a number"] = (p, _) => p["sub"] = 7,
        ["exp missing"] = (p, _) => p.Remove("exp"),
        ["exp past"] = (p, b) => p["exp"] = b.Now.AddMinutes(-1).ToUnixTimeSeconds(),
        ["exp too far"] = (p, b) => p["exp"] = b.Now.AddMinutes(6).ToUnixTimeSeconds(),
        ["exp negative"] = (p, _) => p["exp"] = -1,
        ["exp huge"] = (p, _) => p["exp"] = long.MaxValue,
        ["exp beyond numbers"] = (p, _) => p["exp"] = JsonNode.Parse("1e400"),
        ["exp 2^63"] = (p, _) => p["exp"] = JsonNode.Parse("9223372036854775808"),
        ["exp is a far float"] = (p, _) => p["exp"] = JsonNode.Parse("1e15"),
        ["exp is a past float"] = (p, _) => p["exp"] = JsonNode.Parse("0.5"),
        ["exp is text"] = (p, b) => p["exp"] = $"{b.Now.AddMinutes(1).ToUnixTimeSeconds()}",
        ["exp is null"] = (p, _) => p["exp"] = null,
        ["nbf in the future"] = (p, b) => p["nbf"] = b.Now.AddMinutes(1).ToUnixTimeSeconds(),
        ["iat in the future"] = (p, b) => p["iat"] = b.Now.AddMinutes(1).ToUnixTimeSeconds(),
        ["iat is an object"] = (p, _) => p["iat"] = new JsonObject(),
        ["jti missing"] = (p, _) => p.Remove("jti"),
        ["jti empty"] = (p, _) => p["jti"] = "",
        ["jti is a number"] = (p, _) => p["jti"] = 1,
        ["jti too long"] = (p, _) => p["jti"] = new string('j', 300),
        ["deep payload"] = (p, _) => p["x"] = JsonNode.Parse(new string('[', 60) + new string(']', 60)),
    };

    [Theory, MemberData(nameof(HeaderAttacks))]
    public async Task Header_attack_is_refused(Engine engine, string attack)
    {
        var (broker, agent) = await AgentAsync(engine);
        var header = Forgery.Header(agent, Headers[attack]);
        await RefusedAsync(broker, agent, Forgery.Sign(header, Forgery.Payload(broker, agent.Id), agent.Key));
    }

    [Theory, MemberData(nameof(PayloadAttacks))]
    public async Task Payload_attack_is_refused(Engine engine, string attack)
    {
        var (broker, agent) = await AgentAsync(engine);
        var payload = Forgery.Payload(broker, agent.Id, p => Payloads[attack](p, broker));
        await RefusedAsync(broker, agent, Forgery.Sign(Forgery.Header(agent), payload, agent.Key));
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Key_that_the_assertion_brings_along_is_not_believed(Engine engine)
    {
        var (broker, agent) = await AgentAsync(engine);
        var thief = agent.WithAnotherKey();
        var jwk = JsonNode.Parse(thief.PublicKey.ToJson());
        var payload = Forgery.Payload(broker, agent.Id);
        Action<JsonObject>[] headers =
        [
            h => { h["jwk"] = jwk!.DeepClone(); h.Remove("kid"); },
            h => h["jwk"] = jwk!.DeepClone(),
            h => { h["jku"] = "https://attacker.example/jwks.json"; h["kid"] = thief.PublicKey.Thumbprint; },
            h => { h["x5c"] = new JsonArray("MIIB"); h["x5u"] = "https://attacker.example/c.pem"; },
            h => h.Remove("kid"),
        ];
        foreach (var change in headers)
            await RefusedAsync(broker, agent, Forgery.Sign(Forgery.Header(agent, change), payload, thief.Key));
    }

    // RS256 → HS256 with the public key as the secret (CVE-2015-9235), in every form in which it could be taken.
    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Public_key_is_not_an_hmac_secret(Engine engine)
    {
        var (broker, agent) = await AgentAsync(engine);
        byte[][] secrets =
        [
            Encoding.ASCII.GetBytes(agent.Key.ExportSubjectPublicKeyInfoPem()),
            agent.Key.ExportSubjectPublicKeyInfo(),
            Encoding.ASCII.GetBytes(agent.PublicKey.ToJson()),
            [],
        ];
        var header = Forgery.Header(agent, h => h["alg"] = "HS256");
        foreach (var secret in secrets)
            await RefusedAsync(broker, agent, Forgery.Sign(
                header, Forgery.Payload(broker, agent.Id), data => HMACSHA256.HashData(secret, data)));
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Text_that_two_readers_could_read_differently_is_refused(Engine engine)
    {
        var (broker, agent) = await AgentAsync(engine);
        var good = Forgery.Payload(broker, agent.Id);
        var header = Forgery.Header(agent);
        string[] payloads =
        [
            good.Replace("{", """{"sub":"spiffe://example.org/agent/root",""", StringComparison.Ordinal), // twice
            good + "{}",
            good + "\0",
            "\ufeff" + good,
            "[" + good + "]",
            good.Replace("\"jti\":\"", "\"jti\":\"\\ud800", StringComparison.Ordinal), // a lone surrogate
            good.Replace("\"jti\":\"", "\"jti\":\"\\u0000", StringComparison.Ordinal),
            "",
            "null",
        ];
        foreach (var payload in payloads)
            await RefusedAsync(broker, agent, Forgery.Sign(header, payload, agent.Key));

        byte[] invalidUtf8 = [.. Encoding.UTF8.GetBytes(good[..^1]), .. ",\"x\":\""u8, 0xED, 0xA0, 0x80, .. "\"}"u8];
        await RefusedAsync(broker, agent, Forgery.Sign(
            header, invalidUtf8, data => agent.Key.SignData(data, HashAlgorithmName.SHA256)));

        var assertion = Forgery.Sign(header, good, agent.Key);
        string[] texts =
        [
            assertion + ".", assertion + "=", assertion + ".x", " " + assertion, assertion + " ", assertion[..^3],
            assertion.Replace('.', ':'), $"{assertion},{assertion}", "a.b.c", "...", ".",
            assertion[..(assertion.LastIndexOf('.') + 1)],
        ];
        foreach (var text in texts) await RefusedAsync(broker, agent, text);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Token_of_ours_is_no_assertion(Engine engine)
    {
        var (broker, agent) = await AgentAsync(engine);
        await RefusedAsync(broker, agent, await agent.ManagementTokenAsync());
        await RefusedAsync(broker, agent, agent.Proof("POST", "/oauth/token"));
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Assertion_of_another_registered_identity_is_not_ours(Engine engine)
    {
        var (broker, agent) = await AgentAsync(engine);
        var other = await broker.Seed.IdentityAsync(Seed.Name("agent/other"), []);
        // Signed with a key that is registered, but for somebody else; client_id and assertion that do not agree.
        await RefusedAsync(broker, agent, Forgery.Sign(
            Forgery.Header(other), Forgery.Payload(broker, agent.Id), other.Key));
        await Attempt.IsRefusedAsync(
            broker, () => agent.TokenAsync(("client_id", other.Id), ("resource", broker.Issuer)), 401,
            "invalid_client", "assertion_invalid");
        await Attempt.IsRefusedAsync(
            broker, () => new TestCaller(broker, "spiffe://example.org/agent/nobody").TokenAsync(), 401,
            "invalid_client", "unknown_client");
        await Attempt.IsRefusedAsync(
            broker, () => new TestCaller(broker, "spiffe://elsewhere.example/agent/billing").TokenAsync(), 401,
            "invalid_client", "unknown_client");
        await Attempt.IsRefusedAsync(
            broker, () => new TestCaller(broker, "' OR 1=1 --").TokenAsync(), 401, "invalid_client",
            "unknown_client");
    }

    [Fact]
    public async Task Signatures_of_Wycheproof_sign_no_assertion()
    {
        const string file = "wycheproof/testvectors_v1/ecdsa_secp256r1_sha256_p1363_test.json";
        if (!Vectors.TryRead(file, out var json)) return;
        var (broker, agent) = await AgentAsync(Engine.Sqlite);
        var signatures = json.GetProperty("testGroups").EnumerateArray()
            .SelectMany(g => g.GetProperty("tests").EnumerateArray())
            .Select(t => Convert.FromHexString(t.GetProperty("sig").GetString()!)).ToList();
        Assert.True(signatures.Count > 100);
        agent.TakeNonce();

        foreach (var signature in signatures)
        {
            var assertion = Forgery.Sign(
                Forgery.Header(agent), Forgery.Payload(broker, agent.Id), _ => signature);
            var reply = await agent.TokenAsync(("client_assertion", assertion));
            Assert.True(reply is { Status: 401, Error: "invalid_client" }, $"{reply.Status} {reply.Text}");
        }
    }

    private static Task<JsonElement> RefusedAsync(TestBroker broker, TestCaller agent, string assertion) =>
        Attempt.IsRefusedAsync(
            broker, () => agent.TokenAsync(("client_assertion", assertion), ("resource", broker.Issuer)), 401,
            "invalid_client");

    private async Task<(TestBroker, TestCaller)> AgentAsync(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        return (broker, await broker.Seed.IdentityAsync(Seed.Name("agent/victim"), []));
    }

    private static TheoryData<Engine, string> WithEngines(IEnumerable<string> names)
    {
        var data = new TheoryData<Engine, string>();
        foreach (var name in names)
        {
            data.Add(Engine.Sqlite, name);
            data.Add(Engine.Postgres, name);
        }
        return data;
    }
}
