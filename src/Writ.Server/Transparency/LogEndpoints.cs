using System.Globalization;
using System.Text.Json.Nodes;
using Writ.Server.Acts;
using Writ.Server.Decisions;
using Writ.Server.Storage;
using Writ.Tlog;

namespace Writ.Server.Transparency;

/// <summary>
/// /log: the tree as C2SP tlog-tiles has it, proofs out of it, and the checkpoints that were published. Hashes are for
/// anybody; the entries, which are records, for whoever may read all records. A tree of before a restore stands below
/// /log/former/NUMBER.
/// </summary>
public sealed class LogEndpoints(PublishedLog log, bool entriesArePublic)
{
    private const int MostCheckpoints = 250;
    private const int MostAtOnce = 16;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private const string Action = "audit:read";

    private readonly SemaphoreSlim _places = new(MostAtOnce, MostAtOnce); // has no wait handle, no disposal

    public bool EntriesArePublic => entriesArePublic;

    /// <summary>The tree that is asked for; null: there is none such.</summary>
    internal Task<LogRow?> RowAsync(HttpContext http) => log.Store.FindAsync(Number(http), http.RequestAborted);

    /// <summary>Strangers' reading takes a bounded share of the store: beyond it they wait, and are then told so. The
    /// share ends when the answer is made: whoever takes it slowly holds nobody up.</summary>
    public RequestDelegate Bounded(RequestDelegate answer) => async http =>
    {
        if (!await _places.WaitAsync(Patience, http.RequestAborted))
        {
            await LogAnswers.BusyAsync(http);
            return;
        }
        var place = new LogPlace(_places);
        http.Features.Set(place);
        try
        {
            await answer(http);
        }
        finally
        {
            place.Leave();
        }
    };

    public async Task CheckpointAsync(HttpContext http)
    {
        if (await log.HeadAsync(Number(http), http.RequestAborted) is { } head)
            await LogAnswers.TextAsync(http, head.Whole);
        else await NothingAsync(http);
    }

    public async Task KeyAsync(HttpContext http)
    {
        if (await log.Store.FindAsync(Number(http), http.RequestAborted) is { } row)
            await LogAnswers.TextAsync(http, row.Verifier + "\n");
        else await LogAnswers.NoneAsync(http);
    }

    /// <summary>The checkpoints above a size, one behind the other, a bounded number at once.</summary>
    public async Task HistoryAsync(HttpContext http)
    {
        if (!TryQuery(http, "after", out var given))
        {
            await LogAnswers.MalformedAsync(http, "after is the size of a tree.");
            return;
        }
        var after = given ?? 0;
        if (await log.Store.FindAsync(Number(http), http.RequestAborted) is not { } row)
        {
            await LogAnswers.NoneAsync(http);
            return;
        }
        var rows = await log.Store.HistoryAsync(row.N, after, MostCheckpoints, http.RequestAborted);
        await LogAnswers.TextAsync(http, string.Concat(rows.Select(r => r.Whole)));
    }

    public async Task TileAsync(HttpContext http)
    {
        if (!Tile.TryParse(Path(http), out var tile, out var areEntries) || areEntries)
            await LogAnswers.MalformedAsync(http, "A tile is LEVEL/INDEX or LEVEL/INDEX.p/WIDTH (C2SP tlog-tiles).");
        else if (await log.TileAsync(Number(http), tile, http.RequestAborted) is { } hashes)
            await LogAnswers.TileAsync(http, Cache(http), hashes);
        else await LogAnswers.NoneAsync(http);
    }

    /// <summary>Entries, where the configuration lets anybody read them.</summary>
    public Task EntriesAsync(HttpContext http) => EntriesAsync(http, Cache(http));

    /// <summary>Entries, for whoever may read the records of the whole trust domain.</summary>
    public Task<ActPlan> ReadEntriesAsync(ActCall call) => Task.FromResult<ActPlan>(
        call.Read(Action, new ActTarget("log", null), http => EntriesAsync(
            http, Number(http) is null ? LogAnswers.PrivateFresh : LogAnswers.Private)));

    public async Task InclusionAsync(HttpContext http)
    {
        if (!TryNumber(Value(http, "index"), out var index)
            || !TryQuery(http, "size", out var size))
        {
            await LogAnswers.MalformedAsync(http, "The index of a leaf, and the size of a tree.");
            return;
        }
        if (await log.HeadAsync(Number(http), http.RequestAborted) is not { } head)
        {
            await NothingAsync(http);
            return;
        }
        var of = size ?? head.Size;
        if (of > head.Size || index >= of)
        {
            await LogAnswers.NoneAsync(http);
            return;
        }
        var tree = log.Tree(head, of);
        await LogAnswers.JsonAsync(http, size is null ? LogAnswers.Fresh : Cache(http), new JsonObject
        {
            ["leaf_index"] = index,
            ["tree_size"] = of,
            ["root_hash"] = (await tree.RootAsync(http.RequestAborted)).ToString(),
            ["audit_path"] = Hashes(await tree.InclusionAsync(index, http.RequestAborted)),
        }.ToJsonString());
    }

