using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Writ.Protocol;

namespace Writ.Client.Tests.Decisions;

/// <summary>The parts of deciding in this process, at a broker of a test's own, with a feed that the test speaks.
/// </summary>
internal sealed class DecisionWorld : IAsyncDisposable
{
    internal const string Api = "spiffe://example.org/workload/orders-api";
    internal const string Agent = "spiffe://example.org/agent/billing";

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly CancellationTokenSource _stop = new();
    private readonly BrokerConnection _connection;
    private readonly RemoteKeys _keys;
    private Task _running = Task.CompletedTask;

    private DecisionWorld(FakeBroker broker)
    {
        Broker = broker;
        broker.ClientKey = Jwk.FromEcdsa(_key);
        var client = new WritClientOptions { Issuer = broker.Url, ClientId = Api, Key = _key };
        _connection = new BrokerConnection(client);
        Management = new ManagementApi(_connection, client, "access:bundle access:report");
        _keys = new RemoteKeys(
            cancel => _connection.GetAsync(new Uri(broker.Url + "/v1/revocations/keys"), cancel), TimeProvider.System);
        View = new RevocationView(TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1), TimeProvider.System);
        Pull = new BundlePull(
            Management, new BundleSettings(broker.Url, Api, ["orders"]), _keys, View, TimeProvider.System,
            NullLogger.Instance);
        Spool = new DecisionSpool(Folder, 1 << 20, NullLogger.Instance);
        Point = new LocalDecisionPoint(() => Pull.Facts, View, Spool, TimeProvider.System);
    }

    internal FakeBroker Broker { get; }

    internal ManagementApi Management { get; }

    internal RevocationView View { get; }

    internal BundlePull Pull { get; }

    internal DecisionSpool Spool { get; }

    internal LocalDecisionPoint Point { get; }

    internal string Folder { get; } = Directory.CreateTempSubdirectory("writ-decide-").FullName;

    internal static string Policy { get; } = JsonSerializer.Serialize(new
    {
        files = new[]
        {
            new
            {
                name = "decision.rego",
                text = "package writ.decision\n\nanswer := {\"allow\": true, \"obligations\": set()}",
                version = 1,
            },
        },
        data = new { },
    });

    internal static DecisionQuestion Question { get; } = new()
    {
        Subject = Agent,
        Action = "orders:read",
        Resource = "orders",
    };

    internal static async Task<DecisionWorld> StartAsync() => new(await FakeBroker.StartAsync());

    /// <summary>The broker answers with this bundle from now on, and the pull runs.</summary>
    internal void Offer(DecisionBundle bundle, string? policy = null, JwsSigner? signer = null)
    {
        var signed = (signer ?? Broker.Issuer.Feed).Sign(DecisionBundle.Typ, bundle.ToPayload());
        Broker.OnCall = _ => Results.Json(new { bundle = signed, policy = policy ?? Policy });
        if (_running.IsCompleted)
            _running = Task.Run(() => Pull.RunAsync(_stop.Token));
    }

    /// <summary>The feed says this version.</summary>
    internal void Beat(long registry, string epoch = "e1")
    {
        if (View.Set.Epoch != epoch)
            View.Apply(Issuer.Nothing(epoch));
        View.Apply(new RevocationFeedMessage.Heartbeat(epoch, 0, TimeProvider.System.GetUtcNow())
        {
            Registry = registry,
        });
    }

    internal DecisionBundle Bundle(long version) => new()
    {
        Issuer = Broker.Url,
        Audience = Api,
        Epoch = "e1",
        Version = version,
        PolicyDigest = "digest",
        PolicySha256 = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Policy))),
        MaxDepth = 8,
        Resources =
        [
            new BundledResource(
                JsonElement.Parse("""{"type":"resource","id":"orders","properties":{"classification_rank":1}}"""),
                Issuer.Orders, ["orders:read"]),
        ],
        Subjects =
        [
            new BundledSubject(
                JsonElement.Parse(
                    $$"""{"type":"agent","id":"{{Agent}}","properties":{"status":"active","clearance_rank":1} }"""),
                0, long.MaxValue / 2,
                Authority.Of(AuthorizationDetail.Of([ActionName.Parse("orders:read")], [Issuer.Orders])), []),
        ],
    };

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        await Spool.DisposeAsync();
        Management.Dispose();
        _connection.Dispose();
        _keys.Dispose();
        await Broker.DisposeAsync();
        _key.Dispose();
        _stop.Dispose();
        Directory.Delete(Folder, recursive: true);
    }
}
