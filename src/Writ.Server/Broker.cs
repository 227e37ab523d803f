using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
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
        DataFolder.Prepare(settings.DataDirectory);
        using var turn = TakeStore(options);
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
        if (File.Exists(settings.BootstrapSocket))
            await Console.Error.WriteLineAsync(
                $"Nobody governs this broker yet: writ server init --socket {settings.BootstrapSocket}");
        await broker._app.WaitForShutdownAsync();
    }

    /// <summary>Makes a store that came from a backup fit to be served again: <c>writ-server restore</c>. No broker
    /// serves an embedded store meanwhile; that no replica serves another is for whoever restores to see to.</summary>
    public static async Task RestoreAsync(ServerOptions options, TimeProvider time)
    {
        if (options.Issuer is null && ServerOptions.EndPoint(options.Listen).Port == 0)
            throw new FormatException("issuer is needed, or the listen that it comes from: what it issued is revoked.");
        await OnStoreAsync(options, time, async wiring =>
        {
            var wait = await wiring.Restoration.RunAsync() - time.GetUtcNow();
            if (wait > TimeSpan.Zero) await Task.Delay(wait, time);
            await SayAsync(new { restored = true, wiring.Settings.Issuer });
        });
    }

    /// <summary>Puts the shipped policy in force: <c>writ-server reset-policy</c>. Replicas may serve a PostgreSQL
    /// meanwhile; they follow as they follow a push.</summary>
    public static Task ResetPolicyAsync(ServerOptions options, TimeProvider time) => OnStoreAsync(
        options, time, async wiring =>
        {
            var before = await wiring.PolicyReset.RunAsync();
            await SayAsync(new { reset = before is not null, before });
        });

    /// <summary>Works on the store once, and listens nowhere.</summary>
    private static async Task OnStoreAsync(ServerOptions options, TimeProvider time, Func<Wiring, Task> work)
    {
        var tls = options.TlsListen is { } address ? $"https://{ServerOptions.EndPoint(address)}" : null;
        var settings = options.Check(
            options.Issuer ?? $"http://{ServerOptions.EndPoint(options.Listen)}", options.TlsIssuer ?? tls);
        DataFolder.Prepare(settings.DataDirectory);
        using var turn = TakeStore(options);
        await using var wiring = await Wiring.OpenAsync(
            settings, OpenStore(options, time), time, NullLoggerFactory.Instance);
        // Whoever writes gives up on a store that nobody has looked at for long.
        using var stop = new CancellationTokenSource();
        var watch = wiring.Watch.RunAsync(stop.Token);
        try
        {
            await work(wiring);
        }
        finally
        {
            await stop.CancelAsync();
            await watch;
        }
    }

    private static Task SayAsync(object said) =>
        Console.Out.WriteLineAsync(JsonSerializer.Serialize(said, Answers.Json));

    /// <summary>Wires and serves; owns the store from now on, but not the sockets.</summary>
    public static async Task<Broker> StartAsync(
        Settings settings, Database database, Listeners listeners, TimeProvider time)
    {
        var app = HttpHost.Build(listeners, settings, time);
        Broker broker;
        try
        {
            var logs = app.Services.GetRequiredService<ILoggerFactory>();
            broker = new Broker(app, await Wiring.OpenAsync(settings, database, time, logs));
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
        try
        {
            await broker.ServeAsync();
            return broker;
        }
        catch
        {
            await broker.DisposeAsync();
            throw;
        }
    }

    private async Task ServeAsync()
    {
        Routes.Map(_app, Wiring);
        var belowHttp = new BadRequests((http, kind, code) => Wiring.Failures.RecordAsync(http, kind, code, null));
        _app.Services.GetRequiredService<DiagnosticListener>().Subscribe(belowHttp, BadRequests.EventName.Equals);
        await _app.StartAsync();
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

    /// <summary>An embedded store is one broker's: two would each miss the other's revocations.</summary>
    private static FileStream? TakeStore(ServerOptions options) =>
        options.Store == "sqlite" ? DataFolder.Take(options.DataDir) : null;

    private static Database OpenStore(ServerOptions options, TimeProvider time) => options.Store switch
    {
        "sqlite" => new SqliteDatabase(DataFolder.Closed(options.DataDir, "writ.db"), time),
        "postgres" => new PostgresDatabase(options.PostgresConnection(), time),
        _ => throw new FormatException("store is “sqlite” or “postgres”."),
    };
}
