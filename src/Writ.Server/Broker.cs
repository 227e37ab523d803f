using System.Diagnostics;
using System.Text.Json;
using Writ.Server.Edge;
using Writ.Server.Storage;

namespace Writ.Server;

/// <summary>One replica: the rooms wired over a store, served on a socket, with their work in the background.</summary>
public sealed class Broker : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly CancellationTokenSource _stop;
    private readonly Task _background;

    private Broker(WebApplication app, Wiring wiring)
    {
        _app = app;
        Wiring = wiring;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(app.Lifetime.ApplicationStopping);
        _background = Task.WhenAll(
            wiring.Watch.RunAsync(_stop.Token), wiring.Feed.RunAsync(_stop.Token), wiring.Upkeep.RunAsync(_stop.Token));
    }

    public Wiring Wiring { get; }

    /// <summary>Serves until SIGTERM or SIGINT. Prints one line of JSON on standard output when it is ready.</summary>
    public static async Task RunAsync(ServerOptions options, TimeProvider time)
    {
        using var listeners = Listeners.Bind(options, time);
        var issuer = options.Issuer ?? listeners.PlainOrigin;
        var settings = options.Check(issuer, options.TlsIssuer ?? listeners.TlsOrigin);
        Directory.CreateDirectory(settings.DataDirectory);
        await using var broker = await StartAsync(settings, OpenStore(options, time), listeners, time);
        var ready = new
        {
            ready = true,
            issuer,
            listen = listeners.PlainOrigin,
            tls = settings.MtlsIssuer,
            management = listeners.ManagementOrigin,
        };
        await Console.Out.WriteLineAsync(JsonSerializer.Serialize(ready, Answers.Json));
        await broker._app.WaitForShutdownAsync();
    }

    /// <summary>Wires and serves; owns the store from now on, but not the sockets.</summary>
    public static async Task<Broker> StartAsync(
        Settings settings, Database database, Listeners listeners, TimeProvider time)
    {
        var app = HttpHost.Build(listeners, settings, time);
        var logs = app.Services.GetRequiredService<ILoggerFactory>();
        var wiring = await Wiring.OpenAsync(settings, database, time, logs);
        Routes.Map(app, wiring);
        var belowHttp = new BadRequests((http, kind, code) => wiring.Failures.RecordAsync(http, kind, code, null));
        app.Services.GetRequiredService<DiagnosticListener>().Subscribe(belowHttp, BadRequests.EventName.Equals);
        var broker = new Broker(app, wiring);
        await app.StartAsync();
        return broker;
    }

    /// <summary>Stops serving, then the background, then closes the store.</summary>
    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _stop.CancelAsync();
        await _background;
        await Wiring.DisposeAsync();
        await _app.DisposeAsync();
        _stop.Dispose();
    }

    private static Database OpenStore(ServerOptions options, TimeProvider time) => options.Store switch
    {
        "sqlite" => new SqliteDatabase(Path.Combine(Path.GetFullPath(options.DataDir), "writ.db"), time),
        "postgres" => new PostgresDatabase(options.PostgresConnection(), time),
        _ => throw new FormatException("store is “sqlite” or “postgres”."),
    };
}
