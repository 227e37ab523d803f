using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Writ.Cli.Printing;

namespace Writ.Cli.Nouns;

/// <summary><c>writ task</c>: pieces of work; every credential belongs to one and dies with it.</summary>
internal static class TaskNoun
{
    private static readonly Column[] Columns =
    [
        Column.Of("id"),
        Column.Of("status"),
        Column.Name("agent", "agent"),
        Column.Of("workflow"),
        Column.Of("opened_at", "opened"),
        Column.Of("deadline"),
        Column.Of("purpose"),
    ];

    public static Command Create(Verbs verbs) =>
        new("task", "Pieces of work: every credential belongs to one and dies with it.")
    {
        Start(verbs),
        End(verbs),
        List(verbs),
        Show(verbs),
    };

    private static Command Start(Verbs verbs)
    {
        var fields = new Fields(
            Field.Text("--workflow", "workflow", "The registered kind of work.", required: true),
            Field.Text("--purpose", "purpose", "Why, in a few words: it is recorded and shown.", required: true),
            Field.Texts(
                "--grant", "grants", "What it may do, such as orders:read@orders; none: all of the workflow.", "GRANT"),
            Field.Principal("--agent", "agent", "Whose task it shall be; by default yours."),
            Field.Text("--parent", "parent", "The task that it is a part of, and ends with."),
            Field.Span("--deadline", "deadline_seconds", "How long it may take.", TimeSpan.FromSeconds(1)));
        var user = new Option<string?>("--on-behalf-of")
        {
            Description = "A file with a token of the user behind the work; - reads it from standard input.",
            HelpName = "FILE",
        };
        return verbs.Of("start", "Opens a task.", async call =>
        {
            var body = fields.Body(call);
            if (call.Get(user) is { } file)
                body["on_behalf_of"] = new JsonObject { ["token"] = await call.SecretAsync(file, "Token") };
            var task = await call.SendAsync(HttpMethod.Post, "/v1/tasks", body);
            if ((long?)body["deadline_seconds"] is { } wanted && Seconds(task) is { } given && given < wanted)
            {
                await call.Outside.Error.WriteLineAsync(
                    $"writ: until {Cell.Of(task["deadline"])}, sooner than asked: its bounds allow no more.");
            }

            if (call.Print.Format == OutputFormat.Table)
                call.Outside.Out.WriteLine(Cell.Of(task["id"]));
            else
                call.Print.Data(task);
        }, [.. fields.Options, user]);
    }

    private static double? Seconds(JsonObject task) =>
        DateTimeOffset.TryParse((string?)task["deadline"], CultureInfo.InvariantCulture, out var end)
        && DateTimeOffset.TryParse((string?)task["opened_at"], CultureInfo.InvariantCulture, out var began)
            ? Math.Ceiling((end - began).TotalSeconds)
            : null;

    private static Command End(Verbs verbs)
    {
        var id = new Argument<string>("id") { Description = "The task." };
        var cancel = new Option<bool>("--cancel") { Description = "The work was given up, not done." };
        var fields = new Fields(Field.Text("--reason", "reason", "Why; it is recorded."));
        return verbs.Of("end", "Ends a task and revokes all that it was given. Twice is no error.", async call =>
        {
            var body = fields.Body(call, [new("status", call.Get(cancel) ? "cancelled" : "completed")]);
            var task = await call.SendAsync(HttpMethod.Post, $"/v1/tasks/{call.Escaped(id)}/end", body);
            call.Print.Done($"{call.Get(id)} is {(string?)task["status"]}: all that it was given is revoked.", task);
        }, [id, cancel, .. fields.Options]);
    }

    private static Command List(Verbs verbs)
    {
        var limit = new Option<int>("--limit")
        {
            Description = "How many at the most.",
            DefaultValueFactory = _ => 100,
        };
        var filters = new Fields(
            Field.Principal("--agent", "agent", "Only this agent's."),
            Field.Text("--workflow", "workflow", "Only of this workflow."),
            Field.OneOf("--status", "status", "Only in this state.", "open", "completed", "cancelled", "expired"),
            Field.Text("--parent", "parent", "Only parts of this task."));
        var all = new Option<bool>("--implicit")
        {
            Description = "Also those that opened with a token, as for each command, and end with it.",
        };
        return verbs.Of("list", "Lists the newest tasks, the oldest of them first.", async call =>
        {
            var path = filters.Query(call, "/v1/tasks");
            path += (path.Contains('?') ? "&order=desc" : "?order=desc") + (call.Get(all) ? "" : "&implicit=false");
            var newest = await call.ListAsync(path, call.Get(limit));
            call.Print.List(new JsonArray([.. newest.Reverse().Select(task => task?.DeepClone())]), Columns);
        }, [.. filters.Options, all, limit]);
    }

    private static Command Show(Verbs verbs)
    {
        var id = new Argument<string>("id") { Description = "The task." };
        return verbs.Of("show", "Shows a task as a tree, with every credential and its state.", async call =>
        {
            var task = await call.SendAsync(HttpMethod.Get, $"/v1/tasks/{call.Escaped(id)}");
            if (call.Print.Format == OutputFormat.Table)
                call.Print.Render(TaskTree.Of(await call.NamedAsync(task), call.Outside.Time.GetUtcNow()));
            else
                call.Print.Data(task);
        }, id);
    }
}
