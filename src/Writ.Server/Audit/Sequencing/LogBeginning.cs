using System.Globalization;
using System.Security.Cryptography;
using Writ.Server.Keys;
using Writ.Server.Storage;
using Writ.Tlog;

namespace Writ.Server.Audit;

/// <summary>
/// The beginning of a tree, with a key and an origin of its own: at the first start of a store, and at each restore.
/// A store that came from a backup does not know what was published after it; only another origin is sure never to
/// contradict that, and a random part of it is what keeps two restores of one backup apart.
/// </summary>
public sealed class LogBeginning(Database database, string domain, KeyEncryption encryption, LogAnchor anchor)
{
    private const int SeedBytes = 32;
    private const int RandomBytes = 4;

    /// <summary>Begins the first tree, where there is none. It has all records, those of before it too; a store that
    /// has some may have had a log elsewhere, so its origin is not the plain one. A host that knows a log begins none:
    /// then this store is older.</summary>
    public async Task EnsureAsync(CancellationToken cancel = default)
    {
        if (await new LogStore(database).CurrentAsync(cancel) is not null || anchor.Read() is not null) return;
        await database.WriteAsync(async tx =>
        {
            await tx.LockLogAsync(new ClaimSubjects([], [], false)); // of two replicas the second finds it
            var isFresh = await tx.ScalarAsync<long>("SELECT next FROM log_head WHERE id = 1") == 0;
            if (await LogStore.CurrentAsync(tx) is null)
                await BeginAsync(tx, 1, isFresh ? $"{domain}/log" : Origin(1), 0, null, "first");
            return 0;
        }, cancel);
    }

    /// <summary>Begins a tree linked to the last one, where its last checkpoint ends; in the transaction of a restore,
    /// behind the log's lock.</summary>
    public async Task LinkAsync(StoreTransaction tx)
    {
        var former = await LogStore.CurrentAsync(tx);
        var number = (former?.N ?? 0) + 1;
        var published = former is null ? null : await tx.FirstAsync<LogCheckpointRow>(
            "SELECT n, size, at, note FROM log_checkpoint WHERE n = @N ORDER BY size DESC LIMIT 1", former);
        var from = (former?.Base ?? 0) + (published?.Size ?? 0);
        await BeginAsync(tx, number, Origin(number), from, Text(published), "restored");
    }

    /// <summary>Once a restore is durable: from now on this host knows the log that it began, and no other. A crash
    /// before it: the host finds the store unlike what it knew, and the restore is done again.</summary>
    public async Task SettleAsync(CancellationToken cancel = default)
    {
        if (await new LogStore(database).CurrentAsync(cancel) is { } row)
            anchor.Write(new Checkpoint(row.Origin, 0, TreeHash.Empty));
    }

    /// <summary>What the key of a log is wrapped for.</summary>
    internal static string WrapPurpose(string origin) => $"log-key/{origin}";

    private async Task BeginAsync(
        StoreTransaction tx, long n, string origin, long from, Checkpoint? former, string reason)
    {
        var seed = RandomNumberGenerator.GetBytes(SeedBytes);
        using var signer = NoteSigner.OfSeed(origin, seed);
        var row = new LogRow
        {
            N = n,
            Origin = origin,
            Base = from,
            Verifier = signer.Key.ToString(),
            Wrapped = encryption.Wrap(seed, WrapPurpose(origin)),
            BeganAt = tx.Now,
            Root = TreeHash.Empty.ToArray(),
        };
        CryptographicOperations.ZeroMemory(seed);
        var link = AuditEvent.NoDetail.Add("base", Number(from)).Add("key", row.Verifier).Add("origin", origin);
        if (former is not null)
            link = link.Add("former", former.Origin).Add("former_root", former.Root.ToString())
                .Add("former_size", Number(former.Size));
        var e = new AuditEvent
        {
            Kind = "log.begin",
            Actor = "writ",
            Reason = reason,
            Log = link,
        };
        await FurtherRecords.WriteAsync(tx, [(e, true)]);
        await LogStore.BeginAsync(tx, row);
    }

    private string Origin(long number)
    {
        var suffix = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(RandomBytes));
        return string.Create(CultureInfo.InvariantCulture, $"{domain}/log/{number}-{suffix}");
    }

    private static Checkpoint? Text(LogCheckpointRow? row) =>
        row is not null && SignedNote.TryParse(row.Note, out var note)
        && Checkpoint.TryParse(note.Text, out var checkpoint) ? checkpoint : null;

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
