using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Writ.Protocol;
using Writ.Server.Callers;
using Writ.Server.Storage;
using Writ.Server.Tests.Mtls;
using Writ.Server.Tests.Users;

namespace Writ.Server.Tests.Edge;

/// <summary>The executable: its ready line, its listeners, its end; and what it leaves in logs and files.</summary>
public sealed class BrokerProcessTests
{
    [Fact]
    public async Task Executable_says_where_it_listens_serves_certificates_and_stops_when_told()
    {
        using var maker = new CertificateMaker();
        var own = await maker.SelfSignedAsync("own");
        await using var store = await TestStore.CreateAsync(Engine.Sqlite);
        var (id, scope) = await SeedAsync(store, own);
        await using var broker = await BrokerProcess.StartAsync(store.Folder);
        var curl = new Curl(Path.Combine(store.Folder, "ca.pem"), own);

        var issued = await curl.PostFormAsync(
            broker.Tls + "/oauth/token", ("grant_type", "client_credentials"), ("client_id", id), ("scope", scope));
        var management = await curl.PostFormAsync(
            broker.Tls + "/oauth/token", ("grant_type", "client_credentials"), ("client_id", id),
            ("resource", broker.Issuer));
        var tasks = await curl.GetAsync(
            broker.Tls + "/v1/tasks", $"Authorization: Bearer {management["access_token"]}");
        var old = await Testing.Command.RunAsync(
            "curl",
            ["--silent", "--tls-max", "1.1", "--ciphers", "DEFAULT@SECLEVEL=0", "--insecure", broker.Tls + "/livez"]);

        Assert.True(broker.Ready.GetProperty("ready").GetBoolean());
        Assert.Equal((200, "Bearer"), (issued.Status, issued["token_type"]));
        Assert.Equal(200, tasks.Status);
        Assert.NotEqual(0, old.ExitCode); // TLS 1.2 at the least
        Assert.Equal(0, await broker.StopAsync());
    }

    [Fact]
    public async Task No_secret_and_no_token_is_left_in_logs_or_files()
    {
        await using var users = await UserIssuer.StartAsync();
        await using var store = await TestStore.CreateAsync(Engine.Sqlite);
        var secret = IdSource.Secret("writsecret");
        var (agent, id, scope, workflow) = await SeedAgentAsync(store, secret);
        await using var broker = await BrokerProcess.StartAsync(
            store.Folder, "--user-issuers:0:name", "corp", "--user-issuers:0:issuer", users.Issuer,
            "--user-issuers:0:audience", UserIssuer.Audience);
        var now = DateTimeOffset.FromUnixTimeSeconds(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds());
        var user = await users.MintAsync(new
        {
            iss = users.Issuer,
            aud = UserIssuer.Audience,
            sub = "alice",
            exp = now.AddHours(1).ToUnixTimeSeconds(),
        });
        using var client = new Walk(broker.Issuer, agent);
        client.Secrets.AddRange([secret, user]);

        // The whole road, in good requests and in bad ones that carry secrets to where they do not belong.
        var management = await client.TokenAsync(("resource", broker.Issuer));
        await client.CallAsync("/v1/tasks", management!, new
        {
            workflow,
            purpose = "test",
            on_behalf_of = new { token = user },
        });
        var exchanged = await client.PostAsync(
            "/oauth/token", ("grant_type", GrantTypes.TokenExchange), ("subject_token", user),
            ("subject_token_type", TokenTypeUri.Jwt), ("scope", scope));
        var refresh = exchanged.GetProperty("refresh_token").GetString()!;
        client.Secrets.AddRange([refresh, exchanged.GetProperty("access_token").GetString()!]);
        await client.PostAsync("/oauth/token", ("grant_type", "refresh_token"), ("refresh_token", refresh));
        await client.PostAsync("/oauth/token", ("grant_type", "refresh_token"), ("refresh_token", refresh));
        await client.PostAsync("/oauth/introspect", ("token", management!));
        await client.PostAsync("/oauth/revoke", ("token", management!));
        await client.BasicAsync(id, secret);
        await client.BasicAsync(id, secret + "0");
        await client.PostAsync("/oauth/token", ("grant_type", secret), ("scope", secret), ("subject_token", user));
        Assert.Equal(0, await broker.StopAsync());

        var left = broker.Said + string.Concat(
            Directory.EnumerateFiles(store.Folder, "*", SearchOption.AllDirectories)
                .Select(f => Encoding.Latin1.GetString(File.ReadAllBytes(f))));
        Assert.Contains("token.exchange", left, StringComparison.Ordinal); // the records are there,
        Assert.InRange(client.Secrets.Count, 15, 100);
        foreach (var text in client.Secrets.SelectMany(s => new[] { s, s.Split('.')[^1] }))
            Assert.DoesNotContain(text, left, StringComparison.Ordinal); // and no secret.
    }

