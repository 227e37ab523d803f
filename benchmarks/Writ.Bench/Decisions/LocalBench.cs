using System.Diagnostics;
using System.Text.Json;
using Writ.Client;

namespace Writ.Bench.Decisions;

/// <summary>
/// Decisions in an API's own process, on the same questions, while many wait: with the spool in memory, which leaves
/// the decision itself, and with the spool on a disk. The time is this process's CPU, since the broker takes what is
/// spooled meanwhile, on the same cores.
/// </summary>
internal static class LocalBench
{
    private const int Waiters = 256;

    private static readonly DecisionQuestion[] Questions = [.. Enumerable.Range(0, 1000).Select(Read)];

    public static async Task RunAsync(Report report, DecisionWorld world, bool quick)
    {
        await RunAsync(report, world, "spool in memory", "/dev/shm", quick);
        await RunAsync(report, world, "spooled durably", Path.GetTempPath(), quick);
    }

    private static async Task RunAsync(Report report, DecisionWorld world, string name, string place, bool quick)
    {
        var spool = Directory.CreateDirectory(
            Path.Combine(place, $"writ-bench-{Environment.ProcessId}"),
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        try
        {
            await using var app = Build(world, spool.FullName);
            await app.StartAsync();
            var point = app.Services.GetRequiredService<LocalDecisionPoint>();
            for (var look = 0; !point.IsFresh && look < 200; look++) await Task.Delay(50);
            await DecideAsync(point, 30_000); // the compiler works on behind what it has seen
            var (rate, cpu) = await DecideAsync(point, quick ? 50_000 : 200_000);
            report.Add(new Figure("decisions", $"in process, {Waiters} waiting, {name}", rate, "/s"));
            report.Add(new Figure("decisions", $"in process, {Waiters} waiting, {name}: CPU", cpu, "µs each"));
            await app.StopAsync();
        }
        finally
        {
            spool.Delete(recursive: true);
        }
    }

    private static WebApplication Build(DecisionWorld world, string spool)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddWrit(writ =>
        {
            writ.Issuer = world.Server.Origin;
            writ.ClientId = world.Api.Id;
            writ.Key = world.Api.Key;
            foreach (var name in Enumerable.Range(0, Grants.Resources).Select(Grants.ResourceOf))
                writ.Resources[name] = DecisionWorld.UriOf(name);
        });
        builder.Services.AddWritDecisions(writ => writ.SpoolFolder = spool);
        return builder.Build();
    }

    private static async Task<(double Rate, double CpuMicros)> DecideAsync(LocalDecisionPoint point, int count)
    {
        var next = -1;
        var cpu = Environment.CpuUsage.TotalTime;
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, Waiters).Select(_ => Task.Run(async () =>
        {
            for (int n; (n = Interlocked.Increment(ref next)) < count;)
            {
                var decision = await point.DecideAsync(Questions[n % Questions.Length]);
                if (decision.IsAllowed != Grants.Question(n % Questions.Length).Allowed)
                    throw new InvalidOperationException($"In process the answer to {n} is {decision.Code ?? "yes"}.");
            }
        })));
        return (count / clock.Elapsed.TotalSeconds, (Environment.CpuUsage.TotalTime - cpu).TotalMicroseconds / count);
    }

    private static DecisionQuestion Read(int n)
    {
        var root = JsonElement.Parse(Grants.Question(n).Body);
        return new DecisionQuestion
        {
            Subject = root.GetProperty("subject").GetProperty("id").GetString()!,
            Action = root.GetProperty("action").GetProperty("name").GetString()!,
            Resource = root.GetProperty("resource").GetProperty("id").GetString()!,
            Context = root.GetProperty("context"),
            Honours = ["mask"],
        };
    }
}
