using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Writ.Cli.Printing;

namespace Writ.Cli.Nouns;

/// <summary><c>writ audit</c>: what was decided, and what was done.</summary>
internal static class AuditNoun
{
    private static readonly Column[] Columns =
    [
        new("time", record => Cell.Moment(record["at"])),
        Column.Of("outcome"),
        Column.Of("kind"),
        Column.Name("actor", "actor"),
        Column.Name("subject", "subject"),
        Column.Of("reason"),
        Column.Of("decision_id", "id"),
        Column.Of("task"),
    ];

    public static Command Create(Verbs verbs) => new("audit", "The record of every decision, refusals included.")
    {
        List(verbs),
        Tail(verbs),
    };

    private static Fields Filters() => new(
        Field.Text("--identity", "identity", "Only of this identity or operator."),
        Field.Text("--task", "task", "Only of this task."),
        Field.Text("--kind", "kind", "Only of this kind, such as token.issue."),
        Field.Text("--decision", "decision_id", "The record of this decision."));

    private static Command List(Verbs verbs)
    {
        var filters = Filters();
        var limit = new Option<int>("--limit")
        {
            Description = "How many at the most.",
            DefaultValueFactory = _ => 100,
        };
        return verbs.Of("list", "Lists records.", async call =>
            call.Print.List(await call.ListAsync(filters.Query(call, "/v1/audit"), call.Get(limit)), Columns),
            [.. filters.Options, limit]);
    }

    private static Command Tail(Verbs verbs)
    {
        var filters = Filters();
        return verbs.Of("tail", "Follows the log; one record a line until Ctrl-C.", async call =>
        {
            var stream = call.Session.Client.Management.StreamAsync(filters.Query(call, "/v1/audit/tail"), call.Cancel);
            await foreach (var item in stream)
            {
                if (Parse(item.Data) is { } record)
                    await call.Outside.Out.WriteLineAsync(Line(record, call.Print.Format).AsMemory(), call.Cancel);
            }
        }, filters.Options);
    }

    // Comments and heartbeats of the stream are no records.
    private static JsonObject? Parse(string data)
    {
        try
        {
            return JsonNode.Parse(data) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string Line(JsonObject record, OutputFormat format) => format switch
    {
        OutputFormat.Json => record.ToJsonString(),
        OutputFormat.Yaml => "---\n" + YamlText.Of(record).TrimEnd(),
        _ => string.Join("  ", Columns.Select(column => column.Text(record)).Where(text => text.Length > 0)),
    };
}
