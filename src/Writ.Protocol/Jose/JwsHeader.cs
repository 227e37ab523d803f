using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Writ.Protocol;

/// <summary>
/// The protected header of a JWS (RFC 7515 §4). Until the signature is verified it is only a claim: it chooses among
/// the keys and algorithms that the verifier already trusts, and never brings one.
/// </summary>
public sealed record JwsHeader
{
    private JwsHeader(string alg, string? typ, string? kid, JsonElement raw)
    {
        Alg = alg;
        Typ = typ;
        Kid = kid;
        Raw = raw;
    }

    /// <summary>The algorithm (§4.1.1).</summary>
    public string Alg { get; }

    /// <summary>The media type (§4.1.9), as sent.</summary>
    public string? Typ { get; }

    /// <summary>The key id (§4.1.4).</summary>
    public string? Kid { get; }

    /// <summary>All of the header.</summary>
    public JsonElement Raw { get; }

    /// <summary>
    /// The embedded key (§4.1.3), unchecked. Only proof-of-possession formats (DPoP, tickets) may use it.
    /// </summary>
    public JsonElement? JwkUnverified =>
        Raw.TryGetProperty("jwk"u8, out var jwk) ? jwk : null;

    /// <summary>
    /// Whether the type is this one; case does not count, nor the prefix <c>application/</c> (§4.1.9).
    /// </summary>
    public bool HasType(string typ)
    {
        const string prefix = "application/";
        var ours = Typ.AsSpan();
        if (ours.StartsWith(prefix, StringComparison.OrdinalIgnoreCase) && !ours[prefix.Length..].Contains('/'))
            ours = ours[prefix.Length..];
        return ours.Equals(typ, StringComparison.OrdinalIgnoreCase);
    }

    internal static bool TryRead(
        JsonElement raw,
        [NotNullWhen(true)] out JwsHeader? header,
        [NotNullWhen(false)] out JoseError? error)
    {
        header = null;
        error = JoseError.BadHeader;
        if (raw.ValueKind != JsonValueKind.Object
            || !TryText(raw, "alg"u8, out var alg)
            || alg is null
            || !TryText(raw, "typ"u8, out var typ)
            || !TryText(raw, "kid"u8, out var kid))
        {
            return false;
        }

        // `crit` names what must be understood, and we understand none; `b64` needs crit, and without it lies.
        if (raw.TryGetProperty("crit"u8, out _) || raw.TryGetProperty("b64"u8, out _))
        {
            error = JoseError.Critical;
            return false;
        }

        header = new JwsHeader(alg, typ, kid, raw);
        error = null;
        return true;
    }

    // Absent is fine (null); present it must be a short, non-empty string.
    private static bool TryText(JsonElement raw, ReadOnlySpan<byte> name, out string? text)
    {
        text = null;
        if (!raw.TryGetProperty(name, out var member))
            return true;
        if (member.ValueKind != JsonValueKind.String)
            return false;
        text = member.GetString()!;
        return text.Length is > 0 and <= 256;
    }
}
