using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace Writ.Rego.Tests.Builtins;

/// <summary>Certificates that keep to their own rules.</summary>
public class CertificateTests
{
    private static readonly DateTimeOffset Start = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void An_address_of_five_bytes_is_an_error_like_any_other() => Assert.Equal(
        "!x509: cannot parse IP address of length 5",
        Parse("2.5.29.17", names => names.WriteOctetString(new byte[5], new Asn1Tag(TagClass.ContextSpecific, 7))));

    [Fact]
    public void A_name_that_is_none_of_the_general_names_does_not_count() => Assert.Contains(
        "\"DNSNames\":null",
        Parse("2.5.29.17", names => names.WriteInteger(1)));

    [Fact]
    public void A_path_length_beyond_64_bits_is_an_error_like_any_other() => Assert.Equal(
        "!x509: invalid basic constraints",
        Parse("2.5.29.19", constraints =>
        {
            constraints.WriteBoolean(true);
            constraints.WriteInteger(System.Numerics.BigInteger.Pow(2, 64));
        }));

    [Fact]
    public void Nobody_has_the_name_of_a_host_that_is_no_name()
    {
        var certificate = Make("2.5.29.19", constraints => constraints.WriteBoolean(true));
        Assert.Equal("[false,[]]", BuiltinCall.Show(
            "crypto.x509.parse_and_verify_certificates_with_options",
            $"[{JsonSerializer.Serialize(certificate + "\n" + certificate)}, {{\"DNSName\": \"a b\"}}]"));
    }

    private static string Parse(string oid, Action<AsnWriter> write) => BuiltinCall.Show(
        "crypto.x509.parse_certificates", JsonSerializer.Serialize(new[] { Make(oid, write) }));

    private static string Make(string oid, Action<AsnWriter> write)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=a", key, HashAlgorithmName.SHA256);
        var extension = new AsnWriter(AsnEncodingRules.DER);
        using (extension.PushSequence())
        {
            write(extension);
        }

        request.CertificateExtensions.Add(new X509Extension(oid, extension.Encode(), critical: false));
        using var certificate = request.CreateSelfSigned(Start, Start.AddYears(10));
        return certificate.ExportCertificatePem();
    }
}
