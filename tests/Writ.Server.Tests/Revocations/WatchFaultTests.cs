using System.Data.Common;
using Writ.Server.Storage;
using Writ.Testing;

namespace Writ.Server.Tests.Revocations;

/// <summary>The look at the store goes on, whatever it meets.</summary>
public sealed class WatchFaultTests
{
    [Fact]
    public async Task Watch_survives_any_exception()
    {
        await using var store = await TestStore.CreateAsync(Engine.Postgres);
        await (await store.OpenMigratedAsync(TimeProvider.System)).DisposeAsync();
        Throwing? between = null;
        await using var broker = await TestBroker.StartAsync(
            store, TimeProvider.System, wrap: inner => between = new Throwing(inner));
        await Wait.UntilAsync(() => broker.Wiring.Revocations.IsFresh, "it sees the store");

        foreach (var fault in (Exception[])
            [
                new IOException("test"), new InvalidOperationException("test"), new OperationCanceledException("test"),
                new ObjectDisposedException("test"), new InvalidCastException("test"),
            ])
        {
            between!.Break(fault);
            await Wait.UntilAsync(() => !broker.Wiring.Revocations.IsFresh, $"{fault.GetType().Name} makes it blind");
            between.Break(null);
            await Wait.UntilAsync(
                () => broker.Wiring.Revocations.IsFresh, $"it sees again after {fault.GetType().Name}");
        }
    }

    /// <summary>A store whose readers get that exception.</summary>
    private sealed class Throwing(Database inner) : Database
    {
        private volatile Exception? _fault;
        private DbConnection? _apart; // owned by the watch

        /// <summary>From now on, whoever looks gets it; null: nobody any more.</summary>
        public void Break(Exception? fault)
        {
            _fault = fault;
            if (fault is not null) _apart?.Dispose();
        }

        public override DbConnection OpenApart() => _fault is { } fault ? throw fault : _apart = inner.OpenApart();

        public override ValueTask<DbConnection> OpenAsync(CancellationToken cancel = default) =>
            _fault is { } fault ? throw fault : inner.OpenAsync(cancel);

        public override Task<T> WriteAsync<T>(
            Func<StoreTransaction, Task<T>> work, CancellationToken cancel = default) => inner.WriteAsync(work, cancel);

        public override Task<Lease?> TryLeaseAsync(string name, CancellationToken cancel = default) =>
            inner.TryLeaseAsync(name, cancel);

        public override Task ChangedAsync(CancellationToken cancel) =>
            _fault is { } fault ? throw fault : inner.ChangedAsync(cancel);

        // The inner store is brought up to date before it is wrapped; this only has to say what exists already.
        protected override string Ddl(string sharedDdl) =>
            sharedDdl.Replace("{int}", "INTEGER", StringComparison.Ordinal);

        public override ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
