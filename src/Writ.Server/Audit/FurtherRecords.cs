using Writ.Server.Storage;

namespace Writ.Server.Audit;

/// <summary>
/// Records beside the one of a decision, in its transaction: of each thing that the decision changed, where its own
/// record cannot name them all. They stand before it in the log, and bear its id.
/// </summary>
public static class FurtherRecords
{
    /// <summary>The claim that writes them, made after the effects that they tell of.</summary>
    /// <param name="events">What happened; asked when those effects are done.</param>
    /// <param name="decisionId">The decision behind all of them.</param>
    public static Claim Of(Func<IEnumerable<AuditEvent>> events, string decisionId) => new Claim.Effect(async tx =>
    {
        await WriteAsync(tx, events().Select(e => (e with { DecisionId = decisionId }, true)));
        return null;
    });

    /// <summary>Writes them with their own ids, each a yes or a no: what somebody else decided, who answers for it.
    /// </summary>
    public static async Task WriteAsync(StoreTransaction tx, IEnumerable<(AuditEvent Event, bool IsYes)> events)
    {
        var at = Instant.FromMicros(tx.Now);
        RecordBytes[] records =
        [
            .. events.Select(one => RecordBody.Write(
                one.Event, one.IsYes ? "allow" : "deny", one.Event.Reason, null, at)),
        ];
        if (records.Length > 0) await tx.InsertRecordsAsync(records);
    }
}
