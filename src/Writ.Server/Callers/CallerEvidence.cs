using System.Net;
using System.Security.Cryptography.X509Certificates;
using Writ.Protocol;

namespace Writ.Server.Callers;

/// <summary>All that a request offers as proof of who sends it, taken out of HTTP.</summary>
public sealed record CallerEvidence
{
    public required string Method { get; init; }
    /// <summary>The endpoint's URLs by configuration: what a proof's <c>htu</c> may name.</summary>
    public required string Url { get; init; }
    public required ClientCredentialsInBody Body { get; init; }
    public string? Authorization { get; init; }
    public IReadOnlyList<string> DpopHeaders { get; init; } = [];
    /// <summary>The certificate whose key the TLS handshake proved. Its chain is not yet judged.</summary>
    public X509Certificate2? Certificate { get; init; }
    /// <summary>The other end of the connection.</summary>
    public IPAddress? Address { get; init; }
}
