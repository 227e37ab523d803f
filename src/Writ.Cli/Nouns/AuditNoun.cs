using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Writ.Cli.Audit;
using Writ.Cli.Printing;
using Writ.Client;

namespace Writ.Cli.Nouns;

/// <summary><c>writ audit</c>: what was decided and done. Records come as they are stored.</summary>
internal static class AuditNoun
{
    private static readonly TimeSpan BetweenStreams = TimeSpan.FromSeconds(1);

    private static readonly Column[] Columns =
    [
        new("time", item => Cell.Moment(item["record"]?["at"])),
        Of("outcome"),
        Of("kind"),
        Of("actor"),
        Of("subject"),
        new("asked", item => Asked(item["record"])),
        new("for", item => Cell.Short(Cell.Of(item["on_behalf_of"]))),
        Of("reason"),
        Of("decision_id", "decision"),
        Of("task"),
    ];

    public static Command Create(Verbs verbs) => new("audit", "The record of every decision, refusals included.")
    {
        List(verbs),
        StoryVerb.Create(verbs),
        CredentialsVerb.Create(verbs),
        Tail(verbs),
        Writ.Cli.Audit.ExportVerb.Create(verbs),
        Writ.Cli.Audit.VerifyVerb.Create(verbs),
        Writ.Cli.Audit.ProveVerb.Create(verbs),
        Writ.Cli.Audit.ProveVerb.Key(verbs),
        Writ.Cli.Audit.HoldVerbs.Create(verbs),
        Writ.Cli.Audit.EraseVerb.Create(verbs),
    };

    private static Column Of(string member, string? title = null) =>
        new(title ?? member, item => Cell.Short(Cell.Of(item["record"]?[member])));

    // Of the many details of a record, the one that says best what somebody wanted.
    private static string Asked(JsonNode? record)
    {
        var detail = record?["detail"] as JsonObject;
        foreach (var name in (string[])
            ["authorization_details", "scope", "audience", "target", "handle", "path", "purpose"])
        {
            if (detail?[name] is JsonArray authority)
                return Cell.Authority(authority);
            if ((string?)detail?[name] is { } text)
                return text.StartsWith('[') ? Cell.Authority(TryParse(text)) : SafeText.Of(text);
        }

        return "";
    }

    // Authority stands in a record as text.
    private static JsonArray Unfold(JsonArray items)
    {
        foreach (var item in items)
        {
            if (item?["record"]?["detail"] is JsonObject detail
                && (string?)detail["authorization_details"] is { } text
                && TryParse(text) is JsonArray authority)
            {
                detail["authorization_details"] = authority;
            }
        }

        return items;
    }

    private static Command List(Verbs verbs)
    {
        var questions = new RecordQuestions();
        var limit = new Option<int>("--limit") { Description = "How many.", DefaultValueFactory = _ => 100 };
        return verbs.Of("list", "Lists the newest records, the oldest of them first.", async call =>
        {
            var newest = await call.ListAsync(questions.Path(call, "desc"), call.Get(limit));
            var oldestFirst = new JsonArray([.. newest.Reverse().Select(item => item?.DeepClone())]);
            if (call.Print.Format == OutputFormat.Table)
                oldestFirst = await call.NamedAsync(Unfold(oldestFirst));
            call.Print.List(oldestFirst, Columns);
        }, [.. questions.Options, limit]);
    }

    private static Command Tail(Verbs verbs)
    {
        var filters = RecordQuestions.Fields();
        return verbs.Of("tail", "Follows the log; one record a line until Ctrl-C.", async call =>
        {
            var path = filters.Query(call, "/v1/records/tail");
            path += path.Contains('?') ? "&after=" : "?after=";
            var last = await NewestAsync(call);
            for (var wasOpen = false; ;)
            {
                try
                {
                    // A stream ends with its token, or with its replica: the next one begins where it ended.
                    await foreach (var item in call.Session.Client.Management.StreamAsync($"{path}{last}", call.Cancel))
                    {
                        wasOpen = true;
                        if (Parse(item.Data) is not { } record)
                            continue;
                        await call.Outside.Out.WriteLineAsync(Line(record, call.Print.Format).AsMemory(), call.Cancel);
                        last = (long?)record["index"] ?? last;
                    }

                    wasOpen = true;
                }
                catch (Exception e) when (wasOpen && IsOutage(e) && !call.Cancel.IsCancellationRequested)
                {
                    // It was there a moment ago: it comes back, or another replica takes its place.
                }

                await Task.Delay(BetweenStreams, call.Outside.Time, call.Cancel);
            }
        }, filters.Options);
    }

    // A refusal is the end: who asks is no longer let in.
    private static bool IsOutage(Exception e) => e is WritException { IsRefusal: false } or IOException;

    // The index of the newest record, behind which the tail begins; a number, so that nothing is lost between streams.
    private static async Task<long> NewestAsync(Call call)
    {
        var newest = await call.SendAsync(HttpMethod.Get, "/v1/records?order=desc&limit=1");
        return newest["items"] is JsonArray { Count: > 0 } items && (long?)items[0]?["index"] is { } index ? index : 0;
    }

    // Comments and heartbeats of the stream are no records.
    private static JsonObject? Parse(string data) =>
        TryParse(data) is JsonObject item && item["record"] is JsonObject ? item : null;

    private static JsonNode? TryParse(string text)
    {
        try
        {
            return JsonNode.Parse(text);
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
