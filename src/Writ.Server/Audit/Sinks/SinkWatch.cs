using Writ.Server.Edge;
using Writ.Server.Storage;

namespace Writ.Server.Audit;

/// <summary>
/// Upkeep: finds sinks that lack records for longer than they may, and closes that finding when they have caught up.
/// One replica at a time. The record of a finding is carried like any other, once: no finding comes of it.
/// </summary>
internal sealed class SinkWatch(
    Database database, AuditLog audit, IReadOnlyList<(SinkTarget Target, Carrier Carrier)> sinks, TimeProvider time)
{
    private readonly FindingStore _findings = new(database);
    private readonly IdSource _ids = new(time);

    public async Task<int> RunAsync(CancellationToken cancel)
    {
        await using var lease = await database.TryLeaseAsync("sink-watch", cancel);
        if (lease is null) return 0;
        var raised = 0;
        foreach (var (target, carrier) in sinks)
        {
            var isBehind = carrier.AgeSeconds > target.MaxLag.TotalSeconds;
            if (isBehind == await _findings.IsOpenAsync(FindingKind.SinkBehind, carrier.Name, cancel)) continue;
            if (isBehind)
            {
                await RaiseAsync(lease, target, carrier, cancel);
                raised++;
            }
            else if (carrier.Missing == 0)
            {
                await database.WriteAsync(
                    tx => FindingStore.MendAsync(tx, FindingKind.SinkBehind, carrier.Name), cancel);
            }
        }
        return raised;
    }

    private async Task RaiseAsync(Lease lease, SinkTarget target, Carrier carrier, CancellationToken cancel)
    {
        var now = time.GetUtcNow().ToMicros();
        var place = target.Way is SinkWay.File ? "its file" : target.To.Host; // in paths there may be secrets
        var finding = new FindingRow
        {
            Id = _ids.Next("find"),
            Kind = FindingKind.SinkBehind,
            Subject = carrier.Name,
            Owner = "writ",
            Team = "",
            Message = $"The sink {target.Name} has not taken {carrier.Missing} records, the oldest of "
                + $"{carrier.AgeSeconds} seconds ago: see to {place}.",
            Severity = "high",
            FirstSeen = now,
            LastSeen = now,
        };
        var effect = new Claim.Effect(async tx =>
        {
            await FindingStore.RaiseAsync(tx, finding);
            return null;
        });
        var e = new AuditEvent
        {
            Kind = "finding.raise",
            Actor = "writ",
            Subject = carrier.Name,
            Reason = FindingKind.SinkBehind,
        };
        await audit.AppendOwnActAsync(e.With("finding", finding.Id), [lease.Held, effect], cancel);
    }
}
