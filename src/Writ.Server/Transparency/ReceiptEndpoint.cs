using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Writ.Server.Acts;
using Writ.Server.Audit;
using Writ.Server.Decisions;
using Writ.Server.Edge;
using Writ.Server.Storage;

namespace Writ.Server.Transparency;

/// <summary>
/// /v1/audit/{id}/proof: the receipt of a record, by its index, the id of its decision or the jti of its token: all
/// that somebody needs who believes nothing but the log's key. Who may read a record may have its receipt.
/// </summary>
public sealed class ReceiptEndpoint(RecordStore records, RecordIndexer indexer, PublishedLog log, Func<bool> isStopped)
{
    private const string Action = "audit:read";
    private const string DecisionPrefix = "dec_";
    private const int LongestId = 128;

    /// <summary>A record is in a checkpoint within about a second.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    public async Task<ActPlan> ShowAsync(ActCall call)
    {
        await indexer.CatchUpAsync(call.Cancel);
        if (await FindAsync(call.Route("id"), call.Team, call.Cancel) is not { } row)
            return call.NotFound("record", Action);
        return call.Read(Action, new ActTarget($"record {row.Idx}", call.Team), async http =>
        {
            if (await HeadAsync(row.Idx, http.RequestAborted) is { } head) await AnswerAsync(http, row, head);
            else await LogAnswers.BehindAsync(http);
        });
    }

    private async Task<RecordRow?> FindAsync(string id, string? team, CancellationToken cancel)
    {
        var isIndex = long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var index);
        if (id.Length > LongestId) return null;
        if (isIndex) return await records.OfTeamAsync(index, team, cancel);
        var isDecision = id.StartsWith(DecisionPrefix, StringComparison.Ordinal);
        var found = await records.ListAsync(new RecordFilter
        {
            DecisionId = isDecision ? id : null,
            Credential = isDecision ? null : id,
            Team = team,
            // Of a decision's records its own is the last; of a token's, the one that it was issued by is the first.
            NewestFirst = isDecision,
            Limit = 1,
        }, cancel);
        return found is [var row] ? row : null;
    }

    /// <summary>The checkpoint that covers it, awaited for a moment.</summary>
    private async Task<LogHeadRow?> HeadAsync(long record, CancellationToken cancel)
    {
        // The sequencer may be another process, which does not go by our clock.
        using var limit = new CancellationTokenSource(Patience, TimeProvider.System);
        while (true)
        {
            if (await log.Store.HeadOfAsync(record, cancel) is { } head && record < head.Base + head.Size) return head;
            if (limit.IsCancellationRequested || isStopped()) return null;
            await Task.Delay(Pause, TimeProvider.System, cancel);
        }
    }

    private async Task AnswerAsync(HttpContext http, RecordRow row, LogHeadRow head)
    {
        var proof = await log.ProveAsync(head, row.Idx - head.Base, http.RequestAborted);
        var receipt = new JsonObject
        {
            ["index"] = row.Idx,
            ["key"] = head.Verifier,
            ["core"] = Encoding.UTF8.GetString(LogLeaf.Of(row.Core).Span),
            ["proof"] = proof.ToString(),
        };
        if (row.Detail is { } detail) receipt["detail"] = Base64Url.EncodeToString(detail);
        if (row.IsErased) receipt["erased"] = true;
        await Answers.JsonAsync(http, StatusCodes.Status200OK, receipt);
    }
}
