using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Writ.Server.Acts;
using Writ.Server.Decisions;
using Writ.Server.Edge;

namespace Writ.Server.Records;

/// <summary>
/// /v1/records: the log, asked and followed. Records come as they are stored, with what they are found by. An operator
/// of one team sees what its identities and operators did, and what was done to them.
/// </summary>
public sealed class RecordEndpoints(RecordReader reader, RecordTail tail, StreamAccess access, PageTokens tokens)
{
    private const string Action = "audit:read";
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(200);
    private const string Lines = "application/x-ndjson";

    public Task<ActPlan> ListAsync(ActCall call)
    {
        var (query, fault) = RecordQuery.Of(call, tokens);
        if (query is null) return Task.FromResult<ActPlan>(call.Invalid(fault!, Action));
        var target = new ActTarget("audit", call.Team);
        if (IsStream(call))
            return Task.FromResult(query.IsBack
                ? call.Invalid("A stream goes one way: order=asc or order=desc, without before.", Action)
                : StreamLimit.Plan(
                    call, Action, target, RecordTail.TooMany, [tail.Answers], http => StreamAsync(http, call, query)));
        return Task.FromResult<ActPlan>(call.Read(Action, target, async http =>
        {
            var behind = await reader.CatchUpAsync(http.RequestAborted);
            await Answers.BytesAsync(
                http, StatusCodes.Status200OK, await PageAsync(query, behind, http.RequestAborted));
        }));
    }

    /// <summary>New records as server-sent events, for as long as the caller may see them.</summary>
    public Task<ActPlan> TailAsync(ActCall call)
    {
        var (filter, fault) = RecordQuery.FilterOf(call);
        if (filter is null) return Task.FromResult<ActPlan>(call.Invalid(fault!, Action));
        if (!TryIndex(call.Query("after"), out var after))
            return Task.FromResult<ActPlan>(call.Invalid("after is the index of a record.", Action));
        if (after is null && TryIndex(call.Http.Request.Headers["Last-Event-ID"], out var last)) after = last;
        filter = filter with { After = after };
        return Task.FromResult(StreamLimit.Plan(
            call, Action, new ActTarget("audit", call.Team), RecordTail.TooMany, [tail.Readers],
            http => tail.FollowAsync(http, call, filter)));
    }

    private static bool IsStream(ActCall call) =>
        call.Http.Request.GetTypedHeaders().Accept.Any(
            a => a.MediaType.Equals(Lines, StringComparison.OrdinalIgnoreCase));

    private async Task<ReadOnlyMemory<byte>> PageAsync(RecordQuery query, long behind, CancellationToken cancel)
    {
        var filter = query.Filter;
        var asked = query.IsBack ? filter with { NewestFirst = !filter.NewestFirst } : filter;
        var (found, place) = await reader.FindAsync(asked, cancel);
        if (query.IsBack) found = [.. found.Reverse()];
        // On the way back the place is before the page, and behind it is where it began.
        var next = !query.IsBack ? place : found.Count > 0 ? found[^1].Index.Idx : null;
        var previous = query.IsBack ? place : filter.After is not null && found.Count > 0 ? found[0].Index.Idx : null;
        var buffer = new ArrayBufferWriter<byte>(4096);
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        if (behind > 0) json.WriteNumber("behind"u8, behind);
        json.WriteStartArray("items"u8);
        foreach (var one in found) RecordDocument.Write(json, one.Index, one.Row);
        json.WriteEndArray();
        if (next is { } on) json.WriteString("next"u8, query.TokenAt(on, tokens));
        if (previous is { } back) json.WriteString("previous"u8, query.TokenAt(back, tokens));
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }

    /// <summary>
    /// All that is found, one record a line, as long as the caller may see it. The last line is no record: it says that
    /// this is all (<c>{"end":true}</c>), or where it goes on; without it the stream was cut.
    /// </summary>
    private async Task StreamAsync(HttpContext http, ActCall call, RecordQuery query)
    {
        http.Response.ContentType = Lines;
        http.Response.Headers.CacheControl = "no-store";
        var cancel = http.RequestAborted;
        var left = call.Query("limit") is null ? long.MaxValue : query.Filter.Limit;
        var behind = await reader.CatchUpAsync(cancel);
        var filter = query.Filter;
        while (left > 0 && await access.HoldsAsync(call, cancel))
        {
            var (found, place) = await reader.FindAsync(
                filter with { Limit = (int)Math.Min(left, 500) }, cancel);
            foreach (var one in found) await LineAsync(http, RecordDocument.Of(one.Index, one.Row));
            await http.Response.Body.FlushAsync(cancel);
            left -= found.Count;
            if (place is null || left == 0)
            {
                var more = place is { } at ? $"\"next\":\"{query.TokenAt(at, tokens)}\"" : "\"end\":true";
                if (behind > 0) more += string.Create(CultureInfo.InvariantCulture, $",\"behind\":{behind}");
                await LineAsync(http, System.Text.Encoding.UTF8.GetBytes($"{{{more}}}"));
                return;
            }
            filter = filter with { After = place };
            // Who finds nothing for a long time does not search all the while.
            if (found.Count == 0) await Task.Delay(Rest, TimeProvider.System, cancel);
        }
    }

    private static async Task LineAsync(HttpContext http, ReadOnlyMemory<byte> line)
    {
        await http.Response.Body.WriteAsync(line, http.RequestAborted);
        await http.Response.Body.WriteAsync("\n"u8.ToArray(), http.RequestAborted);
    }

    private static bool TryIndex(string? text, out long? index)
    {
        index = null;
        if (text is null) return true;
        var read = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value);
        index = value;
        return read && value < long.MaxValue;
    }
}
