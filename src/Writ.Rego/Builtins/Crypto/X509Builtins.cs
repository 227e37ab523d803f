using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Writ.Rego.Values;

namespace Writ.Rego.Builtins.Crypto;

/// <summary>Certificates, requests and private keys, taken apart.</summary>
internal static class X509Builtins
{
    private const string Certificates = "array[object[string: any]]";
    private const string Named = "object[string: any]";

    public static IEnumerable<Builtin> All =>
    [
        new("crypto.x509.parse_certificates", $"(string) => {Certificates}", (_, a) =>
            RegoArray.Of(Read(a.Text(0)).Select(Describe))),
        new("crypto.x509.parse_and_verify_certificates", $"(string) => array<boolean, {Certificates}>", (c, a) =>
            Verify(a.Text(0), new CertificateChain(c.NowNanoseconds))),
        new(
            "crypto.x509.parse_and_verify_certificates_with_options",
            $"(string, {Named}) => array<boolean, {Certificates}>",
            VerifyWithOptions),
        new("crypto.x509.parse_certificate_request", $"(string) => {Named}", (_, a) => ReadRequest(a.Text(0))),
        new("crypto.x509.parse_keypair", $"(string, string) => {Named}", (_, a) => ReadPair(a.Text(0), a.Text(1))),
        new("crypto.x509.parse_rsa_private_key", $"(string) => {Named}", (_, a) => ReadJwk(a.Text(0))),
        new("crypto.parse_private_keys", $"(string) => {Certificates}", (_, a) => a.Text(0).Length == 0
            ? RegoNull.Instance
            : RegoArray.Of(PrivateKeys(a.Text(0)).Select(KeyJson.OfPrivateKey))),
    ];

    /// <summary>Blocks of PEM, or certificates in DER one after the other.</summary>
    private static List<X509Certificate2> Read(string text)
    {
        var certificates = new List<X509Certificate2>();
        foreach (var (label, bytes) in PemBlocks.ReadAny(text, "CERTIFICATE"))
        {
            if (label is not "CERTIFICATE")
            {
                throw BuiltinError.Failed($"PEM block type is '{label}', expected CERTIFICATE");
            }

            var rest = (ReadOnlyMemory<byte>)bytes;
            while (!rest.IsEmpty)
            {
                var one = Guarded(() => new AsnReader(rest, AsnEncodingRules.DER).PeekEncodedValue());
                certificates.Add(Guarded(() => X509CertificateLoader.LoadCertificate(one.Span)));
                rest = rest[one.Length..];
            }
        }

        return certificates;
    }

    private static RegoArray VerifyWithOptions(BuiltinContext context, Operands a)
    {
        var chain = new CertificateChain(context.NowNanoseconds);
        var text = a.Text(0);
        chain.Read(a.Object(1));
        return Verify(text, chain);
    }

    private static RegoArray Verify(string text, CertificateChain chain)
    {
        try
        {
            return chain.Verify(Read(text)) is { } verified
                ? RegoArray.Of(RegoBoolean.True, RegoArray.Of(verified.Select(Describe)))
                : RegoArray.Of(RegoBoolean.False, RegoArray.Empty);
        }
        catch (Exception error) when (error is BuiltinError or CryptographicException)
        {
            return RegoArray.Of(RegoBoolean.False, RegoArray.Empty);
        }
    }

    private static RegoObject ReadRequest(string text)
    {
        var (label, bytes) = PemBlocks.ReadAny(text, "CERTIFICATE REQUEST") is [var first, ..]
            ? first
            : throw BuiltinError.Failed("invalid PEM-encoded certificate signing request");
        return label is "CERTIFICATE REQUEST"
            ? Guarded(() => CertificateJson.OfRequest(bytes))
            : throw BuiltinError.Failed("invalid PEM-encoded certificate signing request");
    }

    private static RegoObject ReadPair(string certificates, string key)
    {
        var chain = Read(certificates);
        var known = PrivateKeys(key, "PRIVATE KEY");
        if (chain.Count == 0 || known.Count == 0)
        {
            throw BuiltinError.Failed("tls: failed to find any PEM data");
        }

        var (_, mine) = Guarded(() => KeyJson.OfPublicKey(chain[0].PublicKey));
        var its = KeyJson.OfPrivateKey(known[0]);
        foreach (var (name, value) in mine as RegoObject
            ?? throw BuiltinError.Failed("tls: unknown public key algorithm"))
        {
            if (!its.TryGet(name, out var other) || !other.Equals(value))
            {
                throw BuiltinError.Failed("tls: private key does not match public key");
            }
        }

        return new RegoObject.Builder(6)
            .Set("Certificate", RegoArray.Of(chain.Select(one => GoJson.Bytes(one.RawData))))
            .Set("Leaf", Describe(chain[0]))
            .Set("OCSPStaple", RegoNull.Instance)
            .Set("PrivateKey", its)
            .Set("SignedCertificateTimestamps", RegoNull.Instance)
            .Set("SupportedSignatureAlgorithms", RegoNull.Instance).Build();
    }

    private static RegoValue ReadJwk(string text) => text.Length == 0
        ? throw BuiltinError.Failed("input PEM data was empty")
        : PrivateKeys(text) is [var key, ..] ? KeyJson.ToJwk(key) : RegoNull.Instance;

    private static List<AsymmetricAlgorithm> PrivateKeys(string text, string label = "") =>
        [.. PemBlocks.ReadAny(text, label)
            .Select(block => KeyJson.ReadPrivate(block.Label, block.Bytes)).OfType<AsymmetricAlgorithm>()];

    private static RegoObject Describe(X509Certificate2 certificate) =>
        Guarded(() => CertificateJson.Of(certificate));

    private static T Guarded<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception error) when (error is AsnContentException or CryptographicException or FormatException)
        {
            throw BuiltinError.Failed($"asn1: structure error: {error.Message}");
        }
    }
}
