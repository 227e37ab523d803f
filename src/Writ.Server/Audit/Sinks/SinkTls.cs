using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Writ.Server.Edge;

namespace Writ.Server.Audit;

/// <summary>TLS to a sink: by the system's authorities or those named for it, always under the name that it was
/// configured by. Files are read at each connection: whoever renews them restarts nothing.</summary>
internal static class SinkTls
{
    public static SslClientAuthenticationOptions Options(SinkTarget target)
    {
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = target.To.Host,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        };
        if (target.CaFile is { } authorities)
        {
            var policy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
                DisableCertificateDownloads = true,
            };
            policy.CustomTrustStore.ImportFromPemFile(authorities);
            options.CertificateChainPolicy = policy;
        }
        if (target.CertFile is { } own)
        {
            var certificate = X509Certificate2.CreateFromPemFile(own, target.KeyFile);
            var chain = new X509Certificate2Collection();
            chain.ImportFromPemFile(own);
            options.ClientCertificateContext = SslStreamCertificateContext.Create(certificate, chain, offline: true);
        }
        return options;
    }
}
