using System.Net;
using System.Net.Sockets;

namespace OrdersApi;

/// <summary>host:port with port 0 replaced by a free one.</summary>
internal static class FreePort
{
    internal static IPEndPoint Resolve(string listen)
    {
        var wanted = IPEndPoint.Parse(listen);
        if (wanted.Port != 0)
            return wanted;

        // Freed again at once: another process could take it before we do, and then the start fails, which is seen.
        using var probe = new Socket(wanted.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(wanted);
        return (IPEndPoint)probe.LocalEndPoint!;
    }
}
