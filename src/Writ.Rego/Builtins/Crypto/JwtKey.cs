using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Writ.Rego.Builtins.Documents;
using Writ.Rego.Builtins.Encoding;
using Writ.Rego.Builtins.Patterns;
using Writ.Rego.Values;

namespace Writ.Rego.Builtins.Crypto;

/// <summary>
/// A key with what its JWK said of it. The material is an RSA, ECDsa, Ed25519 or bytes; it is only read, so that
/// several threads may share it.
/// </summary>
internal sealed record JwtKey(object Material, string? Algorithm, string? KeyId)
{
    private const string OidEd25519 = "1.3.101.112";

    /// <summary>Importing a key costs more than to verify with it.</summary>
    private static readonly PatternCache<List<JwtKey>> Lately = new(ReadAll, longest: 32_768);

    /// <summary>As <see cref="ReadAll" />, of keys that were read lately; the list must not be changed.</summary>
    public static List<JwtKey> ReadShared(string text) => Lately.Get(text);

    /// <summary>The keys of a certificate, of a public key in PEM, of a JWK or of a set of them.</summary>
    public static List<JwtKey> ReadAll(string text)
    {
        if (text.TrimStart().StartsWith("-----BEGIN", StringComparison.Ordinal))
        {
            return [ReadPem(text)];
        }

        var found = new List<JwtKey>();
        foreach (var key in ReadSet(text))
        {
            var algorithm = TextOf(key, "alg");
            if (string.IsNullOrEmpty(algorithm) || JwtAlgorithm.Find(algorithm) is not null)
            {
                found.Add(new JwtKey(ReadJwk(key), algorithm, TextOf(key, "kid")));
            }
        }

        return found;
    }

    /// <summary>The first key of a JWK or a set: the one that signs.</summary>
    public static JwtKey ReadFirst(string text) => ReadSet(text) is [var key, ..]
        ? new JwtKey(ReadJwk(key), TextOf(key, "alg"), TextOf(key, "kid"))
        : throw BuiltinError.Failed("no keys found in JWK set");

    public static byte[] Bytes(RegoObject key, string name) => TextOf(key, name) is { } text
        ? Base64Text.DecodeUrl(text)
        : throw Unreadable($"required field {name} is missing");

    private static List<RegoObject> ReadSet(string text)
    {
        var json = JsonBuiltins.TryParse(text) as RegoObject ?? throw Unreadable("not a JSON object");
        if (!json.TryGet("keys", out var keys))
        {
            return [json];
        }

        return keys is RegoArray array
            ? [.. array.Span.ToArray().Select(key => key as RegoObject ?? throw Unreadable("a key is no object"))]
            : throw Unreadable("keys is no array");
    }

    private static JwtKey ReadPem(string text)
    {
        PemBlocks.CheckCount(text);
        if (!PemEncoding.TryFind(text, out var fields))
        {
            throw BuiltinError.Failed("failed to parse a PEM certificate");
        }

        if (!text.AsSpan()[fields.Location.End..].Trim('\n').Trim('\r').IsEmpty)
        {
            throw BuiltinError.Failed("extra data after a PEM certificate block");
        }

        var bytes = Convert.FromBase64String(text[fields.Base64Data]);
        return text[fields.Label] switch
        {
            "CERTIFICATE" => new JwtKey(Read("certificate", () => OfCertificate(bytes)), null, null),
            "PUBLIC KEY" => new JwtKey(Read("public key", () => OfPublicKey(bytes)), null, null),
            _ => throw BuiltinError.Failed("failed to extract a Key from the PEM certificate"),
        };
    }

    private static object Read(string what, Func<object> read)
    {
        try
        {
            return read();
        }
        catch (CryptographicException error)
        {
            throw BuiltinError.Failed($"failed to parse a PEM {what}: {error.Message}");
        }
    }

    private static object OfCertificate(byte[] bytes)
    {
        using var certificate = X509CertificateLoader.LoadCertificate(bytes);
        return OfPublicKey(certificate.PublicKey.ExportSubjectPublicKeyInfo());
    }

    private static object OfPublicKey(byte[] bytes)
    {
        var key = PublicKey.CreateFromSubjectPublicKeyInfo(bytes, out _);
        return key.Oid.Value is OidEd25519
            ? Ed25519.ImportPublicKey(key.EncodedKeyValue.RawData)
            : key.GetRSAPublicKey() ?? (object?)key.GetECDsaPublicKey()
                ?? throw new CryptographicException($"unknown public key algorithm {key.Oid.Value}");
    }

    private static object ReadJwk(RegoObject key)
    {
        try
        {
            return TextOf(key, "kty") switch
            {
                "oct" => Bytes(key, "k"),
                "RSA" => RSA.Create(RsaParameters(key)),
                "EC" => ECDsa.Create(EcParameters(key)),
                "OKP" when TextOf(key, "crv") is "Ed25519" => key.TryGet("d", out _)
                    ? Ed25519.ImportPrivateKey(Bytes(key, "d"))
                    : Ed25519.ImportPublicKey(Bytes(key, "x")),
                var kind => throw Unreadable($"invalid key type {kind}"),
            };
        }
        catch (Exception error) when (error is CryptographicException or ArgumentException or ArithmeticException)
        {
            throw Unreadable(error.Message);
        }
    }

    private static RSAParameters RsaParameters(RegoObject key)
    {
        var parameters = new RSAParameters { Modulus = Bytes(key, "n"), Exponent = Bytes(key, "e") };
        if (parameters.Modulus.Length == 0 || parameters.Exponent.Length == 0)
        {
            throw Unreadable("a number without digits");
        }

        if (!key.TryGet("d", out _))
        {
            return parameters;
        }

        // .NET wants each number as long as the modulus, or half of it.
        var length = parameters.Modulus.Length;
        parameters.D = Padded(Bytes(key, "d"), length);
        parameters.P = Padded(Bytes(key, "p"), (length + 1) / 2);
        parameters.Q = Padded(Bytes(key, "q"), (length + 1) / 2);
        parameters.DP = Padded(Bytes(key, "dp"), (length + 1) / 2);
        parameters.DQ = Padded(Bytes(key, "dq"), (length + 1) / 2);
        parameters.InverseQ = Padded(Bytes(key, "qi"), (length + 1) / 2);
        return parameters;
    }

    private static ECParameters EcParameters(RegoObject key)
    {
        var (curve, length) = TextOf(key, "crv") switch
        {
            "P-256" => (ECCurve.NamedCurves.nistP256, 32),
            "P-384" => (ECCurve.NamedCurves.nistP384, 48),
            "P-521" => (ECCurve.NamedCurves.nistP521, 66),
            var other => throw Unreadable($"invalid curve {other}"),
        };
        return new ECParameters
        {
            Curve = curve,
            Q = new ECPoint { X = Padded(Bytes(key, "x"), length), Y = Padded(Bytes(key, "y"), length) },
            D = key.TryGet("d", out _) ? Padded(Bytes(key, "d"), length) : null,
        };
    }

    private static byte[] Padded(byte[] number, int length)
    {
        var start = 0;
        while (number.Length - start > length && number[start] == 0)
        {
            start++;
        }

        var padded = new byte[Math.Max(length, number.Length - start)];
        number.AsSpan(start).CopyTo(padded.AsSpan(padded.Length - (number.Length - start)));
        return padded;
    }

    private static string? TextOf(RegoObject key, string name) =>
        key.TryGet(name, out var value) ? (value as RegoString)?.Value : null;

    private static BuiltinError Unreadable(string why) =>
        BuiltinError.Failed($"failed to parse a JWK key (set): {why}");
}
