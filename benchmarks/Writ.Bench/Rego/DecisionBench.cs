using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Writ.Bench.Load;
using Writ.Rego;
using Writ.Rego.Values;

namespace Writ.Bench.Rego;

/// <summary>One policy's decisions beside those by hand, which must agree on all inputs before any is timed.</summary>
internal static class DecisionBench
{
    private const string Bench = "rego";
    private const int Sampled = 4096;

    public static void Run(Report report, RegoCase one, Pace pace)
    {
        var policy = new PolicyCompiler().Add("policy.rego", one.Policy).Compile();
        var value = policy.PrepareValue(one.Query);
        var data = (RegoObject)RegoValue.ParseJson(one.Data);
        QueryInput[] inputs =
            [.. one.Inputs.Select(text => new QueryInput { Input = RegoValue.ParseJson(text), Data = data })];
        Agree(one, value, inputs);
        Func<int, bool> ours = one.Build(0) is null
            ? i => value.Run(inputs[i]) is not null
            : i => value.Run(new QueryInput { Input = one.Build(i), Data = data }) is not null;
        Func<int, bool> hand = i => one.Decide(i) is not null;
        Time(ours, inputs.Length, pace.Warming);
        Time(hand, inputs.Length, pace.Warming);
        var turns = new List<(LoadResult Ours, LoadResult Hand)>();
        for (var turn = 0; turn < pace.Turns; turn++)
        {
            turns.Add((Time(ours, inputs.Length, pace.Turn), Time(hand, inputs.Length, pace.Turn)));
        }

        var (p50, p99) = Sample(ours, inputs.Length);
        var result = LoadResult.Median([.. turns.Select(turn => turn.Ours)]) with { P50 = p50, P99 = p99 };
        report.Add(new Line(
            Bench, one.Name, result, LoadResult.Median([.. turns.Select(turn => turn.Hand)]), "hand")
        {
            Unit = Unit.Microseconds,
        });
        if (OpaCommand.Measure(one) is { } opa)
            report.Add(new Line(Bench, one.Name, result, opa, "opa") { Unit = Unit.Microseconds });
        report.Add(new Figure(Bench, $"{one.Name}: allocated", Allocated(ours, inputs.Length), "B"));
    }

    private static void Agree(RegoCase one, PreparedValue value, QueryInput[] inputs)
    {
        var answers = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < inputs.Length; i++)
        {
            var byHand = JsonSerializer.SerializeToNode(one.Decide(i));
            var ours = value.Run(inputs[i])?.ToJson() ?? "null";
            if (!JsonNode.DeepEquals(JsonNode.Parse(ours), byHand))
                throw new InvalidOperationException($"{one.Name}, input {i}: {ours}, by hand {byHand}");
            answers.Add(ours);
        }

        if (answers.Count < 2)
            throw new InvalidOperationException($"{one.Name}: every input has the same answer");
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static LoadResult Time(Func<int, bool> decide, int inputs, TimeSpan least)
    {
        var (count, misses) = (0L, 0);
        var cpu = Environment.CpuUsage.TotalTime;
        var clock = Stopwatch.StartNew();
        do
        {
            for (var i = 0; i < inputs; i++)
            {
                misses += decide(i) ? 0 : 1;
            }

            count += inputs;
        }
        while (clock.Elapsed < least);

        var each = clock.Elapsed.TotalMicroseconds / count;
        var used = (Environment.CpuUsage.TotalTime - cpu).TotalMicroseconds / count;
        return new LoadResult(1e6 / each, each, each, used, misses);
    }

    /// <summary>Each decision alone; the clock itself takes some twenty nanoseconds of each.</summary>
    private static (double P50, double P99) Sample(Func<int, bool> decide, int inputs)
    {
        var ticks = new long[Sampled];
        for (var i = 0; i < ticks.Length; i++)
        {
            var began = Stopwatch.GetTimestamp();
            decide(i % inputs);
            ticks[i] = Stopwatch.GetTimestamp() - began;
        }

        Array.Sort(ticks);
        var micros = 1e6 / Stopwatch.Frequency;
        return (ticks[Sampled / 2] * micros, ticks[Sampled * 99 / 100] * micros);
    }

    private static double Allocated(Func<int, bool> decide, int inputs)
    {
        const int Rounds = 50;
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < inputs * Rounds; i++)
        {
            decide(i % inputs);
        }

        return (double)(GC.GetAllocatedBytesForCurrentThread() - before) / (inputs * Rounds);
    }
}
