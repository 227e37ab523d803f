using System.Net;
using Writ.Server.Audit;
using Writ.Server.Storage;
using Writ.Tlog;

namespace Writ.Server.Transparency;

/// <summary>
/// Has witnesses cosign the last checkpoint, all at once and each in its own time; appends and the sequencer wait for
/// none of them. One replica at a time asks, by a lease. A witness that was away is asked for the newest checkpoint
/// when it is back. One that holds a checkpoint with our own signature, which contradicts our tree, has the proof that
/// this store is not the one that published it: then nothing is signed any more.
/// </summary>
public sealed class Cosigning(
    Database database, PublishedLog published, LogAnchor anchor, IReadOnlyList<WitnessClient> witnesses,
    ILogger log) : IDisposable
{
    private readonly LogStore _store = published.Store;
    private long _behind; // witnesses that lack the last checkpoint
    private long _failures;
    private string _said = ""; // what was logged last; owner: the chore

    /// <summary>Witnesses that have not cosigned the last checkpoint.</summary>
    public long Behind => Interlocked.Read(ref _behind);

    /// <summary>Times that a witness was not reached, or refused.</summary>
    public long Failures => Interlocked.Read(ref _failures);

    /// <summary>Asks each what it holds of a tree that this process is about to sign. One that is not reached is passed
    /// over: it is asked again with each checkpoint.</summary>
    /// <exception cref="LogBrokenException">One holds what the tree does not have.</exception>
    public async Task ConfirmAsync(LogRow row, CancellationToken cancel)
    {
        var held = await Task.WhenAll(witnesses.Select(async witness =>
        {
            try
            {
                return await HoldAgainstAsync(witness, row.N, row.Verifier, cancel);
            }
            catch (Exception e) when (IsOutage(e, cancel))
            {
                return null;
            }
        }));
        if (held.OfType<string>().FirstOrDefault() is { } why)
            throw new LogBrokenException("older_than_published", why);
    }

    /// <summary>Asks those that lack the last checkpoint.</summary>
    public async Task RunAsync(CancellationToken cancel = default)
    {
        if (witnesses.Count == 0 || await _store.HeadAsync(null, cancel) is not { } head
            || !SignedNote.TryParse(head.Whole, out var note)) return;
        var lacking = witnesses.Where(witness => !witness.HasCosigned(note)).ToList();
        Interlocked.Exchange(ref _behind, lacking.Count);
        if (lacking.Count == 0) return;
        await using var lease = await database.TryLeaseAsync("log witnesses", cancel);
        if (lease is null) return;
        var faults = await Task.WhenAll(lacking.Select(witness => AskAsync(witness, lease, head, cancel)));
        Interlocked.Exchange(ref _behind, faults.Count(fault => fault is not null));
        Interlocked.Add(ref _failures, faults.Count(fault => fault is not null));
        Say(string.Join("; ", faults.OfType<string>()));
    }

    public void Dispose()
    {
        foreach (var witness in witnesses) witness.Dispose();
    }

    private async Task<string?> AskAsync(WitnessClient witness, Lease lease, LogHeadRow head, CancellationToken cancel)
    {
        try
        {
            // Once from what is believed that it knows, and once from what it says it knows.
            for (var attempt = 0; attempt < 2; attempt++)
            {
                if (witness.Known > head.Size) break;
                var proof = await published.Tree(head, head.Size).ConsistencyAsync(witness.Known, cancel);
                if (!SignedNote.TryParse(head.Note, out var note)) return "the last checkpoint is no note";
                var (status, cosignature, size) = await witness.AskAsync(
                    new WitnessRequest(witness.Known, proof, note), cancel);
                if (cosignature is not null)
                {
                    witness.Known = head.Size;
                    await database.WriteAsync(async tx => await lease.HoldAsync(tx)
                        && await LogStore.WitnessAsync(tx, head.N, head.Size, $"{cosignature}\n"), cancel);
                    return null;
                }
                if (status != HttpStatusCode.Conflict)
                {
                    await HoldAgainstAsync(witness, head.N, head.Verifier, cancel);
                    return $"{witness.Name} answers {(int)status}";
                }
                witness.Known = size;
            }
            var beyond = witness.Known > head.Size;
            if (beyond) await HoldAgainstAsync(witness, head.N, head.Verifier, cancel);
            var known = witness.Known;
            witness.Known = 0; // asked anew
            return $"{witness.Name} has cosigned {known} entries already{(beyond ? ", more than there are" : "")}";
        }
        catch (Exception e) when (IsOutage(e, cancel))
        {
            return $"{witness.Name} is not reached: {e.Message}";
        }
    }

    /// <summary>Whether it can show a checkpoint, signed by us, that our tree does not have. Then nobody signs that
    /// tree any more.</summary>
    /// <returns>What it shows; null: nothing of the kind.</returns>
    private async Task<string?> HoldAgainstAsync(
        WitnessClient witness, long n, string verifier, CancellationToken cancel)
    {
        using var own = VerifierKey.Parse(verifier);
        if (await witness.ShownAsync(own, cancel) is not { Size: > 0 } shown) return null;
        // Of what it shows we may have published more in the meantime.
        var now = await _store.HeadAsync(n, cancel);
        if (now is not null && shown.Size <= now.Size
            && await published.Tree(now, shown.Size).RootAsync(cancel) == shown.Root) return null;
        var why = $"Witness {witness.Name} holds a checkpoint of {shown.Size} entries that this log signed, and that "
            + $"its tree of {now?.Size ?? 0} does not have: this store is older than what was published, or another.";
        anchor.Write(shown); // this host knows it, whatever store it is given next
        await database.WriteAsync(tx => LogStore.StopAsync(tx, n, why), cancel);
        return why;
    }

    private static bool IsOutage(Exception e, CancellationToken cancel) => e is HttpRequestException or FormatException
        || (e is OperationCanceledException && !cancel.IsCancellationRequested);

    private void Say(string faults)
    {
        if (faults == _said) return;
        _said = faults;
        if (faults.Length > 0) log.LogWarning("Witnesses: {Faults}", faults);
        else log.LogInformation("All witnesses have cosigned again.");
    }
}
