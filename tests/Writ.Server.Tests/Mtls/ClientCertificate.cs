using System.Security.Cryptography.X509Certificates;
using Writ.Server.Callers;

namespace Writ.Server.Tests.Mtls;

/// <summary>The PEM files of a certificate and its key.</summary>
public sealed record ClientCertificate(string Certificate, string Key)
{
    /// <summary>As registered, and as tokens carry it (<c>x5t#S256</c>).</summary>
    public string Thumbprint
    {
        get
        {
            using var read = X509CertificateLoader.LoadCertificateFromFile(Certificate);
            return CertificateCallers.Thumbprint(read);
        }
    }
}
