using System.Globalization;
using System.Text;

namespace Writ.Bench.Rego.Cases;

/// <summary>Rules that each speak of one client: by hand, a set.</summary>
internal sealed class AllowList(int rules) : RegoCase
{
    private readonly HashSet<(string Client, string Method)> _allowed =
        [.. Enumerable.Range(0, rules).Select(i => (ClientOf(i), i % 3 == 0 ? "POST" : "GET"))];

    private Request[]? _inputs;

    public override string Name => string.Create(CultureInfo.InvariantCulture, $"allow-list, {rules:N0} keyed rules");

    public override string Policy
    {
        get
        {
            var text = new StringBuilder("package bench\n\ndefault allow := false\n\n");
            for (var i = 0; i < rules; i++)
            {
                text.Append(
                    CultureInfo.InvariantCulture,
                    $$"""
                    allow if {
                      input.client == "{{ClientOf(i)}}"
                      input.method == "{{(i % 3 == 0 ? "POST" : "GET")}}"
                    }


                    """);
            }

            return text.ToString();
        }
    }

    public override IReadOnlyList<string> Inputs =>
    [
        .. Enumerable.Range(0, 64).Select(i =>
            $$"""{"client":"{{ClientOf(i * 7919 % (rules * 5 / 4))}}","method":"{{(i % 2 == 0 ? "POST" : "GET")}}"}"""),
    ];

    public override object Decide(int input)
    {
        var request = (_inputs ??= Read<Request>(Inputs))[input];
        return Answer(_allowed.Contains((request.Client, request.Method)));
    }

    private static string ClientOf(int i) => string.Create(CultureInfo.InvariantCulture, $"client-{i:00000}");

    private sealed record Request(string Client, string Method);
}
