using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Writ.Protocol;
using Writ.Testing;

namespace Writ.Client.Tests;

/// <summary>
/// The whole: a broker on its embedded store, the orders API, two agents and a workflow, all real and each in a process
/// of its own; registered by an operator through the API, as anybody would.
/// </summary>
public sealed class World : IAsyncLifetime
{
    private const string Domain = "spiffe://example.org/";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("writ-e2e-");
    private readonly List<IDisposable> _owned = [];
    private Server? _broker;
    private Server? _api;

    internal string Issuer => (string)_broker!.Ready["issuer"]!;

    internal string Orders => (string)_api!.Ready["url"]!;

    internal WritClient Operator { get; private set; } = null!;

    internal string KeyFile(string identity) => Path.Combine(_folder.FullName, identity.Replace('/', '-') + ".pem");

    internal string At(string name) => Path.Combine(_folder.FullName, name);

    internal Task KillBrokerAsync() => _broker!.KillAsync();

    // xunit disposes no fixture whose start failed, and a process would stay behind.
    public async ValueTask InitializeAsync()
    {
        try
        {
            await BeginAsync();
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    private async Task BeginAsync()
    {
        _broker = await Server.StartAsync(
            "src/Writ.Server",
            "writ-server",
            "--data_dir", At("data"),
            "--listen", "127.0.0.1:0",
            "--bootstrap_socket", At("boot"));
        Operator = await EnrolAsync();
        await RegisterAsync("workload/orders-api", "workload", []);
        _api = await Server.StartAsync(
            "examples/orders-api",
            "orders-api",
            "--issuer", Issuer,
            "--identity", Domain + "workload/orders-api",
            "--key", KeyFile("workload/orders-api"));
        await PostAsync("/v1/resources", new JsonObject
        {
            ["name"] = "orders",
            ["uri"] = Orders,
            ["team"] = "shop",
            ["classification"] = "internal",
            ["actions"] = new JsonArray("orders:read", "orders:create", "orders:cancel", "orders:refund"),
        });
        await RegisterAsync("agent/billing", "agent", ["orders:read,orders:create,orders:cancel@orders"]);
        await RegisterAsync("agent/helper", "agent", ["orders:read@orders"]);
        await PostAsync("/v1/workflows", new JsonObject
        {
            ["name"] = "billing",
            ["team"] = "shop",
            ["agents"] = new JsonArray("agent/billing", "agent/helper"),
            ["authority"] = new JsonArray("orders:read,orders:create,orders:cancel@orders"),
        });
    }

    /// <summary>A client of its own for an agent, with a proof key of its own.</summary>
    internal WritClient Agent(string identity) => new(new WritClientOptions
    {
        Issuer = Issuer,
        ClientId = Domain + identity,
        Key = Own(AgentKey.Load(KeyFile(identity))),
        Timeout = TimeSpan.FromMinutes(1),
    });

    public async ValueTask DisposeAsync()
    {
        foreach (var owned in Enumerable.Reverse(_owned))
            owned.Dispose();
        if (_api is not null)
            await _api.DisposeAsync();
        if (_broker is not null)
            await _broker.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private async Task<WritClient> EnrolAsync()
    {
        var code = JsonNode.Parse((await Command.RunAsync(
            "curl", ["-sS", "--unix-socket", At("boot"), "-X", "POST", "http://localhost/code"])).Succeeded())!["code"];
        var key = Own(AgentKey.CreateFile(KeyFile("operator/ada")));
        using var stranger = Client("operator/unknown", key);
        await stranger.Management.SendProofAsync(HttpMethod.Post, "/v1/operators/enrol", new JsonObject
        {
            ["code"] = code!.DeepClone(),
            ["name"] = "ada",
            ["jwk"] = JsonNode.Parse(Jwk.FromEcdsa(key).ToJson()),
        });
        return Own(Client("operator/ada", key));
    }

    private WritClient Client(string identity, ECDsa key) =>
        new(new WritClientOptions
        {
            Issuer = Issuer,
            ClientId = Domain + identity,
            Key = key,
            ProofKey = key,
            Timeout = TimeSpan.FromMinutes(1),
        });

    private async Task RegisterAsync(string identity, string kind, string[] entitlements)
    {
        using var key = AgentKey.CreateFile(KeyFile(identity));
        await PostAsync("/v1/identities", new JsonObject
        {
            ["name"] = identity,
            ["kind"] = kind,
            ["team"] = "shop",
            ["purpose"] = "test",
            ["expires_in_days"] = 30,
            ["clearance"] = "internal",
            ["entitlements"] = new JsonArray([.. entitlements.Select(grant => (JsonNode)grant)]),
            ["keys"] = new JsonArray(new JsonObject
            {
                ["kind"] = "jwk",
                ["jwk"] = JsonNode.Parse(Jwk.FromEcdsa(key).ToJson()),
            }),
        });
    }

    private Task PostAsync(string path, JsonObject body) =>
        Operator.Management.SendAsync(HttpMethod.Post, path, body);

    private T Own<T>(T thing)
        where T : IDisposable
    {
        _owned.Add(thing);
        return thing;
    }
}
