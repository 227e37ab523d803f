using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.AspNetCore.Server.Kestrel.Core;
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
        // Bound before anything else, so that an issuer of port 0 is known when the rooms are wired.
        using var socket = Bind(ServerOptions.EndPoint(options.Listen));
        var issuer = options.Issuer ?? $"http://{socket.LocalEndPoint}";
        var settings = options.Check(issuer, options.TlsIssuer);
        Directory.CreateDirectory(settings.DataDirectory);
        await using var broker = await StartAsync(settings, OpenStore(options, time), socket, time);
        await Console.Out.WriteLineAsync(JsonSerializer.Serialize(new { ready = true, issuer }));
        await broker._app.WaitForShutdownAsync();
    }

    /// <summary>Wires and serves; owns the store from now on, but not the socket.</summary>
    public static async Task<Broker> StartAsync(Settings settings, Database database, Socket socket, TimeProvider time)
    {
        var app = Host(socket);
        var logs = app.Services.GetRequiredService<ILoggerFactory>();
        var wiring = await Wiring.OpenAsync(settings, database, time, logs);
        Routes.Map(app, wiring);
        var broker = new Broker(app, wiring);
        await app.StartAsync();
        return broker;
    }

    /// <summary>A listening socket.</summary>
    public static Socket Bind(IPEndPoint endPoint)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(endPoint);
        socket.Listen(512);
        return socket;
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

    private static WebApplication Host(Socket socket)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        builder.Logging.AddSimpleConsole(o => o.SingleLine = true);
        // Standard output speaks one line of JSON; logs go to standard error.
        builder.Logging.AddConsole(o => o.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = 1024 * 1024;
            kestrel.Limits.MaxRequestHeadersTotalSize = 32 * 1024;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
            kestrel.ListenHandle((ulong)socket.Handle, o => o.Protocols = HttpProtocols.Http1);
        });
        return builder.Build();
    }

    private static Database OpenStore(ServerOptions options, TimeProvider time) => options.Store switch
    {
        "sqlite" => new SqliteDatabase(Path.Combine(Path.GetFullPath(options.DataDir), "writ.db"), time),
        "postgres" => new PostgresDatabase(options.PostgresConnection(), time),
        _ => throw new FormatException("store is “sqlite” or “postgres”."),
    };
}
