using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Writ.Protocol;

/// <summary>
/// A public key (RFC 7517): EC on P-256, P-384 or P-521, RSA of 2048 to 8192 bits, or Ed25519. Anything private,
/// symmetric, weak, off its curve or written in more than one way is refused. Two keys are equal when their
/// thumbprints are.
/// </summary>
public sealed record Jwk
{
    private static readonly string[] SecretMembers = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

    private Jwk(string kty, string? crv, byte[] first, byte[] second)
    {
        Kty = kty;
        Crv = crv;
        First = first;
        Second = second;
        Thumbprint = ComputeThumbprint();
    }

    /// <summary><c>EC</c>, <c>RSA</c> or <c>OKP</c>.</summary>
    public string Kty { get; }

    /// <summary>The curve; null for RSA.</summary>
    public string? Crv { get; }

    /// <summary>The key id.</summary>
    public string? Kid { get; init; }

    /// <summary>The one algorithm that the key is meant for, if it says.</summary>
    public string? Alg { get; init; }

    /// <summary>What the key is meant for (<c>sig</c>, <c>enc</c>), if it says.</summary>
    public string? Use { get; init; }

    /// <summary>The SHA-256 thumbprint (RFC 7638; RFC 8037 §2 for OKP).</summary>
    public string Thumbprint { get; }

    // EC: x, y. RSA: n, e. OKP: x and nothing.
    internal byte[] First { get; }

    internal byte[] Second { get; }

    /// <summary>Reads a public key from text.</summary>
    public static bool TryParsePublic(
        string json,
        [NotNullWhen(true)] out Jwk? jwk,
        [NotNullWhen(false)] out string? error)
    {
        jwk = null;
        return StrictJson.TryParse(json, StrictJson.DefaultMaxDepth, out var element, out error)
            && TryParsePublic(element, out jwk, out error);
    }

    /// <summary>Reads a public key.</summary>
    public static bool TryParsePublic(
        JsonElement element,
        [NotNullWhen(true)] out Jwk? jwk,
        [NotNullWhen(false)] out string? error)
    {
        jwk = null;
        if (element.ValueKind != JsonValueKind.Object)
            return Fail("a JWK is a JSON object", out error);
        if (HoldsSecret(element))
            return Fail("a private or symmetric key has no place here", out error);
        if (!TryLabel(element, "kid"u8, out var kid)
            || !TryLabel(element, "alg"u8, out var alg)
            || !TryLabel(element, "use"u8, out var use)
            || !MayVerify(element))
        {
            return Fail("kid, alg, use or key_ops of the JWK is malformed or excludes verifying", out error);
        }

        error = StrictJson.TextOf(element, "kty"u8) switch
        {
            "EC" => ReadEc(element, out jwk),
            "RSA" => ReadRsa(element, out jwk),
            "OKP" => ReadOkp(element, out jwk),
            _ => "the kty of the JWK is not supported",
        };
        if (error is not null)
            return false;

        jwk = jwk! with { Kid = kid, Alg = alg, Use = use };
        return true;
    }

    /// <summary>The public half of an EC key.</summary>
    /// <exception cref="NotSupportedException">The curve is not P-256, P-384 or P-521.</exception>
    public static Jwk FromEcdsa(ECDsa key)
    {
        var parameters = key.ExportParameters(includePrivateParameters: false);
        var curve = WeierstrassCurve.BySize(key.KeySize)
            ?? throw new NotSupportedException("The curve is not P-256, P-384 or P-521.");
        return new Jwk("EC", curve.Name, parameters.Q.X!, parameters.Q.Y!);
    }

    /// <summary>The public half of an RSA key.</summary>
    /// <exception cref="NotSupportedException">The key is shorter than 2048 bits.</exception>
    public static Jwk FromRsa(RSA key)
    {
        var parameters = key.ExportParameters(includePrivateParameters: false);
        return RsaFault(parameters.Modulus!, parameters.Exponent!) is { } fault
            ? throw new NotSupportedException(fault)
            : new Jwk("RSA", null, parameters.Modulus!, parameters.Exponent!);
    }

    /// <summary>Writes the public members, and <c>kid</c>, <c>alg</c> and <c>use</c> where set.</summary>
    public void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("kty"u8, Kty);
        if (Crv is not null)
            writer.WriteString("crv"u8, Crv);
        if (Kty == "RSA")
        {
            writer.WriteString("n"u8, Base64UrlText.Encode(First));
            writer.WriteString("e"u8, Base64UrlText.Encode(Second));
        }
        else
        {
            writer.WriteString("x"u8, Base64UrlText.Encode(First));
            if (Kty == "EC")
                writer.WriteString("y"u8, Base64UrlText.Encode(Second));
        }

