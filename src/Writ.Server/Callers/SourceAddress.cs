using System.Net;
using System.Net.Sockets;

namespace Writ.Server.Callers;

/// <summary>Whom a request comes from, as far as its address tells: what is counted and limited by source.</summary>
public static class SourceAddress
{
    public static string Of(HttpContext http) => Of(http.Connection.RemoteIpAddress);

    /// <summary>IPv6 counts by /64: that many addresses are one customer's.</summary>
    public static string Of(IPAddress? address)
    {
        if (address is null) return "unknown";
        if (address.IsIPv4MappedToIPv6) return address.MapToIPv4().ToString();
        if (address.AddressFamily is not AddressFamily.InterNetworkV6 || IPAddress.IsLoopback(address))
            return address.ToString();
        var bytes = address.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return $"{new IPAddress(bytes)}/64";
    }
}
