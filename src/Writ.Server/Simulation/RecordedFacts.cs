using System.Text.Json.Nodes;
using Writ.Rego;
using Writ.Rego.Values;

namespace Writ.Server.Simulation;

/// <summary>The facts that a decision looked at: what they were, where they came from, and how old they were.</summary>
internal static class RecordedFacts
{
    private const string Context = "input.context.";
    private const int MostFacts = 200;

    public static JsonArray Of(RegoObject input, EvaluationTrace trace) => new([.. trace.Facts
        .OrderBy(fact => fact.Key, StringComparer.Ordinal).Take(MostFacts)
        .Select(fact => (JsonNode)Of(input, fact.Key, fact.Value))]);

    private static JsonObject Of(RegoObject input, string path, RegoValue? value)
    {
        var fact = new JsonObject { ["fact"] = path };
        if (value is null) fact["missing"] = true;
        else fact["value"] = JsonNode.Parse(value.ToJson());
        if (!FactChange.IsOfInput(path))
        {
            fact["source"] = "policy";
            return fact;
        }
        var about = Group(path) is { } group
            ? FactChange.Find(input, $"input.context.facts.{group}") as RegoObject
            : null;
        fact["source"] = about is not null && about.TryGet("source", out var source) && source is RegoString text
            ? text.Value
            : "request";
        if (about is not null && about.TryGet("age_ms", out var age)) fact["age_ms"] = JsonNode.Parse(age.ToJson());
        return fact;
    }

    /// <summary>The group of facts whose source stands for this one; null: it is of the request itself.</summary>
    private static string? Group(string path)
    {
        if (path.StartsWith("input.subject", StringComparison.Ordinal)) return "subject";
        if (path.StartsWith("input.resource", StringComparison.Ordinal)) return "resource";
        if (!path.StartsWith(Context, StringComparison.Ordinal)) return null;
        var word = path[Context.Length..].Split('.')[0];
        return word switch { "workflow" => "task", _ => word };
    }
}
