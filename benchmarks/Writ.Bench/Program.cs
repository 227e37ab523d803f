using System.Globalization;
using Writ.Bench.Decisions;
using Writ.Bench.Records;
using Writ.Bench.Rego;
using Writ.Bench.Servers;
using Writ.Bench.Tokens;

namespace Writ.Bench;

/// <summary>Measures Writ against references in the same run. <c>./bench NAME [--quick] [--json FILE]</c>.</summary>
internal static class Program
{
    private const string Usage = """
        usage: ./bench NAME [--quick] [--only TEXT] [--json FILE]
          tokens     token issue, exchange, introspection, verification, each against a bare endpoint
          decisions  answers over AuthZEN against a bare endpoint, and other engines' servers where they are installed
          records    questions over ten million records, and the rate of their index; --records N, --store DIR keeps it
          rego       policies beside the same decision by hand (and opa, where it is installed); reading them; data
          --quick    SQLite, 16 connections, small store; rego: short turns, 20 MB of data; under 40 s
          --only     the cases whose name holds TEXT, such as "issue sqlite 16" or "rbac"
          --json     one line of JSON per case
        """;

    private static async Task<int> Main(string[] args)
    {
        switch (args)
        {
            case ["limit", ..]:
                await BareServer.RunAsync();
                return 0;
            case ["tokens", .. var rest]:
                return await ReportAsync(rest, TokensBench.RunAsync);
            case ["decisions", .. var rest]:
                return await ReportAsync(rest, DecisionsBench.RunAsync);
            case ["records", .. var rest]:
                return await ReportAsync(rest, (report, quick, _) => RecordsBench.RunAsync(
                    report, quick, Option(rest, "--store"),
                    Option(rest, "--records") is { } n ? long.Parse(n, CultureInfo.InvariantCulture) : null));
            case ["rego", .. var rest]:
                return await ReportAsync(rest, (report, quick, only) =>
                {
                    RegoBench.Run(report, quick, only);
                    return Task.CompletedTask;
                });
            default:
                Console.WriteLine(Usage);
                return args.Length == 0 ? 0 : 1;
        }
    }

    /// <summary>Prints what was measured, even when the rest of it fails.</summary>
    private static async Task<int> ReportAsync(string[] args, Func<Report, bool, string?, Task> bench)
    {
        var report = new Report(Option(args, "--json"));
        try
        {
            await bench(report, args.Contains("--quick", StringComparer.Ordinal), Option(args, "--only"));
        }
        finally
        {
            report.Print();
        }
        return 0;
    }

    private static string? Option(string[] args, string name)
    {
        var at = Array.IndexOf(args, name);
        return at >= 0 && at + 1 < args.Length ? args[at + 1] : null;
    }
}
