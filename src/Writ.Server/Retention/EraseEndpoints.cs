using System.Text.Json.Nodes;
using Writ.Server.Acts;
using Writ.Server.Audit;
using Writ.Server.Callers;
using Writ.Server.Edge;
using Writ.Server.Storage;

namespace Writ.Server.Retention;

/// <summary>
/// /v1/audit/erase: asks for details of records to be erased. What is under a legal hold is refused; the rest is done
/// behind the answer (<see cref="RequestedErasures"/>). For owners of the whole trust domain.
/// </summary>
public sealed class EraseEndpoints(
    ErasureStore erasures, HoldStore holds, RecordStore records, RecordIndexer indexer, EraseParts parts)
{
    private const string Action = "audit:erase";

    public async Task<ActPlan> EraseAsync(ActCall call)
    {
        var (body, refusal) = await call.ReadAsync<EraseRequest>(Action);
        if (body is null) return refusal!;
        if (!PlainText.IsText(body.Reason)) return call.Invalid("reason is required: a short text.", Action);
        var (selection, fault) = body.Read(parts.Names);
        if (selection is null) return call.Invalid(fault!, Action);
        var row = new ErasureRow
        {
            Id = parts.Ids.Next("erase"),
            ByWhom = call.Caller.Principal.Id,
            At = call.Now.ToMicros(),
            Who = selection.Who,
            Task = selection.Task,
            Kind = selection.Kind,
            FromAt = selection.FromAt,
            ToAt = selection.ToAt,
            Head = await records.HeadAsync(call.Cancel),
        };
        HoldsSeen? seen = null;
        var plan = call.Act(
            Action, SelectionRequest.Target("audit"), [],
            (http, _) => Answers.JsonAsync(http, StatusCodes.Status202Accepted, Document(row)));
        return plan with
        {
            Event = SelectionRequest.Describe(plan.Event, row with { Who = Shown(row.Who) })
                .With("erasure", row.Id).Because(body.Reason),
            // Before the transaction, which holds up the whole log; in it only that the holds are the same still.
            Work = async e =>
            {
                await indexer.CatchUpAsync(call.Cancel);
                seen = await LookAsync(row, call.Cancel);
                return e;
            },
            Effects = _ =>
            [
                new Claim.Effect(async tx =>
                {
                    var now = await HoldStore.InForceAsync(tx);
                    // Who only asks whether learns that they may; the look is too much for the log to wait for.
                    if (seen is not null && !HoldRow.AreSame(seen.All, now)) return HoldsChanged;
                    if (seen?.Covering is { } hold) return Held(hold);
                    await ErasureStore.InsertAsync(tx, row);
                    return null;
                }),
            ],
        };
    }

    /// <summary>Of a person the record does not say who: it could not be erased with the rest.</summary>
    private static string? Shown(string? who) => who is null || RecordBody.IsOfCore(who) ? who : "a person";

    private static readonly ClaimFailure HoldsChanged =
        ClaimFailure.Conflict("A legal hold was set or released meanwhile: ask again.");

    private static ClaimFailure Held(HoldRow hold) =>
        new("held", $"The legal hold {hold.Id} is on some of it: nothing is erased.");

    private async Task<HoldsSeen> LookAsync(RecordSelection wanted, CancellationToken cancel)
    {
        var all = await holds.InForceAsync(cancel);
        return new HoldsSeen(all, await erasures.HeldAsync(wanted, all, cancel));
    }

    private sealed record HoldsSeen(IReadOnlyList<HoldRow> All, HoldRow? Covering);

    public async Task<ActPlan> ShowAsync(ActCall call) =>
        await erasures.FindAsync(call.Route("id"), call.Cancel) is { } row
            ? call.Read(Action, SelectionRequest.Target("audit"), http =>
                Answers.JsonAsync(http, StatusCodes.Status200OK, Document(row)))
            : call.NotFound("erasure", Action);

    private static JsonObject Document(ErasureRow row)
    {
        var json = new JsonObject
        {
            ["id"] = row.Id,
            ["status"] = row.DoneAt is not null ? "done" : row.NotBefore > 0 ? "waiting" : "running",
        };
        SelectionRequest.Write(json, row);
        json["by"] = row.ByWhom;
        json["at"] = Instant.Text(row.At);
        json["looked_at"] = row.DoneAt is null ? row.Next : row.Head;
        json["of"] = row.Head;
        json["erased"] = row.Erased;
        json["held"] = row.Held;
        if (row.DoneAt is { } done) json["done_at"] = Instant.Text(done);
        return json;
    }
}

/// <summary>What an erasure is made with.</summary>
public sealed record EraseParts(PrincipalNames Names, IdSource Ids);

/// <summary>The body of an erasure: what is to go, and why.</summary>
public sealed record EraseRequest : SelectionRequest
{
    public string? Reason { get; init; }
}