    private static async Task<(string Id, string Scope)> SeedAsync(TestStore store, ClientCertificate certificate)
    {
        await using var broker = await TestBroker.StartAsync(store, TimeProvider.System);
        var world = await broker.Seed.WorldAsync();
        var client = await broker.Seed.IdentityAsync(
            Seed.Name("workload/web"), [world.Grant()], row => row with { Kind = "workload" },
            key => key with
            {
                Kind = PrincipalKeyKind.Certificate,
                Material = certificate.Thumbprint,
                Thumbprint = certificate.Thumbprint,
            });
        return (client.Id, world.Grant());
    }

    private static async Task<(TestCaller Agent, string Id, string Scope, string Workflow)> SeedAgentAsync(
        TestStore store, string secret)
    {
        await using var broker = await TestBroker.StartAsync(store, TimeProvider.System);
        var world = await broker.Seed.WorldAsync();
        await broker.Seed.ChangeAsync(world.Agent, row => row with { ImplicitTask = true });
        var client = await broker.Seed.IdentityAsync(
            Seed.Name("service/old"), [world.Grant()], row => row with { Kind = "service_account" },
            key => key with
            {
                Kind = PrincipalKeyKind.Secret,
                Material = ClientSecret.Store(secret),
                Thumbprint = null,
            });
        return (world.Agent, client.Id, world.Grant(), world.Workflow.Name);
    }

    /// <summary>A client that remembers every credential that it ever sent or got.</summary>
    private sealed class Walk(string issuer, TestCaller agent) : IDisposable
    {
        private readonly HttpClient _http = new() { BaseAddress = new Uri(issuer) };
        private string? _nonce;

        public List<string> Secrets { get; } = [];

        public async Task<string?> TokenAsync(params (string Name, string Value)[] form)
        {
            var answer = await PostAsync("/oauth/token", [("grant_type", "client_credentials"), .. form]);
            var token = answer.GetProperty("access_token").GetString()!;
            Secrets.Add(token);
            return token;
        }

        public async Task<JsonElement> PostAsync(string path, params (string Name, string Value)[] form)
        {
            for (var attempt = 0; ; attempt++)
            {
                var assertion = ClientAssertion.Create(
                    agent.Signer, agent.Id, issuer, TestCaller.Jti(), TimeProvider.System.GetUtcNow(),
                    TimeSpan.FromMinutes(1));
                Secrets.Add(assertion);
                (string, string)[] whole =
                [
                    .. form, ("client_assertion_type", TokenTypeUri.JwtBearerAssertion),
                    ("client_assertion", assertion),
                ];
                var request = new HttpRequestMessage(HttpMethod.Post, path)
                {
                    Content = new FormUrlEncodedContent(whole.Select(p => KeyValuePair.Create(p.Item1, p.Item2))),
                };
                request.Headers.Add("DPoP", Proof("POST", path, null));
                var text = await SendAsync(request);
                if (attempt == 0 && text.Contains("use_dpop_nonce", StringComparison.Ordinal)) continue;
                return text.Length == 0 ? default : JsonElement.Parse(text);
            }
        }

        public async Task CallAsync(string path, string token, object body)
        {
            var request = new HttpRequestMessage(HttpMethod.Post, path)
            {
                Content = new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json"),
            };
            request.Headers.Authorization = new AuthenticationHeaderValue("DPoP", token);
            request.Headers.Add("DPoP", Proof("POST", path, token));
            Assert.Contains("on_behalf_of", await SendAsync(request), StringComparison.Ordinal);
        }

        public async Task BasicAsync(string id, string secret)
        {
            var request = new HttpRequestMessage(HttpMethod.Post, "/oauth/introspect")
            {
                Content = new FormUrlEncodedContent([KeyValuePair.Create("token", secret)]),
            };
            var pair = Convert.ToBase64String(
                Encoding.UTF8.GetBytes($"{WebUtility.UrlEncode(id)}:{WebUtility.UrlEncode(secret)}"));
            Secrets.Add(pair);
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", pair);
            await SendAsync(request);
        }

        public void Dispose() => _http.Dispose();

        private string Proof(string method, string path, string? token)
        {
            var proof = DpopProof.Create(
                agent.Key, method, issuer + path, TestCaller.Jti(), TimeProvider.System.GetUtcNow(), _nonce, token);
            Secrets.Add(proof);
            return proof;
        }

        private async Task<string> SendAsync(HttpRequestMessage request)
        {
            using var response = await _http.SendAsync(request);
            if (response.Headers.TryGetValues("DPoP-Nonce", out var nonces)) _nonce = nonces.Single();
            return await response.Content.ReadAsStringAsync();
        }
    }
}
