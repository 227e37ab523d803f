using Writ.Bench.Rego;
using Writ.Bench.Servers;
using Writ.Bench.Tokens;

namespace Writ.Bench;

/// <summary>Measures Writ against references in the same run. <c>./bench NAME [--quick] [--json FILE]</c>.</summary>
internal static class Program
{
    private const string Usage = """
        usage: ./bench NAME [--quick] [--only TEXT] [--json FILE]
          tokens   token issue, exchange, introspection, verification, each against a bare endpoint
          rego     policies beside the same decision by hand (and opa, where it is installed); reading them; data
          --quick  tokens: SQLite, 16 connections, small store; rego: short turns, 20 MB of data; under 40 s
          --only   the cases whose name holds TEXT, such as "issue sqlite 16" or "rbac"
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
                try
                {
                    await TokensBench.RunAsync(report, quick, Option(rest, "--only"));
                }
                finally
                {
                    report.Print();
                }
                return 0;
            case ["rego", .. var rest]:
                var decisions = new Report(Option(rest, "--json"));
                RegoBench.Run(decisions, rest.Contains("--quick", StringComparer.Ordinal), Option(rest, "--only"));
                decisions.Print();
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
