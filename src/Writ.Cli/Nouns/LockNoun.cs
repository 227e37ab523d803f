using System.CommandLine;
using System.Text.Json.Nodes;
using Writ.Cli.Printing;

namespace Writ.Cli.Nouns;

/// <summary><c>writ lock</c>: suspends and revokes at once.</summary>
internal static class LockNoun
{
    public static Command Create(Verbs verbs) =>
        new("lock", "Stops an identity, a task, or all of an owner or team, at once.")
    {
        Of(verbs, "identity", "Suspends an identity and revokes all that it holds."),
        Of(verbs, "task", "Ends a task and revokes all that it was given."),
        Of(verbs, "owner", "Suspends every identity of an owner."),
        Of(verbs, "team", "Suspends every identity of a team."),
    };

    private static Command Of(Verbs verbs, string what, string description)
    {
        var name = new Argument<string>("name") { Description = $"The {what}." };
        var reason = new Option<string>("--reason") { Description = "Why; it is recorded.", Required = true };
        return verbs.Of(what, description, async call =>
        {
            var target = what is "identity" ? call.FullName(call.Get(name)) : call.Get(name);
            var body = new JsonObject { [what] = target, ["reason"] = call.Get(reason) };
            var answer = await call.SendAsync(HttpMethod.Post, "/v1/locks", body);
            if (call.Print.Format != OutputFormat.Table)
                call.Print.Data(answer);
            else
                call.Outside.Out.WriteLine(what is "task" ? Ended(call.Get(name)) : Stopped(answer));
        }, name, reason);
    }

    private static string Ended(string task) => $"Ended, and all that it was given is revoked: {SafeText.Of(task)}";

    private static string Stopped(JsonObject answer)
    {
        var before = Names(answer["stopped_before"]);
        var now = Names(answer["identities"]).Except(before, StringComparer.Ordinal).ToList();
        var lines = new List<string>();
        // An operator of one team stops no more of an owner's than that team's.
        var target = Cell.Of(answer["target"]);
        var where = target.IndexOf(" in team ", StringComparison.Ordinal) is >= 0 and var at ? target[at..] : "";
        if (now.Count > 0)
            lines.Add($"Stopped{where}: {string.Join(", ", now)}. All that they held is revoked.");
        if (before.Count > 0)
            lines.Add($"Stopped already{where}: {string.Join(", ", before)}.");
        lines.AddRange(now.Concat(before).Select(name => $"To undo: writ identity resume {name}"));
        return string.Join('\n', lines.Select(SafeText.Of));
    }

    private static List<string> Names(JsonNode? ids) =>
        [.. (ids as JsonArray ?? []).Select(id => Cell.Short(Cell.Of(id)))];
}
