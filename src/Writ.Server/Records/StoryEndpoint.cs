using System.Text.Json;
using System.Text.Json.Nodes;
using Writ.Server.Acts;
using Writ.Server.Decisions;
using Writ.Server.Edge;
using Writ.Server.Storage;

namespace Writ.Server.Records;

/// <summary>
/// GET /v1/tasks/{id}/story: one task as a time line: opened by whom, for whom and why; each decision, credential,
/// approval and refusal of it and of all below it; its end. What belongs to it though it is another task's record (a
/// person's yes, a decision that ended its credentials) is found by the approval or the credential that it names.
/// </summary>
public sealed class StoryEndpoint(RecordReader reader, TaskStore tasks, Registry registry)
{
    private const string Action = "audit:read";
    private const int MostRecords = 2000;
    private const int MostTasks = 1000;
    private const int MostLinks = 50;
    private const int MostOfLink = 20;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    public async Task<ActPlan> ShowAsync(ActCall call)
    {
        if (await tasks.FindAsync(call.Route("id"), call.Cancel) is not { } task) return call.NotFound("task", Action);
        var agent = await registry.FindAsync(task.Agent, call.Cancel);
        return call.Read(Action, new ActTarget($"task {task.Id}", agent?.Identity?.Team), async http =>
            await Answers.JsonAsync(
                http, StatusCodes.Status200OK, await TellAsync(task, call.Team, http.RequestAborted)));
    }

    private async Task<JsonObject> TellAsync(TaskRow root, string? team, CancellationToken cancel)
    {
        var behind = await reader.CatchUpAsync(cancel);
        var (found, isCut) = await OfTreeAsync(root, team, cancel);
        var (linked, isShort) = await LinkedAsync(found, team, cancel);
        found.AddRange(linked);
        var tree = (await tasks.TreeAsync(root.Id, MostTasks, cancel)).ToDictionary(t => t.Id, StringComparer.Ordinal);
        var json = Head(root);
        json["events"] = new JsonArray(
        [
            .. found.DistinctBy(f => f.Index.Idx).OrderBy(f => f.Index.Idx).Select(f => Event(f, root, tree)),
        ]);
        if (isCut || isShort) json["cut"] = true;
        if (behind > 0) json["behind"] = behind;
        return json;
    }

    private async Task<(List<FoundRecord> Found, bool IsCut)> OfTreeAsync(
        TaskRow root, string? team, CancellationToken cancel)
    {
        var found = new List<FoundRecord>();
        var filter = new RecordFilter { Task = root.Id, IsTree = true, Team = team };
        for (long? after = null; ;)
        {
            var (some, place) = await reader.FindAsync(
                filter with { After = after, Limit = Math.Min(500, MostRecords - found.Count) }, cancel);
            found.AddRange(some);
            if (place is null || found.Count >= MostRecords) return (found, place is not null);
            after = place;
        }
    }

    /// <summary>What others' records say of it, as far as that is found soon; whether something was left out.</summary>
    private async Task<(List<FoundRecord> Linked, bool IsCut)> LinkedAsync(
        List<FoundRecord> found, string? team, CancellationToken cancel)
    {
        var (linked, isCut, began) = (new List<FoundRecord>(), false, TimeProvider.System.GetTimestamp());
        var approvals = found.SelectMany(f => f.Index.ValuesOf(TermOf.Approval)).Distinct(StringComparer.Ordinal);
        // Decided again, and taken away: one record may tell of many credentials, and is of no task then.
        var ended = found.Select(f => f.Index.Jti).OfType<string>().ToList();
        isCut = approvals.Count() > MostLinks || ended.Count > MostLinks;
        RecordFilter[] filters =
        [
            .. approvals.Take(MostLinks).Select(a => new RecordFilter { Approval = a, Kind = "approval" }),
            .. ended.Take(MostLinks).Select(j => new RecordFilter { Credential = j, Kind = "token.redecide" }),
        ];
        foreach (var filter in filters)
        {
            if (TimeProvider.System.GetElapsedTime(began) > Patience) return (linked, true);
            var (some, place) = await reader.FindAsync(filter with { Team = team, Limit = MostOfLink }, cancel);
            linked.AddRange(some);
            isCut |= place is not null;
        }
        return (linked, isCut);
    }

    private static JsonObject Head(TaskRow task)
    {
        var json = new JsonObject
        {
            ["id"] = task.Id,
            ["status"] = task.Status,
            ["workflow"] = task.Workflow,
            ["agent"] = task.Agent,
            ["purpose"] = task.Purpose,
            ["opened_by"] = task.OpenedBy,
            ["opened_at"] = Instant.Text(task.OpenedAt),
        };
        if (task.OnBehalfOf is not null) json["on_behalf_of"] = task.OnBehalfOf;
        if (task.Parent is not null) json["parent"] = task.Parent;
        if (task.EndedAt is not { } ended) return json;
        json["ended_at"] = Instant.Text(ended);
        json["end_reason"] = task.EndReason;
        json["seconds"] = Seconds(ended - task.OpenedAt);
        return json;
    }

    private static JsonObject Event(FoundRecord found, TaskRow root, Dictionary<string, TaskRow> tree)
    {
        var index = found.Index;
        var json = new JsonObject
        {
            ["index"] = index.Idx,
            ["time"] = Instant.Text(index.At),
            ["after_seconds"] = Seconds(index.At - root.OpenedAt),
            ["depth"] = Depth(index, root, tree),
            ["kind"] = index.Kind,
            ["outcome"] = index.Outcome,
        };
        Add(json, "reason", index.Reason);
        Add(json, "actor", index.Actor);
        Add(json, "subject", index.Subject == index.Actor ? null : index.Subject);
        Add(json, "task", index.Task == root.Id ? null : index.Task);
        Add(json, "decision_id", index.DecisionId);
        Add(json, "jti", index.Jti);
        if (index.Jti is not null && index.ExpiresAt is { } end)
            json["lifetime_seconds"] = (end - index.At) / 1_000_000;
        Add(json, "policy", index.Policy);
        Add(json, "approved_by", index.ApprovedBy);
        foreach (var (name, of) in new[]
        {
            ("approvals", TermOf.Approval), ("actions", TermOf.Action), ("resources", TermOf.Resource),
            ("credentials", TermOf.Credential),
        })
            if (index.ValuesOf(of).Select(v => (JsonNode)v).ToArray() is { Length: > 0 } values)
                json[name] = new JsonArray(values);
        if (RecordDocument.IsAsserted(index)) json["asserted"] = true;
        if (found.Row.IsErased) json["erased"] = true;
        else AddWords(json, found.Row);
        return json;
    }

    /// <summary>What people said of it, or what was missing.</summary>
    private static void AddWords(JsonObject json, RecordRow row)
    {
        using var document = JsonDocument.Parse(row.Body);
        if (!document.RootElement.TryGetProperty("detail", out var detail)) return;
        foreach (var name in new[] { "purpose", "because", "why" })
            if (detail.TryGetProperty(name, out var words) && words.ValueKind == JsonValueKind.String)
                json[name] = words.GetString();
    }

    private static int Depth(RecordIndexRow index, TaskRow root, Dictionary<string, TaskRow> tree) =>
        index.Task is { } id && id != root.Id && tree.TryGetValue(id, out var task)
            ? Array.IndexOf(task.Ancestors.Split(' '), root.Id) + 1
            : 0;

    private static double Seconds(long micros) => Math.Round(micros / 1e6, 3);

    private static void Add(JsonObject json, string name, string? value)
    {
        if (value is not null) json[name] = value;
    }
}
