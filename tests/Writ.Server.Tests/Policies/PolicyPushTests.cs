using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Writ.Server.Tests.Access;
using Writ.Testing;

namespace Writ.Server.Tests.Policies;

/// <summary>
/// One policy after the other while decisions are made, at two replicas where the store has several: none fails, none
/// mixes two versions, and none rests on one that was replaced before it was asked for.
/// </summary>
[Trait("Soak", "policy")]
public sealed class PolicyPushTests
{
    private const int Askers = 4;

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Policies_come_and_go_and_every_decision_is_of_one_version(Engine engine)
    {
        var pushes = Soak.Rounds(8, 1000);
        await using var store = await TestStore.CreateAsync(engine);
        await using var one = await TestBroker.StartAsync(store, TimeProvider.System);
        await using var two = engine is Engine.Postgres
            ? await TestBroker.StartAsync(store, TimeProvider.System)
            : null;
        var owner = await one.Seed.OperatorAsync("owner");
        var world = await one.Seed.WorldAsync();
        Assert.Equal(201, (await PushAsync(owner, 0)).Status);
        using var stop = new CancellationTokenSource();
        var pushed = new Pushed();
        var answers = new ConcurrentBag<Answer>();
        var asking = Enumerable.Range(0, Askers)
            .Select(n => Task.Run(() => AskAsync(world, n % 2 == 1 && two is not null ? two : one)))
            .ToArray();
        var watch = Stopwatch.StartNew();

        for (var number = 1; number <= pushes; number++)
        {
            var reply = await PushAsync(owner, number);
            if (IsBlind(reply)) reply = await PushAsync(owner, number);
            Assert.True(reply.Status == 201, reply.ToString());
            pushed.Acknowledged(number);
        }
        await stop.CancelAsync();
        await Task.WhenAll(asking);

        Assert.All(answers, a => Assert.Equal((a.Version, a.Version), (a.OfA, a.OfB)));
        Assert.All(answers, a => Assert.InRange(a.Version, a.KnownBefore, pushes));
        Assert.True(answers.Select(a => a.Version).Distinct().Count() > Math.Min(pushes / 4, 100));
        Soak.Figure(string.Create(
            CultureInfo.InvariantCulture,
            $"policy on {engine}: {pushes} pushes in {watch.Elapsed.TotalSeconds:F0} s, {answers.Count} decisions of "
            + $"{answers.Select(a => a.Version).Distinct().Count()} versions beside them, none failed or mixed"));

        async Task AskAsync(TestWorld world, TestBroker broker)
        {
            var agent = world.Agent.At(broker);
            var question = Asking.Question(world.Agent, "orders:read", world.Orders.Name, new { honours = Honours });
            while (!stop.IsCancellationRequested)
            {
                var known = pushed.Number;
                var reply = await agent.AskAsync(question);
                if (IsBlind(reply)) continue;
                Assert.Equal((true, null), Asking.DecisionOf(reply));
                var context = reply.Json.GetProperty("context");
                answers.Add(Answer.Of(context.GetProperty("obligations"), known));
            }
        }
    }

    private static readonly string[] Honours = ["notify", "max_lifetime_seconds"];

    /// <summary>On a machine this busy a replica may be blind for a moment: it says so, and one asks again.</summary>
    private static bool IsBlind(Reply reply) => reply.Code is "replica_stale" or "store_unavailable"
        || (reply.Status == 200 && Asking.ContextOf(reply)["code"] == "policy_limit"); // off the core for 50 ms

    /// <summary>Two rules and a document that all bear the version's number.</summary>
    private static Task<Reply> PushAsync(TestCaller owner, int number) => owner.PostAsync("/v1/policies", new
    {
        files = new[] { File("a", number), File("b", number) },
        data = new { number },
        source = $"number {number}",
    });

    private static object File(string rule, int number) => new
    {
        name = $"{rule}.rego",
        text = $$"""
            package writ.rules.{{rule}}

            allow := true

            obligations contains {"notify": "team:{{rule}}{{number}}"} if asked

            obligations contains {"max_lifetime_seconds": 100000 + data.number} if asked

            asked if input.context.request.kind == "access"
            """,
    };

    /// <summary>The last version whose push was acknowledged.</summary>
    private sealed class Pushed
    {
        private int _number;

        public int Number => Volatile.Read(ref _number);

        public void Acknowledged(int number) => Volatile.Write(ref _number, number);
    }

    /// <summary>What one decision tells of the version that made it: its document's number, and its rules'.</summary>
    private sealed record Answer(int Version, int OfA, int OfB, int KnownBefore)
    {
        public static Answer Of(JsonElement obligations, int known)
        {
            var all = obligations.EnumerateArray().ToList();
            var life = all.Single(o => o.TryGetProperty("max_lifetime_seconds", out _));
            return new Answer(
                life.GetProperty("max_lifetime_seconds").GetInt32() - 100_000, Number(all, "team:a"),
                Number(all, "team:b"), known);
        }

        private static int Number(List<JsonElement> obligations, string prefix) => obligations
            .Select(o => o.TryGetProperty("notify", out var whom) ? whom.GetString()! : "")
            .Where(whom => whom.StartsWith(prefix, StringComparison.Ordinal))
            .Select(whom => int.Parse(whom.AsSpan(prefix.Length), CultureInfo.InvariantCulture))
            .Single();
    }
}
