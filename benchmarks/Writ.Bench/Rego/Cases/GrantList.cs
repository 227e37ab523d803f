using System.Globalization;
using System.Text.Json;

namespace Writ.Bench.Rego.Cases;

/// <summary>A thousand grants in one list; the policy, and the code by hand, look for one that fits.</summary>
internal sealed class GrantList : RegoCase
{
    private readonly Grant[] _grants =
    [
        .. Enumerable.Range(0, 1000).Select(i => new Grant(
            $"spiffe://example.org/agent/{i / 10:000}", $"orders:act{i % 10}", $"shop{i % 7}")),
    ];

    private readonly Grant[] _inputs;

    public GrantList() => _inputs = Read<Grant>(Inputs);

    public override string Name => "rbac, 1,000 grants in a list";

    public override string Policy => """
        package bench

        default allow := false

        # An agent may do what one of its grants says.
        allow if {
          some grant in data.grants
          grant.subject == input.subject
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
            {"subject":"spiffe://example.org/agent/{{i * 37 % 100:000}}","action":"orders:act{{i % 10}}",
             "resource":"shop{{(i * 370 % 1000 + i % 10) % 7 + (i % 4 == 0 ? 1 : 0)}}"}
            """)),
    ];

    public override object Decide(int input)
    {
        var (subject, action, resource) = _inputs[input];
        foreach (var grant in _grants)
        {
            if (grant.Subject == subject && grant.Action == action && grant.Resource == resource)
                return Answer(true);
        }

        return Answer(false);
    }

    private sealed record Grant(string Subject, string Action, string Resource);
}
