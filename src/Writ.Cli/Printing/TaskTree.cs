using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Spectre.Console;

namespace Writ.Cli.Printing;

/// <summary>Draws a task with all below it: child tasks, and each credential with its state.</summary>
internal static class TaskTree
{
    public static Tree Of(JsonObject task, DateTimeOffset now)
    {
        // The broker sends the whole tree as one list, parents before children; the first is the task itself.
        var tasks = (task["tree"] as JsonArray ?? [task]).OfType<JsonObject>().ToList();
        var root = tasks.Find(t => Id(t) == Id(task)) ?? task;
        var tree = new Tree(new Markup(Title(root)));
        Fill(tree, root, tasks, now);
        // Of a tree too large for an answer the newest tasks come, without some of those between them and the root.
        var known = tasks.Select(Id).ToHashSet(StringComparer.Ordinal);
        foreach (var orphan in tasks.Where(t => t != root && !known.Contains((string?)t["parent"] ?? "")))
            Fill(tree.AddNode(new Markup(Title(orphan))), orphan, tasks, now);
        if (Is(task, "tree_cut"))
            tree.AddNode(new Markup("[yellow]older tasks are left out: writ task list --parent ID[/]"));
        if (Is(task, "credentials_cut"))
            tree.AddNode(new Markup("[yellow]older credentials are left out: writ audit list --task ID[/]"));
        return tree;
    }

    private static bool Is(JsonObject task, string member) => task[member]?.GetValueKind() == JsonValueKind.True;

    private static void Fill(IHasTreeNodes node, JsonObject task, List<JsonObject> tasks, DateTimeOffset now)
    {
        node.AddNode(new Markup($"[dim]{Facts(task)}[/]"));
        foreach (var credential in task["credentials"]?.AsArray().OfType<JsonObject>() ?? [])
            node.AddNode(new Markup(Credential(credential, now)));
        foreach (var child in tasks.Where(t => (string?)t["parent"] == Id(task)))
            Fill(node.AddNode(new Markup(Title(child))), child, tasks, now);
    }

    private static string Id(JsonObject task) => (string?)task["id"] ?? "";

    private static string Title(JsonObject task)
    {
        var agent = Cell.Short((string?)task["agent"] ?? "");
        var why = (string?)task["end_reason"] is { } reason && reason != (string?)task["status"] ? $" ({reason})" : "";
        return $"{Ink.Markup((string?)task["status"] ?? "")}{Ink.Plain(why)}  {Ink.Plain(Id(task))}  "
            + $"[bold]{Ink.Plain(agent)}[/]  {Ink.Plain((string?)task["purpose"] ?? "")}";
    }

    private static string Facts(JsonObject task)
    {
        var end = task["ended_at"] is { } ended ? $"ended {Cell.Of(ended)}" : $"until {Cell.Of(task["deadline"])}";
        var user = task["on_behalf_of"] is { } who ? $", on behalf of {Cell.Short(Cell.Of(who))}" : "";
        var authority = task["authorization_details"] is JsonArray { Count: > 0 } details
            ? $", {Cell.Authority(details)}"
            : "";
        return Ink.Plain(
            $"{Cell.Of(task["workflow"])}, opened {Cell.Of(task["opened_at"])}, {end}{user}{authority}");
    }

    private static string Credential(JsonObject credential, DateTimeOffset now)
    {
        var kind = ((string?)credential["kind"] ?? "credential").Replace('_', ' ');
        var left = (string?)credential["state"] == "active"
            && DateTimeOffset.TryParse((string?)credential["expires_at"], CultureInfo.InvariantCulture, out var end)
                ? $", {Math.Max(0, (int)(end - now).TotalSeconds)} s left"
                : "";
        var state = Ink.Markup((string?)credential["state"] ?? "");
        return $"{state}  {Ink.Plain($"{kind} {(string?)credential["jti"]}")}"
            + $"[dim]{Ink.Plain($"  issued {Cell.Of(credential["issued_at"])}{left}")}[/]";
    }
}
