using System.Globalization;
using Writ.Server.Audit;
using Writ.Server.Decisions;
using Writ.Server.Policies;
using Writ.Server.Storage;

namespace Writ.Server.Revocations;

/// <summary>
/// Decides again what is out whenever the policy or a fact of the registry changed, and ends what would not be given
/// any more, with a record that names its cause. One replica at a time; which version of the registry was worked
/// through is kept in the store, so that whoever comes next goes on from there.
/// </summary>
/// <remarks>
/// A credential whose record is written after a change was decided on the new facts (its transaction holds the
/// registry's version). So what was in the log when the new version was seen is all that there is to look at. First of
/// each holder the newest alone: where it falls for its holder's sake, one row ends all of them, however many they
/// made. Then the others, the newest first.
/// </remarks>
public sealed class Redecision(
    Database database, RedecisionParts parts, AuditLog audit, RevocationLog revocations, TimeProvider time)
{
    /// <summary>The setting that holds the version of the registry up to which all was decided again.</summary>
    internal const string Done = "redecided_registry";

    private const int Step = 500;
    private const int MostInRecord = 200;
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(1);
    private readonly SettingStore _settings = new(database);
    private long _behindSince; // a timestamp; 0: all was decided again
    private long _done = -1; // as this replica knows it; owner: the one chore that runs this

    /// <summary>Looks once; answers how many credentials that ended, of a holder who lost all of them one.</summary>
    public async Task<int> RunAsync(CancellationToken cancel = default)
    {
        var current = await parts.Registry.CurrentAsync(cancel);
        if (current.Version == _done) return 0;
        if (await _settings.HighestAsync(Done, cancel) >= current.Version) { Finish(current.Version); return 0; }
        Interlocked.CompareExchange(ref _behindSince, time.GetTimestamp(), 0);
        // With facts that nobody has looked at for a while the policy may refuse everybody: that ends nothing for good.
        if (IsBlind) return 0;
        await using var lease = await database.TryLeaseAsync("redecision", cancel);
        if (lease is null) return 0;
        // What the index has is looked at all the same: nobody holds this up by filling the log. The rest is the next
        // turn's.
        var isBehind = await parts.Indexer.CatchUpAsync(cancel) > 0;
        var ended = await WorkThroughAsync(lease, cancel);
        if (isBehind) return ended;
        var isDone = await database.WriteAsync(async tx =>
        {
            if (!await lease.HoldAsync(tx)) return false;
            await SettingStore.RaiseAsync(tx, Done, current.Version);
            return true;
        }, cancel);
        if (isDone) Finish(current.Version);
        return ended;
    }

    /// <summary>What would end if that policy were in force, with the reason for each; and how many of the newest
    /// records it was not known of.</summary>
    public async Task<(IReadOnlyList<(IssuedCredential Credential, Reason Reason)> Fallen, long Behind)> PreviewAsync(
        PolicyVersion policy, CancellationToken cancel = default)
    {
        var behind = await parts.Indexer.CatchUpAsync(cancel);
        var look = new Look(parts, time.GetUtcNow(), policy);
        var fallen = new List<(IssuedCredential, Reason)>();
        foreach (var places in (await parts.Records.LiveAsync(look.Now.ToMicros(), cancel)).Chunk(Step))
            foreach (var one in await look.FallenAsync(places, cancel)) fallen.Add((one.Credential, one.Fall.Reason));
        return (fallen, behind);
    }

    /// <summary>For how long something has changed that not all of what is out was held against.</summary>
    public double BehindSeconds => Interlocked.Read(ref _behindSince) is var since and not 0
        ? time.GetElapsedTime(since).TotalSeconds
        : 0;

    private void Finish(long version)
    {
        _done = version;
        Interlocked.Exchange(ref _behindSince, 0);
    }

    private bool IsBlind => time.GetUtcNow() - parts.Registry.SeenAt > Moment;

    private async Task<int> WorkThroughAsync(Lease lease, CancellationToken cancel)
    {
        var look = new Look(parts, time.GetUtcNow(), null);
        var live = await parts.Records.LiveAsync(look.Now.ToMicros(), cancel);
        var sweep = new HolderSweep(live);
        var ended = await SweepAsync();
        foreach (var places in live.Chunk(Step))
        {
            if (time.GetUtcNow() - look.Now > Moment && !IsBlind)
            {
                // What changed while this went on may be about a holder, who need not wait for the turn of the last.
                look = new Look(parts, time.GetUtcNow(), null);
                ended += await SweepAsync();
            }
            var open = Array.FindAll(places, sweep.IsOpen);
            ended += await EndAsync(lease, look, await look.FallenAsync(open, cancel));
        }
        return ended;

        async Task<int> SweepAsync()
        {
            var gone = 0;
            foreach (var places in (await sweep.ChangedAsync(parts.Registry, cancel)).Chunk(Step))
            {
                var fallen = await look.FallenAsync(places, cancel);
                var all = fallen.Where(f => f.Fall.IsOfHolder).ToArray();
                await Task.WhenAll(all.Select(f => EndHolderAsync(lease, look, f)));
                foreach (var one in all) sweep.Close(one.Credential.Client!);
                gone += all.Length;
            }
            return gone;
        }
    }

    private Task EndHolderAsync(Lease lease, Look look, Fallen one)
    {
        var holder = one.Credential.Client!;
        return audit.AppendOwnActAsync(
            EventOf(look, holder, one.Fall.Reason).With("all", "true"),
            [lease.Held, revocations.RevokePrincipal(holder, "redecided")]);
    }

    /// <summary>One record for all that somebody loses for the same reason.</summary>
    private async Task<int> EndAsync(Lease lease, Look look, IReadOnlyList<Fallen> fallen)
    {
        var groups = fallen.GroupBy(f => (f.Credential.Client, f.Fall.Reason.Code))
            .SelectMany(g => g.Chunk(MostInRecord));
        await Task.WhenAll(groups.Select(some =>
        {
            var tasks = some.Select(f => f.Credential.Task).Distinct(StringComparer.Ordinal).Take(2).ToArray();
            var e = EventOf(look, some[0].Credential.Client!, some[0].Fall.Reason) with
            {
                Task = tasks is [var only] ? only : null,
            };
            return audit.AppendOwnActAsync(
                e.With("handle", string.Join(' ', some.Select(f => f.Credential.Jti))),
                [
                    lease.Held,
                    .. some.Select(f => revocations.RevokeToken(
                        f.Credential.Jti, Instant.FromMicros(f.Credential.ExpiresAt ?? Instant.MaxMicros),
                        "redecided")),
                ]);
        }));
        return fallen.Count;
    }

    private static AuditEvent EventOf(Look look, string holder, Reason reason) => new AuditEvent
    {
        Kind = "token.redecide",
        Actor = "writ",
        Subject = holder,
        Reason = reason.Code,
    }
    .With("why", reason.Message)
    .With(PolicyDetail.Version, look.Facts.Policy.Digest)
    .With("registry", look.Facts.Registry.Version.ToString(CultureInfo.InvariantCulture));
}
