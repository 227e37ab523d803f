using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Writ.Server.Edge;
using Writ.Server.Storage;

namespace Writ.Server;

/// <summary>Runs one replica: opens the store, wires the rooms, serves until told to stop.</summary>
public static class Broker
{
    /// <summary>Serves until SIGTERM or SIGINT. Prints one line of JSON on standard output when it is ready.</summary>
    public static async Task RunAsync(ServerOptions options, TimeProvider time)
    {
        // Bound before anything else, so that an issuer of port 0 is known when the rooms are wired.
        using var socket = Bind(ServerOptions.EndPoint(options.Listen));
        var issuer = options.Issuer ?? $"http://{socket.LocalEndPoint}";
        var settings = options.Check(issuer, options.TlsIssuer);
        Directory.CreateDirectory(settings.DataDirectory);
        await using var app = Host(socket);
        var logs = app.Services.GetRequiredService<ILoggerFactory>();
        await using var wiring = await Wiring.OpenAsync(settings, OpenStore(options, time), time, logs);
        Routes.Map(app, wiring);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(app.Lifetime.ApplicationStopping);
        var background = Task.WhenAll(wiring.Watch.RunAsync(stop.Token), wiring.Feed.RunAsync(stop.Token), wiring.Upkeep.RunAsync(stop.Token));
        await app.StartAsync();
        await Console.Out.WriteLineAsync(JsonSerializer.Serialize(new { ready = true, issuer }));
        await app.WaitForShutdownAsync();
        await stop.CancelAsync();
        await background;
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

    private static Socket Bind(IPEndPoint endPoint)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(endPoint);
        socket.Listen(512);
        return socket;
    }

    private static Database OpenStore(ServerOptions options, TimeProvider time) => options.Store switch
    {
        "sqlite" => new SqliteDatabase(Path.Combine(Path.GetFullPath(options.DataDir), "writ.db"), time),
        "postgres" => new PostgresDatabase(options.PostgresConnection(), time),
        _ => throw new FormatException("store is “sqlite” or “postgres”."),
    };
}
