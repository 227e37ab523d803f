using System.Globalization;
using System.Text.Json.Nodes;
using Writ.Server.Acts;
using Writ.Server.Audit;
using Writ.Server.Decisions;
using Writ.Server.Edge;
using Writ.Server.Storage;

namespace Writ.Server.Approvals;

/// <summary>/v1/notices: of what the policy wants people told (<c>notify</c>), out of the records.</summary>
public sealed class NoticeEndpoints(RecordStore records, RecordIndexer indexer)
{
    /// <summary>An operator of a team sees what is for that team, or for themselves.</summary>
    public Task<ActPlan> ListAsync(ActCall call)
    {
        const string action = "notice:read";
        (long Idx, string Whom)? after = null;
        if (call.Query("after") is { } text)
        {
            if (text.Split('-', 2) is not [var at, var whom]
                || !long.TryParse(at, NumberStyles.None, CultureInfo.InvariantCulture, out var index))
                return Task.FromResult<ActPlan>(call.Invalid("after is what next was.", action));
            after = (index, whom);
        }
        var filter = new NoticeFilter(Whom(call), after, call.Limit);
        return Task.FromResult<ActPlan>(call.Read(action, new ActTarget("notices", call.Team), async http =>
        {
            await indexer.CatchUpAsync(http.RequestAborted);
            var rows = await records.NoticesAsync(filter, http.RequestAborted);
            await Answers.PageAsync(
                http, rows.Select(Document),
                rows.Count == filter.Limit ? $"{rows[^1].Idx}-{rows[^1].Whom}" : null);
        }));
    }

    private static IReadOnlyList<string>? Whom(ActCall call)
    {
        var wanted = call.Query("whom");
        if (call.Caller.Principal.Operator is not { Team: { } team } person) return wanted is null ? null : [wanted];
        string[] own = [$"team:{team}", person.Id, person.Name];
        return wanted is null ? own : own.Contains(wanted, StringComparer.Ordinal) ? [wanted] : [];
    }

    private static JsonObject Document(NoticeRow row)
    {
        var json = new JsonObject
        {
            ["record"] = row.Idx,
            ["at"] = Instant.Text(row.At),
            ["whom"] = row.Whom,
            ["kind"] = row.Kind,
        };
        if (row.Subject is not null) json["subject"] = row.Subject;
        if (row.Actor is not null) json["actor"] = row.Actor;
        if (row.Task is not null) json["task"] = row.Task;
        if (row.DecisionId is not null) json["decision_id"] = row.DecisionId;
        return json;
    }
}
