using System.Globalization;
using System.Runtime.CompilerServices;
using Writ.Server.Audit;
using Writ.Server.Decisions;
using Writ.Server.Policies;
using Writ.Server.Storage;

namespace Writ.Server.Revocations;

/// <summary>
/// Decides again what is out whenever the policy or a fact of the registry changed, and ends what would not be given
/// any more, each with a record that names its cause. One replica at a time; which version of the registry was worked
/// through is kept in the store, so that whoever comes next goes on from there.
/// </summary>
/// <remarks>
/// A credential whose record is written after a change was decided on the new facts (its transaction holds the
/// registry's version). So what was in the log when the new version was seen is all that there is to look at.
/// </remarks>
public sealed class Redecision(
    Database database, RedecisionParts parts, AuditLog audit, RevocationLog revocations, TimeProvider time)
{
    /// <summary>The setting that holds the version of the registry up to which all was decided again.</summary>
    internal const string Done = "redecided_registry";

    private const int Step = 500;
    private long _done = -1; // as this replica knows it; owner: the one chore that runs this

    /// <summary>Looks once; answers how many credentials that ended.</summary>
    public async Task<int> RunAsync(CancellationToken cancel = default)
    {
        var current = await parts.Registry.CurrentAsync(cancel);
        if (current.Version == _done) return 0;
        if (await DoneAsync(cancel) >= current.Version) { _done = current.Version; return 0; }
        await using var lease = await database.TryLeaseAsync("redecision", cancel);
        if (lease is null) return 0;
        if (await parts.Indexer.CatchUpAsync(cancel) > 0) return 0; // the next turn finds them
        var ended = 0;
        await foreach (var (credential, reason, facts) in FallenAsync(null, cancel))
        {
            await EndAsync(lease, credential, reason, facts);
            ended++;
        }
        await database.WriteAsync(async tx =>
            await lease.HoldAsync(tx) ? await SettingStore.RaiseAsync(tx, Done, current.Version) : 0, cancel);
        _done = current.Version;
        return ended;
    }

    /// <summary>What would end if that policy were in force, with the reason for each.</summary>
    public async Task<IReadOnlyList<(IssuedCredential Credential, Reason Reason)>> PreviewAsync(
        PolicyVersion policy, CancellationToken cancel = default)
    {
        await parts.Indexer.CatchUpAsync(cancel);
        var fallen = new List<(IssuedCredential, Reason)>();
        await foreach (var (credential, reason, _) in FallenAsync(policy, cancel)) fallen.Add((credential, reason));
        return fallen;
    }

    private async Task<long> DoneAsync(CancellationToken cancel) => await database.FirstAsync<long>(
        "SELECT CAST(value AS bigint) FROM setting WHERE name = @Done", new { Done }, cancel);

    private async IAsyncEnumerable<(IssuedCredential Credential, Reason Reason, Facts Facts)> FallenAsync(
        PolicyVersion? policy, [EnumeratorCancellation] CancellationToken cancel)
    {
        var live = await parts.Records.LiveAsync(time.GetUtcNow().ToMicros(), cancel);
        foreach (var places in live.Chunk(Step))
            foreach (var row in await parts.Records.AtAsync(places, cancel))
            {
                var credential = IssuedCredential.Of(row);
                if (parts.Revoked.IsRevoked([.. credential.Handles()], Instant.FromMicros(credential.IssuedAt), out _))
                    continue;
                var holder = await parts.Registry.FindAsync(credential.Client!, cancel);
                var facts = await parts.Facts.ForReviewAsync(credential.Client!, cancel);
                if (policy is not null) facts = facts with { Policy = policy };
                if (await ReviewAsync(credential, holder, facts, cancel) is { } reason)
                    yield return (credential, reason, facts);
            }
    }

    /// <summary>A record that cannot be read as a question ends its credential, and keeps nobody else's from being
    /// looked at (P9).</summary>
    private async ValueTask<Reason?> ReviewAsync(
        IssuedCredential credential, Principal? holder, Facts facts, CancellationToken cancel)
    {
        try
        {
            var standing = StandingOf(credential, holder);
            if (standing.Question?.Approved is (var approver, _))
                facts = facts with { Approver = await parts.Registry.FindAsync(approver, cancel) };
            return await parts.Decisions.ReviewAsync(standing, facts, cancel);
        }
        catch (Exception e) when (e is InvalidCastException or KeyNotFoundException or FormatException)
        {
            return Reason.Policy("policy_error");
        }
    }

    private static Standing StandingOf(IssuedCredential credential, Principal? holder) => new(
        holder,
        Stored.Authority(credential.Authority ?? "[]"),
        credential.Workflow,
        credential.PolicyInput is { } asked ? RecordedQuestion.Of(asked) : null,
        Instant.FromMicros(credential.IssuedAt),
        Instant.FromMicros(credential.ExpiresAt ?? Instant.MaxMicros));

    private Task<Appended> EndAsync(Lease lease, IssuedCredential credential, Reason reason, Facts facts) =>
        audit.AppendOwnActAsync(
            new AuditEvent
            {
                Kind = "token.redecide",
                Actor = "writ",
                Subject = credential.Client,
                Task = credential.Task,
                Reason = reason.Code,
            }
            .With("handle", credential.Jti)
            .With("why", reason.Message)
            .With(PolicyDetail.Version, facts.Policy.Digest)
            .With("registry", facts.Registry.Version.ToString(CultureInfo.InvariantCulture)),
            [
                lease.Held,
                revocations.RevokeToken(
                    credential.Jti, Instant.FromMicros(credential.ExpiresAt ?? Instant.MaxMicros), "redecided"),
            ]);
}
