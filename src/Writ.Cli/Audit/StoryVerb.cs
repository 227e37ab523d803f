using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Spectre.Console;
using Writ.Cli.Printing;

namespace Writ.Cli.Audit;

/// <summary><c>writ audit story</c>: one task from its beginning to its end, a line for each record.</summary>
internal static class StoryVerb
{
    private const int KindWidth = 16;
    private const int WhoWidth = 20;

    public static Command Create(Verbs verbs)
    {
        var id = new Argument<string>("task") { Description = "The task." };
        return verbs.Of("story", "Tells one task, and all below it, as a time line.", async call =>
        {
            var story = await call.SendAsync(HttpMethod.Get, $"/v1/tasks/{call.Escaped(id)}/story");
            if (call.Print.Format != OutputFormat.Table)
            {
                call.Print.Data(story);
                return;
            }

            foreach (var line in Lines(story))
                call.Print.Render(new Markup(line, null) { Overflow = Overflow.Fold });
        }, id);
    }

    /// <summary>What a person reads, as markup: whose task, then each record with the time since it opened.</summary>
    internal static IEnumerable<string> Lines(JsonObject story)
    {
        var user = story["on_behalf_of"] is { } who ? $" for {Name(who)}" : "";
        var workflow = Text(story, "workflow") is "implicit" ? "" : $"  {Text(story, "workflow")}";
        yield return $"{Ink.Markup(Text(story, "status"))}  {Ink.Plain(Text(story, "id"))}"
            + $"  [bold]{Ink.Plain(Name(story["agent"]))}[/]{Ink.Plain(user)}{Ink.Plain(workflow)}";
        yield return Ink.Plain($"“{Text(story, "purpose")}”, opened by {Name(story["opened_by"])} at "
            + $"{Cell.Of(story["opened_at"])}{End(story)}");
        foreach (var one in story["events"]?.AsArray().OfType<JsonObject>() ?? [])
            yield return Event(one);
        if (story["cut"] is not null)
        {
            yield return "[yellow]later records are left out: writ audit list --tree --task "
                + $"{Ink.Plain(Text(story, "id"))}[/]";
        }

        if (story["behind"] is { } behind)
            yield return $"[yellow]{behind} records are not searched yet[/]";
    }

    private static string End(JsonObject story) => story["ended_at"] is null
        ? ", still open"
        : $", ended after {Span((double?)story["seconds"] ?? 0)}: {Text(story, "end_reason")}";

    private static string Event(JsonObject one)
    {
        var isYes = Text(one, "outcome") == "allow";
        var indent = new string(' ', 2 * Math.Clamp((int?)one["depth"] ?? 0, 0, 10));
        var mark = isYes ? "[green]✓[/]" : "[red]✗[/]";
        var time = $"+{Span((double?)one["after_seconds"] ?? 0)}".PadLeft(10);
        var who = Name(one["actor"]) + (one["subject"] is { } subject ? $" → {Name(subject)}" : "");
        var reason = Text(one, "reason") is { Length: > 0 } code
            ? isYes ? $"  {Ink.Plain(code)}" : $"  [red]{Ink.Plain(code)}[/]"
            : "";
        return $"[dim]{time}[/]  {mark} {indent}{Ink.Plain(Text(one, "kind").PadRight(KindWidth))} "
            + $"{Ink.Plain(who.PadRight(WhoWidth))}{reason}[dim]{Ink.Plain(More(one))}[/]";
    }

    /// <summary>What of an event says most, in few words.</summary>
    private static string More(JsonObject one)
    {
        var parts = new List<string>();
        if (one["asserted"] is not null)
            parts.Add("(says the API)");
        if (one["erased"] is not null)
            parts.Add("(its detail was erased)");
        if (one["actions"] is JsonArray actions)
            parts.Add($"{Cell.Of(actions)} at {Cell.Of(one["resources"])}");
        if (Text(one, "jti") is { Length: > 0 } jti)
            parts.Add($"{jti} for {Span((double?)one["lifetime_seconds"] ?? 0)}");
        if (Text(one, "approved_by").Length > 0)
            parts.Add($"approved by {Name(one["approved_by"])}");
        foreach (var name in (string[])["because", "why"])
            if (Text(one, name) is { Length: > 0 } words)
                parts.Add($"“{words}”");
        if (Text(one, "policy") is { Length: > 12 } policy)
            parts.Add($"policy {policy[..12]}");
        if (Text(one, "decision_id") is { Length: > 0 } decision)
            parts.Add(decision);
        return parts.Count == 0 ? "" : "  " + string.Join("  ", parts);
    }

    private static string Span(double seconds) => Math.Abs(seconds) switch
    {
        >= 86_400 => string.Create(CultureInfo.InvariantCulture, $"{seconds / 86_400:F1} d"),
        >= 7200 => string.Create(CultureInfo.InvariantCulture, $"{seconds / 3600:F1} h"),
        >= 120 => string.Create(CultureInfo.InvariantCulture, $"{seconds / 60:F1} min"),
        >= 60 or 0 => string.Create(CultureInfo.InvariantCulture, $"{seconds:F0} s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{seconds:F2} s"),
    };

    private static string Text(JsonObject item, string name) => SafeText.Of((string?)item[name] ?? "");

    private static string Name(JsonNode? id) => Cell.Short(Cell.Of(id));
}
