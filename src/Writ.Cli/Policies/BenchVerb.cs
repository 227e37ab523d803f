using System.CommandLine;
using Writ.Cli.Policies.Reports;
using Writ.Cli.Policies.Testing;
using Writ.Rego;

namespace Writ.Cli.Policies;

/// <summary><c>writ policy bench</c>: how long a query takes, as <c>opa bench</c> tells it.</summary>
internal static class BenchVerb
{
    public static Command Create(Verbs verbs)
    {
        var query = new EvalFlags();
        var format = Flags.Format("pretty", "json", "gobench");
        var count = Count();
        var memory = Memory();
        var metrics = On("--metrics", "Tells percentiles too.");
        var fails = On("--fail", "Ends with 1 when the answer is undefined.");
        return verbs.Ending(
            "bench", "Measures how long a query takes.",
            call => RunAsync(call, query, new Wanted(
                call.Get(format)!, call.Get(count), call.Get(memory), call.Get(metrics), call.Get(fails))),
            [.. query.All, format, count, memory, metrics, fails]);
    }

    public static Option<int> Count() => new("--count")
    {
        Description = "How often to repeat it; 1.",
        HelpName = "N",
        DefaultValueFactory = _ => 1,
    };

    public static Option<bool> Memory() => On("--benchmem", "Tells what a run allocates.");

    private static Option<bool> On(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "true|false",
        DefaultValueFactory = _ => true,
    };

    private static async Task<int> RunAsync(Call call, EvalFlags flags, Wanted wanted)
    {
        try
        {
            var query = flags.Query(call);
            var files = flags.Load(call);
            var prepared = files.Compile(flags.Sources.Options(call))
                .PrepareExpressions(query, flags.Scope(call));
            var input = flags.Input(call, files) with { Print = null };
            if (wanted.FailsUndefined && prepared.Run(input).Count == 0)
            {
                await SayAsync(call, wanted.Format, "undefined result");
                return PolicyExit.No;
            }

            for (var i = 0; i < wanted.Count; i++)
            {
                var result = BenchRun.Of(() => prepared.Run(input), call.Outside.Time, call.Cancel);
                await call.Outside.Out.WriteAsync(wanted.Format switch
                {
                    "json" => result.Json(wanted.HasMemory, wanted.HasMetrics),
                    "gobench" => result.Line("BenchmarkRegoEval", wanted.HasMemory) + "\n",
                    _ => result.Table(wanted.HasMemory, wanted.HasMetrics),
                });
            }

            return PolicyExit.Yes;
        }
        catch (RegoError error)
        {
            await call.Outside.Error.WriteLineAsync(
                wanted.Format == "json"
                    ? PrettyJson.Object(("errors", ErrorText.Json(error)))
                    : ErrorText.Pretty(error));
            return PolicyExit.No;
        }
    }

    private static Task SayAsync(Call call, string format, string message) => call.Outside.Error.WriteLineAsync(
        format == "json"
            ? PrettyJson.Object(("errors", PrettyJson.Array(
                [PrettyJson.Object(("message", PrettyJson.Text(message)))])))
            : $"error: {message}");

    private sealed record Wanted(string Format, int Count, bool HasMemory, bool HasMetrics, bool FailsUndefined);
}
