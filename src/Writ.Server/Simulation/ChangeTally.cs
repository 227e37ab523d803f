using System.Text.Json.Nodes;

namespace Writ.Server.Simulation;

/// <summary>Counts where two policies answer alike and where not: in all, by identity and by rule, with some examples
/// of each kind. Bounded, however much it is told. Used by one thread.</summary>
internal sealed class ChangeTally
{
    /// <summary>It was allowed, and would be refused.</summary>
    public const string Refused = "would_refuse";

    /// <summary>It was refused, and would be allowed.</summary>
    public const string Allowed = "would_allow";

    /// <summary>It would be allowed with other obligations.</summary>
    public const string Obliged = "other_obligations";

    /// <summary>It would be refused for another reason.</summary>
    public const string OtherReason = "other_reason";

    private const int MostNames = 10_000;
    private const int MostShown = 30;
    private const int MostExamples = 10; // of each kind
    private const string Others = "(others)";
    private static readonly string[] Kinds = [Refused, Allowed, Obliged, OtherReason];
    private readonly Dictionary<string, int> _changes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Dictionary<string, int>> _byIdentity = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Dictionary<string, int>> _byRule = new(StringComparer.Ordinal);
    private readonly List<JsonObject> _examples = [];

    public int Same { get; private set; }

    public int Differing => _changes.Values.Sum();

    /// <summary>How they differ; null: they do not.</summary>
    public static string? ChangeOf(PolicyVerdict was, PolicyVerdict would) => (was.IsYes, would.IsYes) switch
    {
        (true, false) => Refused,
        (false, true) => Allowed,
        (true, true) => was.Obligations == would.Obligations ? null : Obliged,
        _ => was.Code == would.Code ? null : OtherReason,
    };

    /// <summary>Counts one decision.</summary>
    public void Add(string? decisionId, string kind, string identity, PolicyVerdict was, PolicyVerdict would)
    {
        if (ChangeOf(was, would) is not { } change)
        {
            Same++;
            return;
        }
        Count(_changes, change);
        Count(Of(_byIdentity, identity), change);
        foreach (var rule in (would.IsYes ? was.By : would.By).DefaultIfEmpty(change))
            Count(Of(_byRule, rule), change);
        if (_changes[change] <= MostExamples)
            _examples.Add(new JsonObject
            {
                ["decision_id"] = decisionId,
                ["change"] = change,
                ["kind"] = kind,
                ["identity"] = identity,
                ["was"] = Describe(was),
                ["would_be"] = Describe(would),
                ["rules"] = new JsonArray([.. (would.IsYes ? was.By : would.By).Select(r => (JsonNode)r)]),
            });
    }

    /// <summary>Takes over what another one counted, as <see cref="ToJson"/> wrote it.</summary>
    public void Add(JsonObject other)
    {
        Same += (int?)other["same"] ?? 0;
        foreach (var kind in Kinds)
            if ((int?)other["changes"]?[kind] is { } count) Count(_changes, kind, count);
        Add(_byIdentity, other["by_identity"], "identity");
        Add(_byRule, other["by_rule"], "rule");
        foreach (var example in other["examples"]?.AsArray() ?? [])
            if (_examples.Count(e => (string?)e["change"] == (string?)example!["change"]) < MostExamples)
                _examples.Add((JsonObject)example!.DeepClone());
    }

    public JsonObject ToJson() => new()
    {
        ["same"] = Same,
        ["changed"] = Differing,
        ["changes"] = new JsonObject(Kinds.Select(
            kind => KeyValuePair.Create(kind, (JsonNode?)_changes.GetValueOrDefault(kind)))),
        ["by_identity"] = List(_byIdentity, "identity"),
        ["by_rule"] = List(_byRule, "rule"),
        ["examples"] = new JsonArray([.. _examples.Select(example => example.DeepClone())]),
    };

    private static void Add(Dictionary<string, Dictionary<string, int>> into, JsonNode? list, string name)
    {
        foreach (var item in list?.AsArray() ?? [])
            foreach (var kind in Kinds)
                if ((int?)item![kind] is { } count and > 0) Count(Of(into, (string)item[name]!), kind, count);
    }

    private static Dictionary<string, int> Of(Dictionary<string, Dictionary<string, int>> counts, string name)
    {
        if (!counts.ContainsKey(name) && counts.Count >= MostNames) name = Others;
        if (!counts.TryGetValue(name, out var known))
            counts[name] = known = new Dictionary<string, int>(StringComparer.Ordinal);
        return known;
    }

    private static void Count(Dictionary<string, int> counts, string name, int count = 1) =>
        counts[name] = counts.GetValueOrDefault(name) + count;

    private static JsonArray List(Dictionary<string, Dictionary<string, int>> counts, string name) => new(
        [.. counts.OrderByDescending(c => c.Value.Values.Sum()).ThenBy(c => c.Key, StringComparer.Ordinal)
            .Take(MostShown).Select(c =>
            {
                var item = new JsonObject { [name] = c.Key };
                foreach (var kind in Kinds) item[kind] = c.Value.GetValueOrDefault(kind);
                return (JsonNode)item;
            })]);

    private static string Describe(PolicyVerdict verdict) =>
        verdict.Code ?? (verdict.Obligations.Length == 0 ? "allow" : $"allow {verdict.Obligations}");
}
