using Writ.Bench.Servers;
using Writ.Bench.Tokens;

namespace Writ.Bench;

/// <summary>Measures Writ against references in the same run. <c>./bench NAME [--quick] [--json FILE]</c>.</summary>
internal static class Program
{
    private const string Usage = """
        usage: ./bench NAME [--quick] [--only TEXT] [--json FILE]
          tokens   token issue, exchange, introspection, verification, each against a bare endpoint
          --quick  SQLite, 16 connections, small store; under 40 s
          --only   the cases whose name holds TEXT, such as "issue sqlite 16"
          --json   one line of JSON per case
        """;

    private static async Task<int> Main(string[] args)
    {
        switch (args)
        {
            case ["limit", ..]:
                await BareServer.RunAsync();
                return 0;
            case ["tokens", .. var rest]:
                var report = new Report(Option(rest, "--json"));
                var quick = rest.Contains("--quick", StringComparer.Ordinal);
                await TokensBench.RunAsync(report, quick, Option(rest, "--only"));
                report.Print();
                return 0;
            default:
                Console.WriteLine(Usage);
                return args.Length == 0 ? 0 : 1;
        }
    }

    private static string? Option(string[] args, string name)
    {
        var at = Array.IndexOf(args, name);
        return at >= 0 && at + 1 < args.Length ? args[at + 1] : null;
    }
}
