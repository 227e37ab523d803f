using System.Diagnostics;
using System.Globalization;
using System.Text;
using Writ.Rego;

namespace Writ.Bench.Rego;

/// <summary>
/// Parsing and compiling, in MB of policy text a second. The shapes show whether each step is linear: many modules, one
/// of many rules, one rule of many lines, each also at a tenth of its size. What is measured is compiled code on a heap
/// without the garbage of the run before: one run takes part of a second, and the JIT needs many.
/// </summary>
internal static class CompileBench
{
    public static void Run(Report report, Pace pace)
    {
        if (pace.Only.Length == 0 || pace.Only.Contains("compile", StringComparison.Ordinal))
            Warm(pace);
        Measure(report, pace, "300 usual modules", Usual(300));
        Measure(report, pace, "a module of 1,000 rules", [Rules(1_000)]);
        Measure(report, pace, "a module of 10,000 rules", [Rules(10_000)]);
        Measure(report, pace, "a rule of 1,000 lines", [Lines(1_000)]);
        Measure(report, pace, "a rule of 10,000 lines", [Lines(10_000)]);
        Measure(report, pace, "1,000 modules of one rule", Modules(1_000));
        Measure(report, pace, "10,000 modules of one rule", Modules(10_000));
    }

    private static void Measure(Report report, Pace pace, string name, string[] modules)
    {
        if (!pace.Takes($"compile, {name}"))
            return;
        var megabytes = modules.Sum(text => (double)Encoding.UTF8.GetByteCount(text)) / 1e6;
        var runs = new List<(double Parse, double Compile)>();
        var clock = Stopwatch.StartNew();
        for (var left = pace.Turns; left > 0 || clock.Elapsed < pace.Warming; left--)
        {
            GC.Collect();
            runs.Add(Once(modules));
        }

        var half = runs.Skip(runs.Count / 2).ToArray(); // the first ones warmed up
        var parse = Middle(half.Select(run => run.Parse));
        var compile = Middle(half.Select(run => run.Compile));
        report.Add(new Figure("rego", $"parse, {name}", megabytes / parse, "MB/s"));
        report.Add(new Figure(
            "rego", $"parse and compile, {name}", megabytes / Middle(half.Select(run => run.Parse + run.Compile)),
            "MB/s"));
        report.Add(new Figure("rego", $"compile, {name}", megabytes / compile, "MB/s"));
        var before = GC.GetAllocatedBytesForCurrentThread();
        Once(modules);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        report.Add(new Figure("rego", $"parse and compile, {name}: allocated", allocated / megabytes / 1e6, "B/B"));
    }

    /// <summary>All shapes take the same ways through the compiler.</summary>
    private static void Warm(Pace pace)
    {
        string[] modules = [.. Usual(30), Rules(50), Lines(50)];
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < pace.Warming * 4)
        {
            Once(modules);
        }
    }

    private static (double Parse, double Compile) Once(string[] modules)
    {
        var clock = Stopwatch.StartNew();
        var compiler = new PolicyCompiler();
        for (var i = 0; i < modules.Length; i++)
        {
            compiler.Add("policy.rego", modules[i]);
        }

        var parsed = clock.Elapsed;
        var policy = compiler.Compile();
        var all = clock.Elapsed;
        GC.KeepAlive(policy);
        return (parsed.TotalSeconds, (all - parsed).TotalSeconds);
    }

    private static double Middle(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted[sorted.Length / 2];
    }

    private static string[] Usual(int count) =>
        [.. Enumerable.Range(0, count).Select(i => PolicyText.Usual.Replace(
            "NUMBER", i.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal))];

    private static string Rules(int count)
    {
        var text = new StringBuilder("package bench\n\ndefault allow := false\n\n");
        for (var i = 0; i < count; i++)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $$"""
                allow if {
                  input.client == "client-{{i:00000}}"
                  input.method in {"GET", "HEAD"}
                  some scope in input.scopes
                  startswith(scope, "orders:")
                }


                """);
        }

        return text.ToString();
    }

    private static string Lines(int count)
    {
        var text = new StringBuilder("package bench\n\nallow if {\n");
        for (var i = 0; i < count; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"  v{i} := input.values[{i}]\n  v{i} != {i}\n");
        }

        return text.Append("}\n").ToString();
    }

    private static string[] Modules(int count) =>
    [
        .. Enumerable.Range(0, count).Select(i => string.Create(
            CultureInfo.InvariantCulture,
            $$"""
            package team{{i % 100}}.service{{i}}

            import data.shared.limits

            allow if {
              input.method == "GET"
              input.service == "service{{i}}"
              input.size < limits.size
            }
            """)),
    ];
}
