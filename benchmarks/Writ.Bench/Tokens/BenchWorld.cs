using Writ.Bench.Load;
using Writ.Bench.Servers;
using Writ.Protocol;

namespace Writ.Bench.Tokens;

/// <summary>A broker under test on one engine, with its agents and the operations that are measured on it.</summary>
internal sealed class BenchWorld : IAsyncDisposable
{
    private readonly BrokerProcess _broker;
    private readonly List<Agent> _agents = [.. "abcd".Select(c => new Agent(c.ToString()))];
    private string _depth2 = "";

    private BenchWorld(BrokerProcess broker) => _broker = broker;

    public ServerProcess Server => _broker.Server;

    public IReadOnlyList<Operation> Operations =>
    [
        new(Operation.Names[0], "/oauth/token", "/oauth/token", (n, nonce, path) => Many(n, _ => _agents[0].Request(
            Server.Origin, Host, path, nonce, Issue))),
        new(Operation.Names[1], "/oauth/token", "/oauth/exchange", (n, nonce, path) => Many(n, _ => _agents[3].Request(
            Server.Origin, Host, path, nonce, Exchange(_depth2)))),
        new(Operation.Names[2], "/oauth/introspect", "/oauth/introspect", (n, _, path) => Many(n, _ => Agent.Raw(
            path, Server.TlsEndPoint.ToString(), $"client_id={Uri.EscapeDataString(_agents[0].Id)}&token={_depth2}",
            ""))) { IsMutualTls = true },
    ];

    private string Host => Server.EndPoint.ToString();

    private string Issue =>
        $"grant_type=client_credentials&task={BenchStore.TaskOf(_agents[0])}&scope=orders:read@orders";

    public static async Task<BenchWorld> StartAsync(string engine, int past)
    {
        var world = new BenchWorld(await BrokerProcess.StartAsync(engine));
        try
        {
            var store = new BenchStore(engine, world._broker.Store);
            await store.SeedAsync(world._agents);
            Console.Error.WriteLine($"filling {engine} with {past:N0} past tokens…");
            await store.FillAsync(past);
            await Task.Delay(TimeSpan.FromMilliseconds(500)); // the broker's look at the registry
            await world.PrepareAsync();
            return world;
        }
        catch
        {
            await world.DisposeAsync();
            throw;
        }
    }

    public LoadTarget TargetOf(Operation operation, ServerProcess server) => operation.IsMutualTls
        ? new LoadTarget(server.TlsEndPoint, _agents[0].Certificate)
        : new LoadTarget(server.EndPoint);

    public async Task<string> NonceAsync()
    {
        var request = _agents[0].Request(Server.Origin, Host, "/oauth/token", "none", "grant_type=client_credentials");
        var (_, text) = await HttpLoad.OnceAsync(Server.EndPoint, request);
        const string header = "DPoP-Nonce: ";
        var at = text.IndexOf(header, StringComparison.Ordinal) + header.Length;
        return text[at..text.IndexOf('\r', at)];
    }

    public ValueTask DisposeAsync() => _broker.DisposeAsync();

    /// <summary>Makes the chain a → b → c whose last token d exchanges, and the token that introspects.</summary>
    private async Task PrepareAsync()
    {
        var nonce = await NonceAsync();
        var token = await TokenAsync(_agents[0], nonce, Issue + For(_agents[1]));
        for (var i = 1; i < 3; i++)
            token = await TokenAsync(_agents[i], nonce, Exchange(token) + For(_agents[i + 1]));
        _depth2 = token;
    }

    private async Task<string> TokenAsync(Agent agent, string nonce, string form)
    {
        var request = agent.Request(Server.Origin, Host, "/oauth/token", nonce, form);
        var (_, text) = await HttpLoad.OnceAsync(Server.EndPoint, request);
        return AnswerText.Member(text, "access_token");
    }

    private static string Exchange(string subject)
    {
        var grant = Uri.EscapeDataString(GrantTypes.TokenExchange);
        var type = Uri.EscapeDataString(TokenTypeUri.AccessToken);
        return $"grant_type={grant}&subject_token_type={type}&subject_token={subject}&scope=orders:read@orders";
    }

    private static string For(Agent next) => $"&may_act={Uri.EscapeDataString(next.Id)}";

    private static byte[][] Many(int count, Func<int, byte[]> make)
    {
        var all = new byte[count][];
        Parallel.For(0, count, i => all[i] = make(i));
        return all;
    }
}
