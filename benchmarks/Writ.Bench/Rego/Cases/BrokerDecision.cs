using System.Globalization;
using System.Text.Json;
using Writ.Rego.Values;

namespace Writ.Bench.Rego.Cases;

/// <summary>
/// The broker's own use: one prepared query for each request, an input of two to three kilobytes, 1,000 grants as
/// data; the answer with its reasons and obligations. The input was read before, or is built of the broker's values.
/// </summary>
internal sealed class BrokerDecision(bool isBuilt) : RegoCase
{
    private const int Subjects = 100;

    private static readonly string[] Levels = ["public", "internal", "confidential", "restricted"];
    private static readonly Question[] Questions = [.. Enumerable.Range(0, 64).Select(Make)];

    private static readonly Dictionary<string, Grant[]> Grants = Enumerable.Range(0, Subjects).ToDictionary(
        SubjectOf,
        i => Enumerable.Range(0, 10).Select(j => new Grant($"orders:act{j}", $"shop{(i + j) % 7}")).ToArray(),
        StringComparer.Ordinal);

    public override string Name => isBuilt ? "broker's decision, input built" : "broker's decision, input read";

    public override string Query => "data.bench.decision";

    public override string Policy => """
        package bench

        default allow := false

        allow if {
          input.subject.properties.status == "active"
          input.context.task.state == "open"
          granted(input.subject.id)
          every actor in input.context.delegation {
            granted(actor.id)
          }
          level[input.resource.properties.classification] <= level[input.subject.properties.clearance]
          count(reasons) == 0
        }

        level := {"public": 0, "internal": 1, "confidential": 2, "restricted": 3}

        granted(subject) if {
          some grant in data.grants[subject]
          grant.action == input.action.name
          grant.resource == input.resource.id
        }

        fact(name) := input.context.facts[name].value if {
          input.context.facts[name].source != "caller"
          input.context.facts[name].age_seconds < 300
        }

        reasons contains "risk_too_high" if fact("risk") >= 70

        reasons contains "risk_unknown" if not fact("risk")

        reasons contains "bearer_refused" if input.context.binding == "none"

        obligations contains {"max_lifetime_seconds": 300} if fact("risk") >= 40

        obligations contains {"step_up": "dpop"} if {
          input.resource.properties.classification == "restricted"
          input.context.binding != "dpop"
        }

        decision := {"allow": allow, "reasons": reasons, "obligations": obligations}
        """;

    public override string Data => JsonSerializer.Serialize(new { grants = Grants }, Web);

    public override IReadOnlyList<string> Inputs { get; } = [.. Questions.Select(question => Build(question).ToJson())];

    public override RegoValue? Build(int input) => isBuilt ? Build(Questions[input]) : null;

    public override object Decide(int input)
    {
        var question = Questions[input];
        var reasons = new SortedSet<string>(StringComparer.Ordinal);
        if (question.Risk >= 70)
            reasons.Add("risk_too_high");
        if (question.Binding == "none")
            reasons.Add("bearer_refused");
        var allow = question.TaskState == "open" && Granted(question.Subject, question)
            && Array.TrueForAll(question.Actors, actor => Granted(actor, question))
            && Array.IndexOf(Levels, question.Classification) <= Array.IndexOf(Levels, question.Clearance)
            && reasons.Count == 0;
        var obligations = new List<object>();
        if (question.Risk >= 40)
            obligations.Add(new { max_lifetime_seconds = 300 });
        if (question is { Classification: "restricted", Binding: not "dpop" })
            obligations.Add(new { step_up = "dpop" });
        return new { allow, reasons, obligations };
    }

    private static bool Granted(string subject, Question question) =>
        Grants.TryGetValue(subject, out var grants)
        && Array.Exists(grants, grant => grant.Action == question.Action && grant.Resource == question.Resource);

    private static string SubjectOf(int i) =>
        string.Create(CultureInfo.InvariantCulture, $"spiffe://example.org/agent/{i:000}");

    private static Question Make(int i) => new(
        SubjectOf(i), $"orders:act{i % 10}", $"shop{(i + (i % 10)) % 7}", i % 8 == 0 ? "ended" : "open",
        i % 5 == 0 ? [SubjectOf(i + 1)] : [SubjectOf(i + 7), SubjectOf(i + 14)],
        Levels[i % 4], i % 6 == 0 ? "public" : "restricted", i % 9 == 0 ? 80 : i % 60, i % 7 == 0 ? "mtls" : "dpop");

    private static RegoObject Build(Question question) => Map(
        ("subject", Map(
            ("type", Text("agent")), ("id", Text(question.Subject)),
            ("properties", Map(
                ("status", Text("active")), ("owner", Text("ada@example.org")), ("team", Text("orders")),
                ("clearance", Text(question.Clearance)), ("purpose", Text("answers questions about orders")),
                ("groups", Texts("agents", "orders", "europe", "shift-2")))))),
        ("action", Map(("name", Text(question.Action)), ("properties", Map(("kind", Text("token")))))),
        ("resource", Map(
            ("type", Text("api")), ("id", Text(question.Resource)),
            ("properties", Map(
                ("uri", Text($"https://{question.Resource}.example.org/")), ("owner", Text("bo@example.org")),
                ("classification", Text(question.Classification)),
                ("datatypes", Texts("orders", "invoices", "customers")))))),
        ("context", Map(
            ("task", Map(
                ("id", Text("task_01J9ZD3V6Q8N4M2K7R5T1X0YBC")), ("state", Text(question.TaskState)),
                ("workflow", Text("answer-customers")), ("purpose", Text("the customer asked where the parcel is")),
                ("deadline", Text("2030-01-01T10:00:00Z")), ("depth", RegoNumber.Of(question.Actors.Length)))),
            ("delegation", RegoArray.Of(question.Actors.Select(actor => Map(
                ("id", Text(actor)), ("type", Text("agent")), ("task", Text("task_01J9ZD3V6Q8N4M2K7R5T1X0YAA")))))),
            ("facts", Map([.. Facts(question)])),
            ("binding", Text(question.Binding)), ("network", Text("10.1.2.3")),
            ("time", Map(("weekday", Text("tuesday")), ("hour", RegoNumber.Of(9)), ("zone", Text("UTC")))))));

    private static IEnumerable<(string Name, RegoValue Value)> Facts(Question question) =>
        from fact in Enumerable.Range(0, 16)
        select (fact == 0 ? "risk" : $"fact_{fact}", (RegoValue)Map(
            ("value", RegoNumber.Of(fact == 0 ? question.Risk : fact)),
            ("source", Text(fact % 3 == 2 ? "caller" : "inventory")), ("age_seconds", RegoNumber.Of(fact * 10))));

    private static RegoObject Map(params ReadOnlySpan<(string Name, RegoValue Value)> members)
    {
        var map = new RegoObject.Builder(members.Length);
        foreach (var (name, value) in members)
        {
            map.Set(name, value);
        }

        return map.Build();
    }

    private static RegoString Text(string text) => RegoString.Of(text);

    private static RegoArray Texts(params string[] texts) => RegoArray.Of(texts.Select(RegoString.Of));

    private sealed record Grant(string Action, string Resource);

    private sealed record Question(
        string Subject, string Action, string Resource, string TaskState, string[] Actors, string Clearance,
        string Classification, int Risk, string Binding);
}
