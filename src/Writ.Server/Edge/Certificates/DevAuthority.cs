using System.Formats.Asn1;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Writ.Server.Edge;

/// <summary>
/// A certificate authority of this broker alone, for TLS on loopback where nobody gave a certificate. Its key lies
/// under <c>ca/</c> in the data folder (0600); its certificate, which clients are told to trust, in <c>ca.pem</c>. It
/// is constrained to loopback names, so that whoever trusts it trusts it for nothing else. The leaf lives in memory.
/// </summary>
public sealed class DevAuthority(string dataDirectory, TimeProvider time) : ICertificateSource
{
    private static readonly TimeSpan AuthorityLife = TimeSpan.FromDays(365);
    private static readonly TimeSpan LeafLife = TimeSpan.FromDays(7);
    private DateTimeOffset _renewAt; // owner: ServerCertificate, which calls under its lock

    /// <summary>What clients on this machine trust.</summary>
    public string CertificateFile => Path.Combine(dataDirectory, "ca.pem");

    private string Folder => Path.Combine(dataDirectory, "ca");

    private string AuthorityFile => Path.Combine(Folder, "ca-with-key.pem");

    public bool IsDue => time.GetUtcNow() >= _renewAt;

    public SslStreamCertificateContext Load()
    {
        using var authority = OpenAuthority();
        var leaf = Issue(authority);
        _renewAt = time.GetUtcNow() + (LeafLife / 2);
        return SslStreamCertificateContext.Create(
            leaf, [X509CertificateLoader.LoadCertificate(authority.RawData)], offline: true);
    }

    /// <summary>The authority of the last start, or a new one where there is none or its end is near.</summary>
    private X509Certificate2 OpenAuthority()
    {
        if (File.Exists(AuthorityFile))
        {
            var pem = File.ReadAllText(AuthorityFile);
            var known = X509Certificate2.CreateFromPem(pem, pem);
            if (known.NotAfter.ToUniversalTime() > (time.GetUtcNow() + (2 * LeafLife)).UtcDateTime)
            {
                Export(known);
                return known;
            }
            known.Dispose();
        }
        var made = Found();
        Export(made);
        return made;
    }

    private X509Certificate2 Found()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Writ development authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        request.CertificateExtensions.Add(LoopbackOnly());
        var now = time.GetUtcNow();
        var authority = request.CreateSelfSigned(now.AddMinutes(-5), now + AuthorityLife);
        Directory.CreateDirectory(Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        // Written beside and moved, so that a crash leaves the old one or the new one.
        var fresh = AuthorityFile + ".new";
        File.Delete(fresh);
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        using (var writer = new StreamWriter(fresh, options))
        {
            writer.WriteLine(authority.ExportCertificatePem());
            writer.WriteLine(key.ExportPkcs8PrivateKeyPem());
        }
        File.Move(fresh, AuthorityFile, overwrite: true);
        return authority;
    }

    private X509Certificate2 Issue(X509Certificate2 authority)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        request.CertificateExtensions.Add(
            new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(
            new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], critical: false)); // serverAuth
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        names.AddIpAddress(IPAddress.IPv6Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(
            X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, true, false));
        var now = time.GetUtcNow();
        using var leaf = request.Create(
            authority, now.AddMinutes(-5), now + LeafLife, RandomNumberGenerator.GetBytes(16));
        return leaf.CopyWithPrivateKey(key);
    }

    private void Export(X509Certificate2 authority) =>
        File.WriteAllText(CertificateFile, authority.ExportCertificatePem() + "\n");

    /// <summary>RFC 5280 §4.2.1.10: permitted are localhost, 127.0.0.0/8 and ::1.</summary>
    private static X509Extension LoopbackOnly()
    {
        var der = new AsnWriter(AsnEncodingRules.DER);
        using (der.PushSequence())
        using (der.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0)))
        {
            using (der.PushSequence())
                der.WriteCharacterString(
                    UniversalTagNumber.IA5String, "localhost", new Asn1Tag(TagClass.ContextSpecific, 2));
            using (der.PushSequence())
                der.WriteOctetString([127, 0, 0, 0, 255, 0, 0, 0], new Asn1Tag(TagClass.ContextSpecific, 7));
            using (der.PushSequence())
                der.WriteOctetString(
                    [.. IPAddress.IPv6Loopback.GetAddressBytes(), .. Enumerable.Repeat((byte)255, 16)],
                    new Asn1Tag(TagClass.ContextSpecific, 7));
        }
        return new X509Extension(new Oid("2.5.29.30"), der.Encode(), critical: true);
    }
}
