using System.Buffers.Text;
using System.Formats.Asn1;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Writ.Protocol;
using Writ.Server.Edge;
using Writ.Server.Storage;

namespace Writ.Server.Callers;

/// <summary>
/// Client certificates (RFC 8705): registered by thumbprint (§2.2), or issued by a configured private authority for a
/// registered subject alternative name (§2.1).
/// </summary>
public sealed class CertificateCallers(Settings settings)
{
    private readonly Dictionary<string, X509Certificate2Collection> _authorities = settings.CertificateAuthorities
        .ToDictionary(a => a.Name, a => Load(a.File), StringComparer.Ordinal);

    /// <summary>The method by which the certificate proves one of the keys, or null.</summary>
    public string? Match(X509Certificate2 certificate, IEnumerable<PrincipalKeyRow> keys, DateTimeOffset now)
    {
        if (now.UtcDateTime < certificate.NotBefore.ToUniversalTime()
            || now.UtcDateTime >= certificate.NotAfter.ToUniversalTime())
            return null;
        var thumbprint = Thumbprint(certificate);
        foreach (var key in keys)
        {
            if (key.Kind is PrincipalKeyKind.Certificate
                && string.Equals(key.Thumbprint, thumbprint, StringComparison.Ordinal))
                return "self_signed_tls_client_auth";
            if (key.Kind is PrincipalKeyKind.CertificateAuthority && IssuedFor(certificate, key.Material, now))
                return "tls_client_auth";
        }
        return null;
    }

    /// <summary>The confirmation of RFC 8705 §3.1.</summary>
    public static Confirmation BindingOf(X509Certificate2 certificate) => new Confirmation.X5t(Thumbprint(certificate));

    public static string Thumbprint(X509Certificate2 certificate) => Thumbprints.GetValue(
        certificate, static shown => Base64Url.EncodeToString(shown.GetCertHash(HashAlgorithmName.SHA256)));

    // A connection shows the same object with each of its requests.
    private static readonly ConditionalWeakTable<X509Certificate2, string> Thumbprints = [];

    /// <summary>Material is <c>authority|uri:…</c> or <c>authority|dns:…</c>.</summary>
    private bool IssuedFor(X509Certificate2 certificate, string material, DateTimeOffset now)
    {
        var bar = material.IndexOf('|', StringComparison.Ordinal);
        if (bar < 0 || !_authorities.TryGetValue(material[..bar], out var roots)) return false;
        if (!Bears(certificate, material[(bar + 1)..])) return false;
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(roots);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTime = now.UtcDateTime;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid("1.3.6.1.5.5.7.3.2")); // clientAuth
        return chain.Build(certificate);
    }

    // DNS names know no case (RFC 4343); URIs do.
    private static bool Bears(X509Certificate2 certificate, string name)
    {
        var comparer = name.StartsWith("dns:", StringComparison.Ordinal)
            ? StringComparer.OrdinalIgnoreCase
            : StringComparer.Ordinal;
        try
        {
            return NamesOf(certificate).Contains(name, comparer);
        }
        catch (Exception e) when (e is AsnContentException or CryptographicException)
        {
            return false; // Anybody can make a certificate; nobody has vouched for this one yet.
        }
    }

    private static IEnumerable<string> NamesOf(X509Certificate2 certificate)
    {
        var extension = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().FirstOrDefault();
        if (extension is null) yield break;
        foreach (var dns in extension.EnumerateDnsNames()) yield return "dns:" + dns;
        var names = new AsnReader(extension.RawData, AsnEncodingRules.DER).ReadSequence();
        var uri = new Asn1Tag(TagClass.ContextSpecific, 6); // RFC 5280 §4.2.1.6: uniformResourceIdentifier
        while (names.HasData)
        {
            if (names.PeekTag().HasSameClassAndValue(uri))
                yield return "uri:" + names.ReadCharacterString(UniversalTagNumber.IA5String, uri);
            else names.ReadEncodedValue();
        }
    }

    private static X509Certificate2Collection Load(string file)
    {
        var certificates = new X509Certificate2Collection();
        certificates.ImportFromPemFile(file);
        return certificates;
    }
}
