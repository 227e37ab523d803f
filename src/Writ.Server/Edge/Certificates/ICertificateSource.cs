using System.Net.Security;

namespace Writ.Server.Edge;

/// <summary>Where the TLS listener's certificate comes from: files (<see cref="CertificateFiles"/>), or the
/// development authority (<see cref="DevAuthority"/>).</summary>
public interface ICertificateSource
{
    /// <summary>Whether what was last loaded should be loaded anew: the files changed, or its end is near.</summary>
    bool IsDue { get; }

    /// <summary>The certificate with its intermediates and its private key.</summary>
    SslStreamCertificateContext Load();
}
