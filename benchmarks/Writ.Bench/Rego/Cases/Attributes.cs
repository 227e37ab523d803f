using System.Globalization;
using System.Text;

namespace Writ.Bench.Rego.Cases;

/// <summary>Thirty rules over attributes of the subject, the resource and the surroundings.</summary>
internal sealed class Attributes : RegoCase
{
    private const int Rules = 30;

    private static readonly string[] Levels = ["public", "internal", "confidential", "restricted"];
    private readonly Ask[] _inputs;

    public Attributes() => _inputs = Read<Ask>(Inputs);

    public override string Name => "abac, 30 rules";

    public override string Policy
    {
        get
        {
            var text = new StringBuilder("""
                package bench

                default allow := false

                levels := {"public": 0, "internal": 1, "confidential": 2, "restricted": 3}

                cleared if levels[input.subject.clearance] >= levels[input.resource.classification]


                """);
            for (var i = 0; i < Rules; i++)
            {
                text.Append(
                    CultureInfo.InvariantCulture,
                    $$"""
                    allow if {
                      input.resource.team == input.subject.team
                      "role{{i}}" in input.subject.roles
                      input.action in {"read", "act{{i}}"}
                      input.context.hour >= {{i % 8}}
                      input.context.hour < {{16 + (i % 8)}}
                      cleared
                    }


                    """);
            }

            return text.ToString();
        }
    }

    public override IReadOnlyList<string> Inputs { get; } =
    [
        .. Enumerable.Range(0, 64).Select(i =>
            $$"""
            {"subject":{"team":"team{{i % 3}}","clearance":"{{Levels[i % 4]}}",
             "roles":["role{{i % 40}}","role{{(i * 7) % 35}}","viewer"]},
             "resource":{"team":"team{{i % 2}}","classification":"{{Levels[i / 2 % 4]}}"},
             "action":"{{(i % 2 == 0 ? "read" : $"act{i % 40}")}}","context":{"hour":{{i % 24}} } }
            """),
    ];

    public override object Decide(int input)
    {
        var ask = _inputs[input];
        for (var i = 0; i < Rules; i++)
        {
            if (ask.Resource.Team == ask.Subject.Team
                && Array.IndexOf(ask.Subject.Roles, Roles[i]) >= 0
                && (ask.Action == "read" || ask.Action == Actions[i])
                && ask.Context.Hour >= i % 8
                && ask.Context.Hour < 16 + (i % 8)
                && Array.IndexOf(Levels, ask.Subject.Clearance) >= Array.IndexOf(Levels, ask.Resource.Classification))
            {
                return Answer(true);
            }
        }

        return Answer(false);
    }

    private static readonly string[] Roles = [.. Enumerable.Range(0, Rules).Select(i => $"role{i}")];
    private static readonly string[] Actions = [.. Enumerable.Range(0, Rules).Select(i => $"act{i}")];

    private sealed record Ask(Subject Subject, Resource Resource, string Action, Context Context);

    private sealed record Subject(string Team, string Clearance, string[] Roles);

    private sealed record Resource(string Team, string Classification);

    private sealed record Context(int Hour);
}
