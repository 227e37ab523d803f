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
        var at = Instant.FromMicros(tx.Now);
        ReadOnlyMemory<byte>[] bodies =
        [
            .. events().Select(e => (ReadOnlyMemory<byte>)RecordBody.Write(
                e with { DecisionId = decisionId }, "allow", e.Reason, null, at)),
        ];
        if (bodies.Length > 0) await tx.InsertRecordsAsync(bodies);
        return null;
    });
}
