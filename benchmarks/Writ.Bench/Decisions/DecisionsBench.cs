using System.Text;
using Writ.Bench.Load;
using Writ.Bench.Servers;
using Writ.Bench.Tokens;

namespace Writ.Bench.Decisions;

/// <summary>
/// ./bench decisions: AuthZEN's POST /access/v1/evaluation over HTTP on both engines at 1, 16 and 64 connections, next
/// to a bare endpoint that decides by hand and appends one durable row, and beside the servers of other policy engines
/// that are installed (benchmarks/peers). The same questions for all, whose answers are held against each other first.
/// </summary>
internal static class DecisionsBench
{
    private const string Path = "/access/v1/evaluation";
    private const int Questions = 1000;

    public static async Task RunAsync(Report report, bool quick, string? only)
    {
        var effort = (quick ? Effort.Quick : Effort.Full) with { Only = only ?? "" };
        Console.Error.WriteLine($"one page written and synced: {FsyncProbe.Measure().TotalMicroseconds:F0} µs");
        await using var bare = await ServerProcess.StartAsync(Environment.ProcessPath!, "limit");
        await using var cerbos = await PolicyServer.StartCerbosAsync();
        await using var opa = await PolicyServer.StartOpaAsync();
        var references = new List<Asked> { new("limit", bare, "") };
        if (cerbos is not null) references.Add(new Asked("cerbos", cerbos.Process, ""));
        if (opa is not null) references.Add(new Asked("opa", opa.Process, "") { IsOpa = true });
        foreach (var engine in quick ? ["sqlite"] : new[] { "sqlite", "postgres" })
        {
            await using var world = await DecisionWorld.StartAsync(engine);
            var ours = new Asked("writ", world.Server, $"Authorization: Bearer {world.Token}\r\n");
            foreach (var one in references.Prepend(ours)) await one.CheckAsync();
            foreach (var one in references.Prepend(ours)) await one.LoadAsync(effort.Connections[^1], effort.Warming);
            foreach (var connections in effort.Connections)
            {
                var name = $"evaluation {engine} {connections} conn";
                await MeasureAsync(report, name, ours, references, connections, effort);
            }
            if (engine == "sqlite" && effort.Takes("in process")) await LocalBench.RunAsync(report, world, quick);
        }
    }

    private static async Task MeasureAsync(
        Report report, string name, Asked ours, List<Asked> references, int connections, Effort effort)
    {
        if (!effort.Takes(name)) return;
        var requests = (connections == 1 ? 1 : 4) * effort.Requests;
        var results = references.Prepend(ours).ToDictionary(one => one, _ => new List<LoadResult>());
        for (var round = 0; round < effort.Turns; round++)
            foreach (var (one, turns) in results) turns.Add(await one.LoadAsync(connections, requests));
        foreach (var reference in references)
            report.Add(new Line(
                "decisions", name, LoadResult.Median(results[ours]), LoadResult.Median(results[reference]),
                reference.Name));
    }

    /// <summary>A server that answers the questions.</summary>
    private sealed record Asked(string Name, ServerProcess Server, string Headers)
    {
        /// <summary>It takes the question as OPA does, below <c>input</c>.</summary>
        public bool IsOpa { get; init; }

        public async Task<LoadResult> LoadAsync(int connections, int requests)
        {
            var known = Enumerable.Range(0, Questions).Select(n => Request(Grants.Question(n).Body)).ToArray();
            var all = Enumerable.Range(0, requests).Select(n => known[n % Questions]).ToArray();
            await Server.QuietAsync();
            return await HttpLoad.RunAsync(new LoadTarget(Server.EndPoint), all, connections, Server.Cpu);
        }

        /// <summary>Holds its answers against those that are right.</summary>
        public async Task CheckAsync()
        {
            for (var n = 0; n < Questions; n += 7)
            {
                var (body, allowed) = Grants.Question(n);
                var (status, text) = await HttpLoad.OnceAsync(Server.EndPoint, Request(body));
                var said = text.Contains("\"decision\":true", StringComparison.Ordinal)
                    || text.Contains("\"result\":true", StringComparison.Ordinal);
                if (status != 200 || said != allowed)
                    throw new InvalidOperationException($"{Name} answers {body} with {text}");
            }
        }

        private byte[] Request(string question)
        {
            var (path, body) = IsOpa ? ("/v1/data/bench/allow", $$"""{"input":{{question}}}""") : (Path, question);
            return Encoding.ASCII.GetBytes(
                $"POST {path} HTTP/1.1\r\nHost: {Server.EndPoint}\r\nContent-Type: application/json\r\n"
                + $"{Headers}Content-Length: {body.Length}\r\n\r\n{body}");
        }
    }
}
