using System.Text.Json;
using Writ.Bench.Load;
using Writ.Bench.Servers;
using Writ.Bench.Tokens;

namespace Writ.Bench.Decisions;

/// <summary>A broker with the bench's grants as entitlements, the policy that it ships, and a token to ask with.
/// </summary>
internal sealed class DecisionWorld : IAsyncDisposable
{
    private const long Ever = 4102444800000000;

    private readonly BrokerProcess _broker;

    private DecisionWorld(BrokerProcess broker) => _broker = broker;

    public ServerProcess Server => _broker.Server;

    /// <summary>An API of the team that has the resources: it may decide by itself.</summary>
    public Agent Api { get; } = new("api");

    /// <summary>Bound to no key, as clients of other engines have theirs.</summary>
    public string Token { get; private set; } = "";

    public static async Task<DecisionWorld> StartAsync(string engine)
    {
        var world = new DecisionWorld(await BrokerProcess.StartAsync(engine));
        try
        {
            var asker = new Agent("asker");
            var store = new BenchStore(engine, world._broker.Store);
            await store.SeedAsync([asker, world.Api]);
            await store.RunAsync(Statements(store.True, world.Api));
            await Task.Delay(TimeSpan.FromMilliseconds(500)); // the broker's look at the registry
            var request = asker.BearerRequest(
                world.Server.Origin, world.Server.EndPoint.ToString(),
                $"grant_type=client_credentials&resource={Uri.EscapeDataString(world.Server.Origin)}"
                + "&scope=access:evaluate@writ");
            var (_, text) = await HttpLoad.OnceAsync(world.Server.EndPoint, request);
            world.Token = AnswerText.Member(text, "access_token");
            return world;
        }
        catch
        {
            await world.DisposeAsync();
            throw;
        }
    }

    public ValueTask DisposeAsync() => _broker.DisposeAsync();

    private static IEnumerable<string> Statements(string yes, Agent api)
    {
        yield return $"UPDATE identity SET kind = 'workload' WHERE id = '{api.Id}'";
        var actions = string.Join(' ', Enumerable.Range(0, Grants.Actions).Select(Grants.ActionOf));
        foreach (var name in Enumerable.Range(0, Grants.Resources).Select(Grants.ResourceOf))
            yield return $"""
                INSERT INTO resource (name, uri, owner, team, classification, actions, created_at, version)
                VALUES ('{name}', '{UriOf(name)}', 'o', 't', 'internal', '{actions}', 0, 1)
                """;
        foreach (var (agent, grants) in Grants.All)
        {
            var entitlements = JsonSerializer.Serialize(grants.Select(g => new
            {
                type = "writ_access",
                actions = new[] { g.Key },
                locations = new[] { UriOf(g.Value) },
            }));
            yield return $"""
                INSERT INTO identity
                  (id, kind, owner, team, purpose, status, clearance, labels, entitlements, implicit_task, bearer,
                   created_at, expires_at, version)
                VALUES
                  ('{agent}', 'agent', 'o', 't', 'bench', 'active', 'internal', '[]', '{entitlements}', {yes}, {yes},
                   0, {Ever}, 1)
                """;
        }
    }

    public static string UriOf(string resource) => $"https://{resource}.example";
}