    public async Task ConsistencyAsync(HttpContext http)
    {
        if (!TryNumber(Value(http, "first"), out var first) || !TryNumber(Value(http, "second"), out var second)
            || first > second)
        {
            await LogAnswers.MalformedAsync(http, "The sizes of two trees, the smaller one first.");
            return;
        }
        if (await log.HeadAsync(Number(http), http.RequestAborted) is not { } head)
        {
            await NothingAsync(http);
            return;
        }
        if (second > head.Size)
        {
            await LogAnswers.NoneAsync(http);
            return;
        }
        var proof = await log.Tree(head, second).ConsistencyAsync(first, http.RequestAborted);
        await LogAnswers.JsonAsync(http, Cache(http), new JsonObject
        {
            ["first"] = first,
            ["second"] = second,
            ["consistency"] = Hashes(proof),
        }.ToJsonString());
    }

    /// <summary>The proof of a leaf with the checkpoint that it leads to (C2SP tlog-proof).</summary>
    public async Task ProofAsync(HttpContext http)
    {
        if (!TryNumber(Value(http, "index"), out var index))
            await LogAnswers.MalformedAsync(http, "The index of a leaf.");
        else if (await log.HeadAsync(Number(http), http.RequestAborted) is not { } head) await NothingAsync(http);
        else if (index >= head.Size) await LogAnswers.NoneAsync(http);
        else await LogAnswers.ProofAsync(
            http, (await log.ProveAsync(head, index, http.RequestAborted)).ToString());
    }

    /// <summary>A tree by its number, whichever of the above is asked of it.</summary>
    public Task OfNumberAsync(HttpContext http)
    {
        var path = Path(http);
        var parts = path.Split('/');
        var values = http.Request.RouteValues;
        switch (parts)
        {
            case ["checkpoint"]: return CheckpointAsync(http);
            case ["key"]: return KeyAsync(http);
            case ["checkpoints"]: return HistoryAsync(http);
            case ["tile", ..]:
                values["path"] = path["tile/".Length..];
                return TileAsync(http);
            case ["proof", "inclusion", var index]:
                values["index"] = index;
                return InclusionAsync(http);
            case ["proof", "consistency", var first, var second]:
                (values["first"], values["second"]) = (first, second);
                return ConsistencyAsync(http);
            case ["proof", var index]:
                values["index"] = index;
                return ProofAsync(http);
            default: return LogAnswers.NoneAsync(http);
        }
    }

    private async Task EntriesAsync(HttpContext http, string cache)
    {
        if (!Tile.TryParse($"entries/{Path(http)}", out var tile, out _))
            await LogAnswers.MalformedAsync(http, "Entries are INDEX or INDEX.p/WIDTH (C2SP tlog-tiles).");
        else if (await log.EntriesAsync(Number(http), tile, http.RequestAborted) is { } bundle)
            await LogAnswers.EntriesAsync(http, cache, bundle);
        else await LogAnswers.NoneAsync(http);
    }

    /// <summary>No checkpoint: of the tree that grows there will be one in a moment.</summary>
    private static Task NothingAsync(HttpContext http) =>
        Number(http) is null ? LogAnswers.BehindAsync(http) : LogAnswers.NoneAsync(http);

    /// <summary>Which tree; null: the one that grows. What is no number is no tree's.</summary>
    internal static long? Number(HttpContext http) =>
        http.Request.RouteValues["number"] is not string text ? null : TryNumber(text, out var number) ? number : 0;

    internal static string Path(HttpContext http) => Value(http, "path");

    private static string Value(HttpContext http, string name) => (string?)http.Request.RouteValues[name] ?? "";

    private static JsonArray Hashes(TreeHash[] hashes) => [.. hashes.Select(h => JsonValue.Create(h.ToString()))];

    private static string Cache(HttpContext http) =>
        Number(http) is null ? LogAnswers.Fresh : LogAnswers.Immutable;

    private static bool TryQuery(HttpContext http, string name, out long? number)
    {
        number = null;
        if (http.Request.Query[name] is not { Count: > 0 } values) return true;
        if (values is not [{ } text] || !TryNumber(text, out var value)) return false; // twice is no number
        number = value;
        return true;
    }

    private static bool TryNumber(string text, out long number) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}

/// <summary>A place among those who read the store for strangers; left once, by whoever comes first to it.</summary>
internal sealed class LogPlace(SemaphoreSlim places)
{
    private int _isLeft;

    public void Leave()
    {
        if (Interlocked.Exchange(ref _isLeft, 1) == 0) places.Release();
    }
}
