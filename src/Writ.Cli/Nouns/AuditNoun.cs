using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Writ.Cli.Printing;

namespace Writ.Cli.Nouns;

/// <summary><c>writ audit</c>: what was decided and done. Records come as they are stored.</summary>
internal static class AuditNoun
{
    private static readonly Column[] Columns =
    [
        new("time", item => Cell.Moment(item["record"]?["at"])),
        Of("outcome"),
        Of("kind"),
        Of("actor"),
        Of("subject"),
        Of("reason"),
        Of("decision_id", "decision"),
        Of("task"),
    ];

    public static Command Create(Verbs verbs) => new("audit", "The record of every decision, refusals included.")
    {
        List(verbs),
        Tail(verbs),
    };

    private static Column Of(string member, string? title = null) =>
        new(title ?? member, item => Cell.Short(Cell.Of(item["record"]?[member])));

    private static Fields Filters() => new(
        Field.Text("--identity", "identity", "Only of this identity or operator: its SPIFFE id."),
        Field.Text("--task", "task", "Only of this task."),
        Field.Text("--kind", "kind", "Only of this kind, such as token.issue."),
        Field.Text("--decision", "decision_id", "The record of this decision."));

    private static Command List(Verbs verbs)
    {
        var filters = Filters();
        var limit = new Option<int>("--limit") { Description = "How many.", DefaultValueFactory = _ => 100 };
        return verbs.Of("list", "Lists the newest records, the oldest of them first.", async call =>
        {
            var path = filters.Query(call, "/v1/audit");
            var newest = await call.ListAsync($"{path}{(path.Contains('?') ? '&' : '?')}order=desc", call.Get(limit));
            call.Print.List(new JsonArray([.. newest.Reverse().Select(item => item?.DeepClone())]), Columns);
        }, [.. filters.Options, limit]);
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
            return JsonNode.Parse(data) is JsonObject item && item["record"] is JsonObject ? item : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string Line(JsonObject item, OutputFormat format) => format switch
    {
        OutputFormat.Json => item.ToJsonString(),
        OutputFormat.Yaml => "---\n" + YamlText.Of(item).TrimEnd(),
        _ => string.Join("  ", Columns.Select(column => column.Text(item)).Where(text => text.Length > 0)),
    };
}