        WriteLabel(writer, "kid"u8, Kid);
        WriteLabel(writer, "alg"u8, Alg);
        WriteLabel(writer, "use"u8, Use);
        writer.WriteEndObject();
    }

    /// <summary>The key as JSON text.</summary>
    public string ToJson() => Encoding.UTF8.GetString(JsonBytes.Write(WriteTo));

    /// <inheritdoc/>
    public bool Equals(Jwk? other) => other is not null && Thumbprint == other.Thumbprint;

    /// <inheritdoc/>
    public override int GetHashCode() => Thumbprint.GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string ToString() => $"{Kty} {Thumbprint}";

    internal static bool HoldsSecret(JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.Object)
            return false;
        foreach (var name in SecretMembers)
        {
            if (element.TryGetProperty(name, out _))
                return true;
        }

        return StrictJson.TextOf(element, "kty"u8) is "oct";
    }

    private static string? ReadEc(JsonElement element, out Jwk? jwk)
    {
        jwk = null;
        if (WeierstrassCurve.ByName(StrictJson.TextOf(element, "crv"u8)) is not { } curve)
            return "the curve of the JWK is not supported";

        // RFC 7518 §6.2.1.2: coordinates have the full length of the field.
        if (!TryBytes(element, "x"u8, out var x) || x.Length != curve.CoordinateBytes
            || !TryBytes(element, "y"u8, out var y) || y.Length != curve.CoordinateBytes)
        {
            return "a coordinate of the JWK is missing or has the wrong length";
        }

        if (!curve.Contains(x, y))
            return "the point of the JWK is not on its curve";
        jwk = new Jwk("EC", curve.Name, x, y);
        return null;
    }

    private static string? ReadRsa(JsonElement element, out Jwk? jwk)
    {
        jwk = null;
        if (!TryBytes(element, "n"u8, out var n) || !TryBytes(element, "e"u8, out var e))
            return "the RSA JWK lacks n or e";
        if (RsaFault(n, e) is { } fault)
            return fault;
        jwk = new Jwk("RSA", null, n, e);
        return null;
    }

    private static string? ReadOkp(JsonElement element, out Jwk? jwk)
    {
        jwk = null;
        if (StrictJson.TextOf(element, "crv"u8) is not "Ed25519" || !Ed25519.IsSupported)
            return "the curve of the JWK is not supported";
        if (!TryBytes(element, "x"u8, out var x) || !EdwardsPoint.IsAcceptablePublicKey(x))
            return "the JWK holds no acceptable Ed25519 point";
        jwk = new Jwk("OKP", "Ed25519", x, []);
        return null;
    }

    // RFC 7518 §6.3.1: Base64urlUInt has no leading zero octet. The bounds keep out weak keys and slow ones.
    private static string? RsaFault(byte[] n, byte[] e)
    {
        if (n.Length is < 256 or > 1024 || n[0] == 0 || (n[^1] & 1) == 0 || (n.Length == 256 && n[0] < 0x80))
            return "the RSA modulus is not an odd number of 2048 to 8192 bits";
        var exponentIsFine = e.Length is > 0 and <= 4 && e[0] != 0 && (e[^1] & 1) == 1 && (e.Length > 1 || e[0] >= 3);
        return exponentIsFine ? null : "the RSA exponent is not an odd number from 3 to 2^32";
    }

    private static bool TryBytes(JsonElement element, ReadOnlySpan<byte> name, out byte[] bytes)
    {
        bytes = [];
        return StrictJson.TextOf(element, name) is { } text && Base64UrlText.TryDecode(text, out bytes);
    }

    private static bool TryLabel(JsonElement element, ReadOnlySpan<byte> name, out string? label)
    {
        label = null;
        if (!element.TryGetProperty(name, out var member))
            return true;
        if (member.ValueKind != JsonValueKind.String)
            return false;
        label = member.GetString()!;
        return label.Length is > 0 and <= 256;
    }

    private static bool MayVerify(JsonElement element)
    {
        if (!element.TryGetProperty("key_ops"u8, out var operations))
            return true;
        if (operations.ValueKind != JsonValueKind.Array)
            return false;
        foreach (var operation in operations.EnumerateArray())
        {
            if (operation.ValueKind == JsonValueKind.String && operation.ValueEquals("verify"u8))
                return true;
        }

        return false;
    }

    // RFC 7638 §3.2: the required members only, in lexicographic order, without white space.
    private string ComputeThumbprint()
    {
        var first = Base64UrlText.Encode(First);
        var canonical = Kty switch
        {
            "EC" => $$"""{"crv":"{{Crv}}","kty":"EC","x":"{{first}}","y":"{{Base64UrlText.Encode(Second)}}"}""",
            "RSA" => $$"""{"e":"{{Base64UrlText.Encode(Second)}}","kty":"RSA","n":"{{first}}"}""",
            _ => $$"""{"crv":"{{Crv}}","kty":"OKP","x":"{{first}}"}""",
        };
        return Base64UrlText.Encode(SHA256.HashData(Encoding.ASCII.GetBytes(canonical)));
    }

    private static void WriteLabel(Utf8JsonWriter writer, ReadOnlySpan<byte> name, string? value)
    {
        if (value is not null)
            writer.WriteString(name, value);
    }

    private static bool Fail(string why, out string error)
    {
        error = why;
        return false;
    }
}
