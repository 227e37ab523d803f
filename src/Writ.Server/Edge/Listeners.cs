using System.Net;
using System.Net.Sockets;

namespace Writ.Server.Edge;

/// <summary>
/// The sockets that the broker serves. Bound before anything else is made, so that the issuer is known even where a
/// port was left to the system.
/// </summary>
/// <param name="plain">Plain http; on loopback, unless a test says otherwise.</param>
/// <param name="tls">Https, where clients may show certificates.</param>
/// <param name="certificates">Of the TLS listener.</param>
/// <param name="management">Health and metrics alone; null: they are on the plain listener.</param>
public sealed class Listeners(
    Socket plain, Socket? tls = null, ICertificateSource? certificates = null, Socket? management = null) : IDisposable
{
    public Socket Plain => plain;

    public Socket? Tls => tls;

    public ICertificateSource? Certificates => certificates;

    public Socket? Management => management;

    public string PlainOrigin => $"http://{plain.LocalEndPoint}";

    public string? TlsOrigin => tls is null ? null : $"https://{tls.LocalEndPoint}";

    public string? ManagementOrigin => management is null ? null : $"http://{management.LocalEndPoint}";

    /// <summary>Binds what the configuration names. Throws <see cref="FormatException"/> with what to mend.</summary>
    public static Listeners Bind(ServerOptions options, TimeProvider time)
    {
        var plain = ServerOptions.EndPoint(options.Listen);
        if (!IPAddress.IsLoopback(plain.Address))
            throw new FormatException(
                "listen is plain http and for loopback alone; set tls_listen for other addresses.");
        var tls = options.TlsListen is { } text ? ServerOptions.EndPoint(text) : null;
        var certificates = tls is null ? null : CertificatesOf(options, tls.Address, time);
        var management = options.ManagementListen is { } other ? ServerOptions.EndPoint(other) : null;
        return new Listeners(
            Listen(plain), tls is null ? null : Listen(tls), certificates,
            management is null ? null : Listen(management));
    }

    /// <summary>A listening socket.</summary>
    public static Socket Listen(IPEndPoint endPoint)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(endPoint);
            socket.Listen(512);
            return socket;
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new IOException($"Cannot listen on {endPoint}: {e.Message}.", e);
        }
    }

    public void Dispose()
    {
        plain.Dispose();
        tls?.Dispose();
        management?.Dispose();
    }

    private static ICertificateSource CertificatesOf(ServerOptions options, IPAddress address, TimeProvider time)
    {
        if (options is { TlsCert: { } certificate, TlsKey: { } key })
            return new CertificateFiles(Path.GetFullPath(certificate), Path.GetFullPath(key));
        if (options.TlsCert is not null || options.TlsKey is not null)
            throw new FormatException("tls_cert and tls_key go together.");
        // Who trusts our own authority must be able to see its file: on this machine alone.
        return IPAddress.IsLoopback(address)
            ? new DevAuthority(Path.GetFullPath(options.DataDir), time)
            : throw new FormatException("tls_listen beyond loopback needs tls_cert and tls_key.");
    }
}

/// <summary>Which listener a connection came in by; a feature of the connection.</summary>
/// <param name="IsManagement">Serves health and metrics, and nothing else.</param>
/// <param name="ServesMetrics">Metrics are for operators: on the management listener, else on a plain one.</param>
public sealed record ListenerRole(bool IsManagement, bool ServesMetrics);
