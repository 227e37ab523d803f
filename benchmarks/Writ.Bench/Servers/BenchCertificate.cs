using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Writ.Bench.Servers;

/// <summary>Self-signed certificates for the length of a bench.</summary>
internal static class BenchCertificate
{
    public static X509Certificate2 Make(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddMinutes(-5), now.AddDays(1));
    }
}
