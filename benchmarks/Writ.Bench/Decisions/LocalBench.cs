using System.Diagnostics;
using System.Text.Json;
using Writ.Client;

namespace Writ.Bench.Decisions;

/// <summary>
/// Decisions in an API's own process, on the same questions: on one thread without their wait for the disk, and with it
/// when many wait together. What is spooled goes to the broker meanwhile, as it does in an API.
/// </summary>
internal static class LocalBench
{
    private const int Waiters = 256;

    private static readonly DecisionQuestion[] Questions = [.. Enumerable.Range(0, 1000).Select(Read)];

    public static async Task RunAsync(Report report, DecisionWorld world, bool quick)
    {
        var spool = Directory.CreateTempSubdirectory("writ-bench-");
        try
        {
            await using var app = Build(world, spool.FullName);
            await app.StartAsync();
            var point = app.Services.GetRequiredService<LocalDecisionPoint>();
            for (var look = 0; !point.IsFresh && look < 200; look++) await Task.Delay(50);
            var facts = app.Services.GetRequiredService<DecisionServer>().Facts
                ?? throw new InvalidOperationException("The API was given nothing to decide by.");
            Check(point, facts);
            Judge(point, facts, 50_000); // the compiler works on behind what it has seen
            var judged = Enumerable.Range(0, 5).Select(_ => Judge(point, facts, quick ? 100_000 : 400_000)).Order();
            report.Add(new Figure("decisions", "in process, one thread, without the spool", judged.ElementAt(2), "/s"));
            await SpoolAsync(point, 20_000);
            var spooled = await SpoolAsync(point, quick ? 50_000 : 200_000);
            report.Add(new Figure("decisions", $"in process, {Waiters} waiting, spooled durably", spooled, "/s"));
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

    private static void Check(LocalDecisionPoint point, LocalFacts facts)
    {
        for (var n = 0; n < Questions.Length; n++)
        {
            var decision = point.Judge(Questions[n], facts, TimeProvider.System.GetUtcNow());
            if (decision.IsAllowed != Grants.Question(n).Allowed)
                throw new InvalidOperationException($"In process the answer to {n} is {decision.Code ?? "yes"}.");
        }
    }

    private static double Judge(LocalDecisionPoint point, LocalFacts facts, int count)
    {
        var clock = Stopwatch.StartNew();
        for (var n = 0; n < count; n++)
            point.Judge(Questions[n % Questions.Length], facts, TimeProvider.System.GetUtcNow());
        return count / clock.Elapsed.TotalSeconds;
    }

    private static async Task<double> SpoolAsync(LocalDecisionPoint point, int count)
    {
        var next = -1;
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
        return count / clock.Elapsed.TotalSeconds;
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
