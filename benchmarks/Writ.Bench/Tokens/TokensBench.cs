using System.Text.Json;
using Writ.Bench.Load;
using Writ.Bench.Servers;

namespace Writ.Bench.Tokens;

/// <summary>
/// ./bench tokens: (a) client_credentials with private_key_jwt and DPoP, (b) token exchange at depth 3,
/// (c) introspection, (d) verification by the SDK; on both engines, at 1, 16 and 64 connections, with a store of 10 and
/// of 1,000,000 past tokens. Each beside the bare endpoint, in turns, once both are warm; the middle turn counts.
/// </summary>
internal static class TokensBench
{
    public static async Task RunAsync(Report report, bool quick, string? only)
    {
        var effort = (quick ? Effort.Quick : Effort.Full) with { Only = only ?? "" };
        Console.Error.WriteLine($"one page written and synced: {FsyncProbe.Measure().TotalMicroseconds:F0} µs");
        await using var bare = await ServerProcess.StartAsync(Environment.ProcessPath!, "limit");
        foreach (var engine in quick ? ["sqlite"] : new[] { "sqlite", "postgres" })
            foreach (var past in quick ? [10] : new[] { 10, 1_000_000 })
                await RunAsync(report, engine, past, effort, bare);
        if (effort.Takes("sdk verify in process")) VerifierBench.Run(report, quick);
    }

    private static async Task RunAsync(Report report, string engine, int past, Effort effort, ServerProcess bare)
    {
        var names = Operation.Names.SelectMany(o => effort.Connections.Select(n => CaseName(o, engine, n, past)));
        if (!names.Any(effort.Takes)) return;
        await using var world = await BenchWorld.StartAsync(engine, past);
        // All of them before any counts: the compiler works on behind what it has seen.
        foreach (var operation in world.Operations)
            if (effort.Connections.Any(n => effort.Takes(CaseName(operation.Name, engine, n, past))))
                await RunAsync(operation, world, bare, effort.Connections[^1], effort.Warming);
        foreach (var count in effort.Connections)
            foreach (var operation in world.Operations)
            {
                var name = CaseName(operation.Name, engine, count, past);
                if (effort.Takes(name)) report.Add(await MeasureAsync(name, operation, world, bare, count, effort));
            }
    }

    private static async Task<(LoadResult Ours, LoadResult Limit)> RunAsync(
        Operation operation, BenchWorld world, ServerProcess bare, int connections, int requests)
    {
        var nonce = await world.NonceAsync();
        var load = operation.Prepare(requests, nonce, operation.Path);
        var bareLoad = operation.Prepare(requests, nonce, operation.BarePath);
        await bare.QuietAsync();
        var ours = await HttpLoad.RunAsync(
            world.TargetOf(operation, world.Server), load, connections, world.Server.Cpu);
        await world.Server.QuietAsync();
        var limit = await HttpLoad.RunAsync(world.TargetOf(operation, bare), bareLoad, connections, bare.Cpu);
        return (ours, limit);
    }

    private static string CaseName(string operation, string engine, int connections, int past) =>
        $"{operation} {engine} {connections} conn {past:N0} past";

    private static async Task<Line> MeasureAsync(
        string name, Operation operation, BenchWorld world, ServerProcess bare, int connections, Effort effort)
    {
        var ours = new List<LoadResult>();
        var limit = new List<LoadResult>();
        var requests = connections == 1 ? effort.Requests / 4 : effort.Requests;
        for (var round = 0; round < effort.Turns; round++)
        {
            var (own, reference) = await RunAsync(operation, world, bare, connections, requests);
            ours.Add(own);
            limit.Add(reference);
        }
        return new Line("tokens", name, LoadResult.Median(ours), LoadResult.Median(limit), "limit");
    }
}

/// <summary>How much is measured.</summary>
internal sealed record Effort(int Warming, int Requests, int Turns, int[] Connections)
{
    public static readonly Effort Quick = new(4000, 1500, 3, [16]);
    public static readonly Effort Full = new(4000, 3000, 3, [1, 16, 64]);

    /// <summary>A part of the names of the cases to run.</summary>
    public string Only { get; init; } = "";

    public bool Takes(string name) => name.Contains(Only, StringComparison.Ordinal);
}

/// <summary>One measured operation: how its requests are prepared, and where they go.</summary>
internal sealed record Operation(
    string Name, string Path, string BarePath, Func<int, string, string, byte[][]> Prepare)
{
    public static readonly string[] Names = ["issue", "exchange depth 3", "introspect"];

    /// <summary>Whether the client is known by its certificate.</summary>
    public bool IsMutualTls { get; init; }
}

/// <summary>Reads one member of a JSON answer that may have HTTP around it.</summary>
internal static class AnswerText
{
    public static string Member(string http, string name)
    {
        var body = http[http.IndexOf('{', StringComparison.Ordinal)..(http.LastIndexOf('}') + 1)];
        using var json = JsonDocument.Parse(body);
        return json.RootElement.TryGetProperty(name, out var value)
            ? value.ToString()
            : throw new InvalidOperationException($"The answer has no {name}: {body}");
    }
}
