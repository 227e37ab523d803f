using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Writ.Cli.Printing;

namespace Writ.Cli.Policies.InForce;

/// <summary>
/// <c>writ policy explain dec_…</c>: why the broker decided something as it did, and what would have turned it.
/// </summary>
internal static class DecisionExplanation
{
    private const string Prefix = "dec_";

    /// <summary>Whether that is the id of a decision, and no query.</summary>
    public static bool IsOf(string query) =>
        query.StartsWith(Prefix, StringComparison.Ordinal) && query.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');

    public static async Task<int> RunAsync(Call call, string decision, bool isJson)
    {
        var answer = await call.SendAsync(HttpMethod.Get, $"/v1/decisions/{decision}/explanation");
        if (isJson || call.Print.Format != OutputFormat.Table)
            call.Print.Data(answer);
        else
            await call.Outside.Out.WriteAsync(Text(answer));
        return ExitCode.Yes;
    }

    private static string Text(JsonObject answer)
    {
        var text = new StringBuilder();
        text.Append($"{Of(answer, "decision_id")}: {Of(answer, "kind")}, {Of(answer, "outcome")}");
        text.Append(answer["reason"] is null ? "\n" : $" ({Of(answer, "reason")})\n");
        Line(text, "at", answer["at"]);
        Line(text, "asked by", answer["actor"]);
        Line(text, "about", answer["subject"]);
        Line(text, "task", answer["task"]);
        Line(text, "why", answer["why"]);
        Line(text, "decided by", answer["decided_by"]);
        Line(text, "policy", answer["policy"]);
        if (answer["needed"] is JsonObject needed)
            text.Append($"The least that was missing\n  {Needed(needed)}\n");
        Line(text, "", answer["not_asked_again"]);
        foreach (var question in answer["questions"]?.AsArray() ?? [])
            Question(text, (JsonObject)question!);
        return text.ToString();
    }

    private static string Needed(JsonObject needed)
    {
        var what = $"{Of(needed, "what").Replace('_', ' ')} of {Of(needed, "of")}";
        return needed["add"] is JsonArray add
            ? $"{what}: {string.Join(' ', add.Select(one => SafeText.Of(Plain(one))))}"
            : $"{what}: at least {Of(needed, "at_least")}";
    }

    private static void Question(StringBuilder text, JsonObject question)
    {
        text.Append($"{Of(question, "action")} at {Of(question, "resource")}: {Of(question, "answer")}\n");
        foreach (var rule in question["rules"]!.AsArray())
        {
            text.Append(' ', 2 + (2 * Math.Max(0, (int)rule!["depth"]! - 1)));
            text.Append($"{Of(rule, "rule")} ({Of(rule, "file")}:{rule["row"]}) ");
            text.Append((bool)rule["held"]! ? "held"
                : rule["failed_at"] is { } at ? $"did not hold: line {at["row"]}, {Of(at, "text")}"
                : "did not hold").Append('\n');
        }

        text.Append("  It looked at\n");
        foreach (var fact in question["facts"]!.AsArray())
            text.Append($"    {Of(fact!, "fact")}: {Value(fact!)} ({Of(fact!, "source")}{Age(fact!)})\n");
        if (question["obligations"] is { } obligations)
            text.Append($"  It obliges to {SafeText.Of(Json(obligations))}\n");
        if (question["turned_by"] is not JsonArray turned)
            return;
        text.Append(turned.Count > 0 ? "  It would have been another answer with\n"
            : "  No small change of facts was found that would have turned it\n");
        foreach (var changes in turned)
            text.Append("    ").AppendJoin(" and ", changes!.AsArray().Select(Change)).Append('\n');
    }

    private static string Change(JsonNode? change) =>
        $"{Of(change!, "fact")}: {SafeText.Of(Json(change!["would_be"]))}"
        + $" instead of {(change["is"] is { } was ? SafeText.Of(Json(was)) : "nothing")}"
        + (change["another_question"] is null ? "" : " (another question)");

    private static string Value(JsonNode fact) =>
        fact["missing"] is null ? SafeText.Of(Json(fact["value"])) : "missing";

    private static string Age(JsonNode fact) => fact["age_ms"] is { } age ? $", {age} ms old" : "";

    private static void Line(StringBuilder text, string name, JsonNode? value)
    {
        if (value is not null)
            text.Append(name.Length == 0 ? "  " : $"  {name}: ").Append($"{SafeText.Of(Plain(value))}\n");
    }

    private static string Of(JsonNode from, string name) => SafeText.Of(Plain(from[name]));

    private static string Plain(JsonNode? value) =>
        value is JsonValue text && text.GetValueKind() == JsonValueKind.String ? (string)text! : Json(value);

    private static string Json(JsonNode? value) => value?.ToJsonString() ?? "null";
}
