using System.Globalization;
using System.Text.Json;

namespace Writ.Bench.Rego.Cases;

/// <summary>An agent policy: a thousand grants by their subject, the chain of actors, a deadline.</summary>
internal sealed class GrantsBySubject : RegoCase
{
    private readonly Dictionary<string, Grant[]> _grants = Enumerable.Range(0, 100).ToDictionary(
        i => string.Create(CultureInfo.InvariantCulture, $"spiffe://example.org/agent/{i:000}"),
        i => Enumerable.Range(0, 10).Select(j => new Grant($"orders:act{j}", $"shop{((i * 10) + j) % 7}")).ToArray(),
        StringComparer.Ordinal);

    private readonly Ask[] _inputs;

    public GrantsBySubject() => _inputs = Read<Ask>(Inputs);

    public override string Name => "agent, 1,000 grants by subject";

    public override string Policy => """
        package bench

        default allow := false

        # The agent and everyone it acts for must hold the grant, and the task must be open.
        allow if {
          input.task.open
          granted(input.subject)
          every actor in input.chain {
            granted(actor)
          }
        }

        granted(subject) if {
          some grant in data.grants[subject]
          grant.action == input.action
          grant.resource == input.resource
        }
        """;

    public override string Data => JsonSerializer.Serialize(new { grants = _grants }, Web);

    public override IReadOnlyList<string> Inputs { get; } =
    [
        .. Enumerable.Range(0, 64).Select(i => string.Create(
            CultureInfo.InvariantCulture,
            $$"""
            {"subject":"spiffe://example.org/agent/{{i % 90:000}}","action":"orders:act{{i % 10}}",
             "resource":"shop{{(i % 90 * 10 + i % 10) % 7}}",
             "task":{"id":"t{{i}}","open":{{(i % 8 == 0 ? "false" : "true")}}},
             "chain":["spiffe://example.org/agent/{{i % 90 + (i % 4 == 0 ? 1 : 7):000}}"]}
            """)),
    ];

    public override object Decide(int input)
    {
        var ask = _inputs[input];
        if (!ask.Task.Open || !Granted(ask.Subject, ask))
            return Answer(false);
        foreach (var actor in ask.Chain)
        {
            if (!Granted(actor, ask))
                return Answer(false);
        }

        return Answer(true);
    }

    private bool Granted(string subject, Ask ask)
    {
        if (!_grants.TryGetValue(subject, out var grants))
            return false;
        foreach (var grant in grants)
        {
            if (grant.Action == ask.Action && grant.Resource == ask.Resource)
                return true;
        }

        return false;
    }

    private sealed record Grant(string Action, string Resource);

    private sealed record Ask(string Subject, string Action, string Resource, WorkTask Task, string[] Chain);

    private sealed record WorkTask(string Id, bool Open);
}
