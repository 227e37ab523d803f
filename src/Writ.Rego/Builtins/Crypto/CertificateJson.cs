using System.Formats.Asn1;
using System.Globalization;
using System.Numerics;
using System.Security.Cryptography.X509Certificates;
using Writ.Rego.Values;

namespace Writ.Rego.Builtins.Crypto;

/// <summary>Certificates and requests as Go's encoder writes x509.Certificate and x509.CertificateRequest.</summary>
internal static class CertificateJson
{
    private const string OidExtensionRequest = "1.2.840.113549.1.9.14";

    private static readonly Dictionary<string, int> SignatureAlgorithms = new(StringComparer.Ordinal)
    {
        ["1.2.840.113549.1.1.2"] = 1,
        ["1.2.840.113549.1.1.4"] = 2,
        ["1.2.840.113549.1.1.5"] = 3,
        ["1.2.840.113549.1.1.11"] = 4,
        ["1.2.840.113549.1.1.12"] = 5,
        ["1.2.840.113549.1.1.13"] = 6,
        ["1.2.840.10040.4.3"] = 7,
        ["2.16.840.1.101.3.4.3.2"] = 8,
        ["1.2.840.10045.4.1"] = 9,
        ["1.2.840.10045.4.3.2"] = 10,
        ["1.2.840.10045.4.3.3"] = 11,
        ["1.2.840.10045.4.3.4"] = 12,
        ["1.2.840.113549.1.1.10"] = 13,
        ["1.3.101.112"] = 16,
    };

    public static RegoObject Of(X509Certificate2 certificate)
    {
        var (body, algorithm, signature) = Open(certificate.RawData);
        var (keyAlgorithm, key) = KeyJson.OfPublicKey(certificate.PublicKey);
        var extensions = new CertificateExtensions();
        foreach (var extension in certificate.Extensions)
        {
            extensions.Add(extension.Oid!.Value!, extension.Critical, extension.RawData);
        }

        var json = new RegoObject.Builder(48)
            .Set("Raw", GoJson.Bytes(certificate.RawData))
            .Set("RawTBSCertificate", GoJson.Bytes(body))
            .Set("RawSubjectPublicKeyInfo", GoJson.Bytes(certificate.PublicKey.ExportSubjectPublicKeyInfo()))
            .Set("RawSubject", GoJson.Bytes(certificate.SubjectName.RawData))
            .Set("RawIssuer", GoJson.Bytes(certificate.IssuerName.RawData))
            .Set("Signature", GoJson.Bytes(signature))
            .Set("SignatureAlgorithm", RegoNumber.Of(SignatureAlgorithms.GetValueOrDefault(algorithm)))
            .Set("PublicKeyAlgorithm", RegoNumber.Of(keyAlgorithm))
            .Set("PublicKey", key)
            .Set("Version", RegoNumber.Of(certificate.Version))
            .Set("SerialNumber", RegoNumber.Of(new BigInteger(certificate.SerialNumberBytes.Span, isBigEndian: true)))
            .Set("Issuer", DistinguishedName.ToJson(certificate.IssuerName.RawData))
            .Set("Subject", DistinguishedName.ToJson(certificate.SubjectName.RawData))
            .Set("NotBefore", Moment(certificate.NotBefore))
            .Set("NotAfter", Moment(certificate.NotAfter));
        extensions.Write(json);
        return json.Build();
    }

    /// <summary>RFC 2986 §4. The signature is not checked: neither does Go.</summary>
    public static RegoObject OfRequest(ReadOnlyMemory<byte> encoded)
    {
        var (body, algorithm, signature) = Open(encoded);
        var reader = new AsnReader(body, AsnEncodingRules.DER).ReadSequence();
        var version = reader.ReadInteger();
        var subject = reader.ReadEncodedValue();
        var keyInfo = reader.ReadEncodedValue();
        var (keyAlgorithm, key) = KeyJson.OfPublicKey(
            PublicKey.CreateFromSubjectPublicKeyInfo(keyInfo.Span, out _));
        var extensions = new CertificateExtensions();
        var attributes = new Asn1Tag(TagClass.ContextSpecific, 0, isConstructed: true);
        for (var list = reader.HasData ? reader.ReadSetOf(attributes) : null; list is { HasData: true };)
        {
            var attribute = list.ReadSequence();
            if (attribute.ReadObjectIdentifier() is OidExtensionRequest)
            {
                ReadExtensions(attribute.ReadSetOf().ReadSequence(), extensions);
            }
        }

        var json = new RegoObject.Builder(18)
            .Set("Raw", GoJson.Bytes(encoded))
            .Set("RawTBSCertificateRequest", GoJson.Bytes(body))
            .Set("RawSubjectPublicKeyInfo", GoJson.Bytes(keyInfo))
            .Set("RawSubject", GoJson.Bytes(subject))
            .Set("Version", RegoNumber.Of(version))
            .Set("Signature", GoJson.Bytes(signature))
            .Set("SignatureAlgorithm", RegoNumber.Of(SignatureAlgorithms.GetValueOrDefault(algorithm)))
            .Set("PublicKeyAlgorithm", RegoNumber.Of(keyAlgorithm))
            .Set("PublicKey", key)
            .Set("Subject", DistinguishedName.ToJson(subject))
            .Set("Attributes", RegoNull.Instance);
        extensions.WriteNames(json);
        return json.Build();
    }

    private static void ReadExtensions(AsnReader list, CertificateExtensions extensions)
    {
        while (list.HasData)
        {
            var extension = list.ReadSequence();
            var oid = extension.ReadObjectIdentifier();
            var isCritical = extension.PeekTag() == Asn1Tag.Boolean && extension.ReadBoolean();
            extensions.Add(oid, isCritical, extension.ReadOctetString());
        }
    }

    /// <summary>What is signed, with which algorithm, and the signature.</summary>
    private static (ReadOnlyMemory<byte> Body, string Algorithm, byte[] Signature) Open(ReadOnlyMemory<byte> encoded)
    {
        var reader = new AsnReader(encoded, AsnEncodingRules.DER).ReadSequence();
        var body = reader.ReadEncodedValue();
        var algorithm = reader.ReadSequence().ReadObjectIdentifier();
        return (body, algorithm, reader.ReadBitString(out _));
    }

    private static RegoString Moment(DateTime local) => RegoString.Of(
        local.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
}
