using System.Data.Common;
using Writ.Server.Storage;

namespace Writ.Server.Tests;

/// <summary>
/// A store of which the test says how its writes end. The two faults that every durable write must survive, and a gate
/// that holds writes back.
/// </summary>
public sealed class FaultyDatabase(Database inner) : Database
{
    private int _writes;
    private volatile bool _isBlind;
    private DbConnection? _apart; // owned by the watch

    /// <summary>For every write from now on.</summary>
    public Fault Fault { get; set; }

    /// <summary>Only for writes of which this says so; all, unless told.</summary>
    public Func<bool> Hits { get; set; } = () => true;

    /// <summary>What a write waits for before it begins.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    public bool IsDisposed { get; private set; }

    /// <summary>How many transactions were begun.</summary>
    public int Writes => Volatile.Read(ref _writes);

    public override ValueTask<DbConnection> OpenAsync(CancellationToken cancel = default) => inner.OpenAsync(cancel);

    /// <summary>From now on the watch sees nothing more; all else goes on.</summary>
    public void Blind()
    {
        _isBlind = true;
        _apart?.Dispose();
    }

    public override DbConnection OpenApart() =>
        _isBlind ? throw new IOException("The store is out of sight (says the test).") : _apart = inner.OpenApart();

    public override Task<T> WriteAsync<T>(
        Func<StoreTransaction, Task<T>> work, CancellationToken cancel = default) =>
        WriteAsync(() => inner.WriteAsync(work, cancel), cancel);

    internal override Task<AppendResult> AppendAsync(IReadOnlyList<AppendEntry> entries) =>
        WriteAsync(() => inner.AppendAsync(entries), CancellationToken.None);

    private async Task<T> WriteAsync<T>(Func<Task<T>> write, CancellationToken cancel)
    {
        Interlocked.Increment(ref _writes);
        await Gate.WaitAsync(cancel);
        var fault = Fault != Fault.None && Hits() ? Fault : Fault.None;
        if (fault == Fault.NotPersisted) throw new IOException("The store is away (says the test).");
        var result = await write();
        return fault == Fault.Persisted
            ? throw new IOException("The connection broke after the commit (says the test).")
            : result;
    }

    public override Task<Lease?> TryLeaseAsync(string name, CancellationToken cancel = default) =>
        inner.TryLeaseAsync(name, cancel);

    public override Task ScrubAsync(CancellationToken cancel = default) => inner.ScrubAsync(cancel);

    public override Task ChangedAsync(CancellationToken cancel) => inner.ChangedAsync(cancel);

    // The inner store is brought up to date before it is wrapped; this only has to say what exists already.
    protected override string Ddl(string sharedDdl) =>
        sharedDdl.Replace("{int}", "INTEGER", StringComparison.Ordinal);

    public override ValueTask DisposeAsync()
    {
        IsDisposed = true;
        return inner.DisposeAsync();
    }
}
