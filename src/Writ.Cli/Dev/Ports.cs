using System.Net;
using System.Net.Sockets;

namespace Writ.Cli.Dev;

/// <summary>Loopback ports, freed again before they are given: who takes one in between is seen.</summary>
internal static class Ports
{
    public static bool IsFree(int port) => TryTake(port) is not null;

    /// <summary>The one that is wanted if it is free, else any.</summary>
    public static int FreeOr(int wanted) =>
        TryTake(wanted) ?? TryTake(0) ?? throw new UnableException("No loopback port is free.");

    private static int? TryTake(int port)
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            // As servers bind: a port whose last connections are still fading away is free.
            probe.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            probe.Bind(new IPEndPoint(IPAddress.Loopback, port));
            probe.Listen();
            return ((IPEndPoint)probe.LocalEndPoint!).Port;
        }
        catch (SocketException)
        {
            return null;
        }
    }
}
