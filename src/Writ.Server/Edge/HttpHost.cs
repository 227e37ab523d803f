using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging.Console;

namespace Writ.Server.Edge;

/// <summary>
/// Kestrel as we want it: our sockets, HTTP/1.1 alone (what it refuses below HTTP can then be seen and recorded),
/// bounded in size, time and number; logs as JSON lines on standard error.
/// </summary>
public static class HttpHost
{
    /// <summary>Builds it; nothing is served yet.</summary>
    public static WebApplication Build(Listeners listeners, Settings settings, TimeProvider time)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.Services.AddSingleton<MatcherPolicy, NamedPathPolicy>();
        builder.Logging.ClearProviders();
        builder.Logging.SetMinimumLevel(LogLevel.Information);
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        // Standard output speaks one line of JSON, when ready; logs go to standard error.
        if (!settings.JsonLogs) builder.Logging.AddSimpleConsole(o => o.SingleLine = true);
        else builder.Services.AddSingleton<ConsoleFormatter>(new LogLine(time));
        builder.Logging.AddConsole(o =>
        {
            o.LogToStandardErrorThreshold = LogLevel.Trace;
            if (settings.JsonLogs) o.FormatterName = LogLine.FormatName;
        });
        // Else the host would make a span of its own for each request, for its own log.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            Limit(kestrel, settings);
            var metricsApart = listeners.Management is not null;
            Listen(kestrel, listeners.Plain, new ListenerRole(false, !metricsApart));
            if (listeners.Management is { } management) Listen(kestrel, management, new ListenerRole(true, true));
            if (listeners is not { Tls: { } tls, Certificates: { } source }) return;
            var log = kestrel.ApplicationServices.GetRequiredService<ILoggerFactory>().CreateLogger("Writ.Tls");
            var certificate = new ServerCertificate(source, time, log);
            Listen(kestrel, tls, new ListenerRole(false, false), o => o.UseHttps(Handshake(certificate)));
        });
        return builder.Build();
    }

    private static void Limit(KestrelServerOptions kestrel, Settings settings)
    {
        kestrel.AddServerHeader = false;
        kestrel.AllowSynchronousIO = false;
        kestrel.Limits.MaxConcurrentConnections = settings.MaxConnections;
        kestrel.Limits.MaxConcurrentUpgradedConnections = 0;
        kestrel.Limits.MaxRequestBodySize = 1024 * 1024;
        kestrel.Limits.MaxRequestHeadersTotalSize = 32 * 1024;
        kestrel.Limits.MaxRequestHeaderCount = 64;
        kestrel.Limits.MaxRequestLineSize = 8 * 1024;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        kestrel.Limits.KeepAliveTimeout = TimeSpan.FromMinutes(2);
        // A body slower than this is given up with 408: it would hold a connection for its sender's pleasure.
        kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(240, TimeSpan.FromSeconds(5));
    }

    private static void Listen(
        KestrelServerOptions kestrel, Socket socket, ListenerRole role, Action<ListenOptions>? configure = null) =>
        kestrel.ListenHandle((ulong)socket.Handle, options =>
        {
            options.Protocols = HttpProtocols.Http1;
            configure?.Invoke(options);
            options.Use(next => connection =>
            {
                connection.Features.Set(role);
                return next(connection);
            });
        });

    /// <summary>
    /// Asks for a client certificate and takes any whose key the handshake proves: who it is, CertificateCallers judges
    /// on each request. No resumption: each connection proves its key anew.
    /// </summary>
    private static TlsHandshakeCallbackOptions Handshake(ServerCertificate certificate) => new()
    {
        OnConnection = _ => new ValueTask<SslServerAuthenticationOptions>(new SslServerAuthenticationOptions
        {
            ServerCertificateContext = certificate.Current(),
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            ClientCertificateRequired = true,
            // An empty store of trust: without a policy .NET would first build a chain against the system's store.
            CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
                DisableCertificateDownloads = true,
            },
#pragma warning disable CA5359 // No server is checked here: a client's certificate is judged when it is used.
            RemoteCertificateValidationCallback = (_, _, _, _) => true,
#pragma warning restore CA5359
            AllowTlsResume = false,
            AllowRenegotiation = false,
        }),
    };
}
