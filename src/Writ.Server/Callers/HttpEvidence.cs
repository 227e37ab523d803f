using System.Net;
using Writ.Protocol;
using Writ.Server.Edge;

namespace Writ.Server.Callers;

/// <summary>Takes what a request offers as proof out of HTTP.</summary>
public static class HttpEvidence
{
    /// <summary>The URL is the configured one: a request's <c>Host</c> proves nothing.</summary>
    public static CallerEvidence Of(HttpContext http, Settings settings, ClientCredentialsInBody? body = null)
    {
        var overTls = http.Request.IsHttps && settings.MtlsIssuer is not null;
        return new CallerEvidence
        {
            Method = http.Request.Method,
            Url = (overTls ? settings.MtlsIssuer! : settings.Issuer) + http.Request.Path.Value,
            Body = body ?? ClientCredentialsInBody.None,
            // Two header fields are one that no scheme reads: refused, rather than one of them chosen.
            Authorization = http.Request.Headers.Authorization is { Count: > 0 } header ? header.ToString() : null,
            DpopHeaders = [.. http.Request.Headers["DPoP"].Select(v => v ?? "")],
            Certificate = http.Connection.ClientCertificate,
            Address = AddressOf(http.Connection.RemoteIpAddress),
        };
    }

    /// <summary>An IPv4 address that came over an IPv6 socket is that IPv4 address: ranges name it so.</summary>
    private static IPAddress? AddressOf(IPAddress? address) =>
        address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address;
}
