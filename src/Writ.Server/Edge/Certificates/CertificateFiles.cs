using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Writ.Server.Edge;

/// <summary>
/// The certificate that the configuration names: a PEM file with the leaf first and its intermediates after it, and
/// the PEM file of its key. Whoever renews them just replaces the files.
/// </summary>
public sealed class CertificateFiles(string certificateFile, string keyFile) : ICertificateSource
{
    private (DateTime Certificate, DateTime Key) _loaded; // owner: ServerCertificate, which calls under its lock

    public bool IsDue => _loaded != Written();

    public SslStreamCertificateContext Load()
    {
        if (File.GetUnixFileMode(keyFile).HasFlag(UnixFileMode.OtherRead))
            throw new InvalidOperationException($"The TLS key {keyFile} is open to everybody: chmod o-r {keyFile}");
        var written = Written();
        try
        {
            var leaf = X509Certificate2.CreateFromPemFile(certificateFile, keyFile);
            var others = new X509Certificate2Collection();
            others.ImportFromPemFile(certificateFile);
            others.RemoveAt(0);
            var context = SslStreamCertificateContext.Create(leaf, others, offline: true);
            _loaded = written;
            return context;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new InvalidOperationException(
                $"{certificateFile} and {keyFile} are no certificate with its key in PEM.", e);
        }
    }

    private (DateTime Certificate, DateTime Key) Written() =>
        (File.GetLastWriteTimeUtc(certificateFile), File.GetLastWriteTimeUtc(keyFile));
}
