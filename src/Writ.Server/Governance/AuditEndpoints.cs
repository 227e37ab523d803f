using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Writ.Server.Acts;
using Writ.Server.Audit;
using Writ.Server.Decisions;
using Writ.Server.Edge;
using Writ.Server.Storage;

namespace Writ.Server.Governance;

/// <summary>
/// /v1/audit: the log, searched and followed. Records come as they are stored: <c>index</c> and <c>record</c>. An
/// operator of one team sees what its identities and operators did, and what was done to them.
/// </summary>
public sealed class AuditEndpoints(RecordStore records, RecordIndexer indexer, AuditTail tail)
{
    private const string Action = "audit:read";

    public Task<ActPlan> ListAsync(ActCall call)
    {
        var (filter, fault) = Filter(call);
        if (filter is null) return Task.FromResult<ActPlan>(call.Invalid(fault!, Action));
        return Task.FromResult<ActPlan>(call.Read(Action, new ActTarget("audit", call.Team), async http =>
        {
            // What was answered before this call, at whichever replica, is in its answer; or it says what is missing.
            var behind = await indexer.CatchUpAsync(http.RequestAborted);
            var rows = await records.ListAsync(filter, http.RequestAborted);
            await Answers.BytesAsync(http, StatusCodes.Status200OK, Page(rows, filter.Limit, behind));
        }));
    }

    /// <summary>New records as server-sent events, for as long as the caller may see them.</summary>
    public Task<ActPlan> TailAsync(ActCall call)
    {
        var (filter, fault) = Filter(call);
        if (filter is null) return Task.FromResult<ActPlan>(call.Invalid(fault!, Action));
        if (filter.IsTree) return Task.FromResult<ActPlan>(call.Invalid("tree is for the list alone.", Action));
        if (filter.After is null && TryIndex(call.Http.Request.Headers["Last-Event-ID"], out var last))
            filter = filter with { After = last };
        return Task.FromResult(StreamLimit.Plan(
            call, Action, new ActTarget("audit", call.Team), AuditTail.TooMany, [tail.Readers],
            http => tail.FollowAsync(http, call, filter)));
    }

    /// <summary>One record as both list and tail show it; its own bytes untouched.</summary>
    internal static void Write(Utf8JsonWriter json, RecordRow row)
    {
        json.WriteStartObject();
        json.WriteNumber("index"u8, row.Idx);
        json.WritePropertyName("record"u8);
        json.WriteRawValue(row.Body, skipInputValidation: true);
        json.WriteEndObject();
    }

    private static (RecordFilter? Filter, string? Fault) Filter(ActCall call)
    {
        if (!TryTime(call.Query("from"), out var from) || !TryTime(call.Query("to"), out var to))
            return (null, "from and to are times (RFC 3339).");
        if (!TryIndex(call.Query("after"), out var after)) return (null, "after is the index of a record.");
        if (call.Query("order") is not (null or "asc" or "desc")) return (null, "order is asc or desc.");
        if (call.Query("tree") is not (null or "true" or "false")) return (null, "tree is true or false.");
        var isTree = call.Query("tree") == "true";
        if (isTree && call.Query("task") is null) return (null, "tree needs a task.");
        if (call.Query("outcome") is not (null or "allow" or "deny")) return (null, "outcome is allow or deny.");
        return (new RecordFilter
        {
            Identity = call.Query("identity"),
            Task = call.Query("task"),
            IsTree = isTree,
            Kind = call.Query("kind"),
            DecisionId = call.Query("decision_id"),
            Outcome = call.Query("outcome"),
            From = from,
            To = to,
            Team = call.Team,
            After = after,
            NewestFirst = call.Query("order") == "desc",
            Limit = call.Limit,
        }, null);
    }

    private static bool TryTime(string? text, out long? micros)
    {
        micros = null;
        if (text is null) return true;
        if (!DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
            return false;
        micros = time.ToMicros();
        return true;
    }

    private static bool TryIndex(string? text, out long? index)
    {
        index = null;
        if (text is null) return true;
        var read = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value);
        index = value;
        return read;
    }

    private static ReadOnlyMemory<byte> Page(IReadOnlyList<RecordRow> rows, int limit, long behind)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        if (behind > 0) json.WriteNumber("behind"u8, behind);
        json.WriteStartArray("items"u8);
        foreach (var row in rows) Write(json, row);
        json.WriteEndArray();
        if (rows.Count == limit) json.WriteString("next"u8, rows[^1].Idx.ToString(CultureInfo.InvariantCulture));
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }
}
