using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using Writ.Server.Acts;
using Writ.Server.Decisions;
using Writ.Server.Storage;
using Writ.Tlog;

namespace Writ.Server.Transparency;

/// <summary>
/// /log/about and /log/details: what an auditor needs besides the tree. Details are what can be erased of the records
/// of a bundle, each with its length before it, 32 bits, big-endian; 0: there is none, or it was erased. They may be
/// others tomorrow, and are never anybody's but those who may read all records.
/// </summary>
public sealed class DetailEndpoints(LogEndpoints log, PublishedLog published, RecordStore records)
{
    private const string Action = "audit:read";

    /// <summary>Of which record the first leaf is.</summary>
    public async Task AboutAsync(HttpContext http)
    {
        if (await log.RowAsync(http) is { } row)
            await LogAnswers.TextAsync(
                http, string.Create(CultureInfo.InvariantCulture, $"writ log v1\nbase {row.Base}\n"));
        else await LogAnswers.NoneAsync(http);
    }

    public Task<ActPlan> ReadAsync(ActCall call) => Task.FromResult<ActPlan>(
        call.Read(Action, new ActTarget("log", null), AnswerAsync));

    private async Task AnswerAsync(HttpContext http)
    {
        if (!Tile.TryParse($"entries/{LogEndpoints.Path(http)}", out var tile, out _))
        {
            await LogAnswers.MalformedAsync(http, "Details are INDEX or INDEX.p/WIDTH, as entries (C2SP tlog-tiles).");
            return;
        }
        if (await published.HeadAsync(LogEndpoints.Number(http), http.RequestAborted) is not { } head
            || Tile.In(head.Size, 0, tile.Index) is not { } there || there.Width < tile.Width)
        {
            await LogAnswers.NoneAsync(http);
            return;
        }
        var from = head.Base + (tile.Index * Tile.FullWidth);
        var bundle = new ArrayBufferWriter<byte>();
        var next = from;
        foreach (var row in await records.FromAsync(from, tile.Width, http.RequestAborted))
        {
            if (row.Idx != next++) break; // one is missing: what follows would be taken for another's
            var detail = row.Detail ?? [];
            BinaryPrimitives.WriteInt32BigEndian(bundle.GetSpan(sizeof(int)), detail.Length);
            bundle.Advance(sizeof(int));
            bundle.Write(detail);
        }
        if (next != from + tile.Width)
        {
            await LogAnswers.NoneAsync(http);
            return;
        }
        await LogAnswers.EntriesAsync(http, "private, no-store", bundle.WrittenMemory);
    }
}
