using Writ.Server.Storage;

namespace Writ.Server.Audit;

/// <summary>What is found broken at the log is somebody's to mend: a record and a finding, however little can be signed
/// just now.</summary>
public sealed class LogFindings(AuditLog audit, IdSource ids, TimeProvider time)
{
    public const string Kind = "log_broken";

    public async Task RaiseAsync(LogBrokenException fault)
    {
        var now = time.GetUtcNow().ToMicros();
        var finding = new FindingRow
        {
            Id = ids.Next("find"),
            Kind = Kind,
            Subject = "log",
            Owner = "writ",
            Team = "",
            Message = fault.Message,
            Severity = "high",
            FirstSeen = now,
            LastSeen = now,
        };
        var e = new AuditEvent { Kind = "finding.raise", Actor = "writ", Reason = Kind }
            .With("code", fault.Code).With("why", fault.Message);
        await audit.AppendOwnActAsync(e, [new Claim.Effect(async tx =>
        {
            await FindingStore.RaiseAsync(tx, finding);
            return null;
        })]);
    }
}
