using System.Text.RegularExpressions;

namespace Writ.Bench.Rego.Cases;

/// <summary>Strings and patterns: paths, hosts, addresses.</summary>
internal sealed partial class Texts : RegoCase
{
    private readonly Ask[] _inputs;

    public Texts() => _inputs = Read<Ask>(Inputs);

    public override string Name => "strings and patterns";

    public override string Policy => """
        package bench

        default allow := false

        allow if {
          input.method == "GET"
          regex.match(`^/v[12]/orders/[0-9a-f]{8}(/items(/[0-9]+)?)?$`, input.path)
          safe
        }

        allow if {
          startswith(input.path, "/static/")
          not contains(input.path, "..")
          glob.match("/static/**/*.{css,js,png}", ["/"], input.path)
        }

        allow if {
          parts := split(trim_prefix(input.path, "/"), "/")
          count(parts) == 3
          parts[0] == "teams"
          lower(parts[1]) == lower(input.team)
          parts[2] in {"members", "projects"}
        }

        safe if {
          not regex.match(`(?i)(bot|crawler|spider)`, input.agent)
          endswith(concat(".", [input.host, "internal"]), ".example.internal")
        }
        """;

    public override IReadOnlyList<string> Inputs { get; } =
    [
        .. Enumerable.Range(0, 64).Select(i =>
            $$"""
            {"method":"{{(i % 5 == 0 ? "POST" : "GET")}}","path":"{{Path(i)}}","team":"Red{{i % 3}}",
             "host":"shop{{i % 4}}.{{(i % 9 == 0 ? "elsewhere" : "example")}}",
             "agent":"Mozilla/5.0 (X11; Linux x86_64) {{(i % 11 == 0 ? "SomeCrawler" : "Gecko")}}/1.0"}
            """),
    ];

    public override object Decide(int input)
    {
        var ask = _inputs[input];
        var parts = ask.Path.TrimStart('/').Split('/');
        var isOrder = ask.Method == "GET" && Order.IsMatch(ask.Path) && !Robot.IsMatch(ask.Agent)
            && string.Join('.', ask.Host, "internal").EndsWith(".example.internal", StringComparison.Ordinal);
        return Answer(isOrder
            || (ask.Path.StartsWith("/static/", StringComparison.Ordinal)
                && !ask.Path.Contains("..", StringComparison.Ordinal) && File.IsMatch(ask.Path))
            || (parts.Length == 3 && parts[0] == "teams"
                && string.Equals(parts[1], ask.Team, StringComparison.OrdinalIgnoreCase)
                && parts[2] is "members" or "projects"));
    }

    [GeneratedRegex("^/v[12]/orders/[0-9a-f]{8}(/items(/[0-9]+)?)?$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Order { get; }

    [GeneratedRegex("bot|crawler|spider", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Robot { get; }

    [GeneratedRegex("^/static/.*/[^/]*[.](css|js|png)$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex File { get; }

    private static string Path(int i) => (i % 4) switch
    {
        0 => $"/v1/orders/{i * 1_000_003:x8}/items/{i}",
        1 => $"/static/themes/dark/main.{(i % 3 == 0 ? "map" : "css")}",
        2 => $"/teams/red{i % 3}/members",
        _ => $"/v3/orders/{i}",
    };

    private sealed record Ask(string Method, string Path, string Team, string Host, string Agent);
}
