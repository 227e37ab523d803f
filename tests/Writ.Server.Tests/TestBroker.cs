using System.Net;
using System.Text.Json;
using Writ.Protocol;
using Writ.Server.Edge;
using Writ.Server.Keys;
using Writ.Server.Storage;
using Writ.Testing;

namespace Writ.Server.Tests;

/// <summary>
/// A broker inside the test's process: the real host on a real socket, on either engine, with a clock that the test
/// moves (or the system's). Nothing in it is special to tests but the clock and what <see cref="Seed"/> put there.
/// </summary>
public sealed class TestBroker : IAsyncDisposable
{
    private readonly Listeners _listeners;
    private readonly Broker _broker;
    private readonly TimeProvider _time;
    private readonly bool _ownsStore;

    private TestBroker(TestStore store, Listeners listeners, Broker broker, TimeProvider time, bool ownsStore)
    {
        Store = store;
        _listeners = listeners;
        _broker = broker;
        _time = time;
        _ownsStore = ownsStore;
        Http = new HttpClient(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false })
        {
            BaseAddress = new Uri(listeners.PlainOrigin),
        };
        Seed = new Seed(this);
    }

    public TestStore Store { get; }

    /// <summary>Where this replica listens: not the issuer, where several share one store.</summary>
    public HttpClient Http { get; }

    public Seed Seed { get; }

    public Wiring Wiring => _broker.Wiring;

    public string Issuer => Wiring.Settings.Issuer;

    /// <summary>Where certificates may be shown; to be trusted by <c>ca.pem</c> in the store's folder.</summary>
    public string TlsOrigin => _listeners.TlsOrigin!;

    public string ManagementOrigin => _listeners.ManagementOrigin!;

    /// <summary>The clock to move; only of a broker that was not given another.</summary>
    public FakeTimeProvider Clock => (FakeTimeProvider)_time;

    public DateTimeOffset Now => _time.GetUtcNow();

    public BrokerTarget Target => field ??= new BrokerTarget(Http, Issuer, _time, Wiring.Nonces.Next);

    /// <summary>A broker on a store of its own.</summary>
    public static async Task<TestBroker> StartAsync(
        Engine engine, TimeProvider? time = null, Func<Settings, Settings>? configure = null) =>
        await StartAsync(await TestStore.CreateAsync(engine), time, configure, ownsStore: true);

    /// <summary>A broker on that store: after another one (a restart) or beside it (a replica).</summary>
    /// <param name="store">The caller disposes it, after the broker.</param>
    /// <param name="time">The clock; a fake one at the present unless given.</param>
    /// <param name="configure">Changes the default settings.</param>
    /// <param name="wrap">Puts something between the broker and its store.</param>
    public static Task<TestBroker> StartAsync(
        TestStore store, TimeProvider? time = null, Func<Settings, Settings>? configure = null,
        Func<Database, Database>? wrap = null) =>
        StartAsync(store, time, configure, ownsStore: false, wrap);

    private static async Task<TestBroker> StartAsync(
        TestStore store, TimeProvider? time, Func<Settings, Settings>? configure, bool ownsStore,
        Func<Database, Database>? wrap = null)
    {
        time ??= FakeTimeProvider.AtPresent();
        var listeners = new Listeners(
            Listen(), Listen(), new DevAuthority(store.Folder, time), Listen());
        store.Issuer ??= listeners.PlainOrigin;
        var settings = new Settings
        {
            TrustDomain = TrustDomain.Parse("example.org"),
            Issuer = store.Issuer,
            MtlsIssuer = listeners.TlsOrigin,
            DataDirectory = store.Folder,
            // A second of a clock that stands lasts for the whole test.
            MaxRefusals = time is FakeTimeProvider ? 1_000_000 : 100,
            QuestionTime = time is FakeTimeProvider ? TimeSpan.FromHours(1) : TimeSpan.FromMilliseconds(500),
        };
        var database = store.Open(time);
        var broker = await Broker.StartAsync(
            configure?.Invoke(settings) ?? settings, wrap?.Invoke(database) ?? database, listeners, time);
        return new TestBroker(store, listeners, broker, time, ownsStore);
    }

    /// <summary>Moves the clock, and waits until the replica has looked at its store again (before that it refuses, as
    /// one does that lost sight of it for so long) and, after a long jump, has a key that signs.</summary>
    public async Task AdvanceAsync(TimeSpan by)
    {
        Clock.Advance(by);
        await Wait.UntilAsync(
            () => Wiring.Revocations.IsFresh && Wiring.Keys.Current(KeyPurpose.Token) is not null,
            "the replica is fresh again and can sign");
    }

    /// <summary>The index that the next record will get.</summary>
    public Task<long> HeadAsync() => new RecordStore(Wiring.Database).HeadAsync();

    /// <summary>The records from an index on, parsed.</summary>
    public async Task<IReadOnlyList<JsonElement>> RecordsAsync(long from = 0)
    {
        Wiring.Failures.Flush();
        var rows = await new RecordStore(Wiring.Database).FromAsync(from, 100_000);
        return [.. rows.Select(r => JsonElement.Parse(r.Body))];
    }

    private static System.Net.Sockets.Socket Listen() => Listeners.Listen(new IPEndPoint(IPAddress.Loopback, 0));

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _broker.DisposeAsync();
        _listeners.Dispose();
        if (_ownsStore) await Store.DisposeAsync();
    }
}
