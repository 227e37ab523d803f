using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;

namespace Writ.Protocol;

/// <summary>Reads the compact form (RFC 7515 §7.1) strictly; verification is a second, explicit step.</summary>
public static class Jws
{
    /// <summary>Splits and decodes a compact JWS whose payload is a JSON object. Never throws on bad input.</summary>
    public static bool TryRead(
        string? compact,
        JwsLimits limits,
        [NotNullWhen(true)] out UnverifiedJws? jws,
        [NotNullWhen(false)] out JoseError? error)
    {
        jws = null;
        error = null;
        if (compact is null)
            error = JoseError.NotCompact;
        else if (compact.Length > limits.MaxCharacters)
            error = JoseError.TooLarge;
        else
            error = Read(compact, limits, out jws);
        return error is null;
    }

    private static JoseError? Read(string compact, JwsLimits limits, out UnverifiedJws? jws)
    {
        jws = null;
        var first = compact.IndexOf('.');
        var second = first < 0 ? -1 : compact.IndexOf('.', first + 1);
        if (second < 0 || compact.AsSpan(second + 1).Contains('.'))
            return JoseError.NotCompact;

        if (Base64UrlText.DecodedLength(first) > limits.MaxHeaderBytes)
            return JoseError.TooLarge;
        if (!Base64UrlText.TryDecode(compact.AsSpan(0, first), out var headerBytes)
            || !Base64UrlText.TryDecode(compact.AsSpan(first + 1, second - first - 1), out var payloadBytes)
            || !Base64UrlText.TryDecode(compact.AsSpan(second + 1), out var signature))
        {
            return JoseError.NotBase64Url;
        }

        if (!StrictJson.TryParse(headerBytes, limits.MaxDepth, out var raw, out _))
            return JoseError.BadHeader;
        if (!JwsHeader.TryRead(raw, out var header, out var headerError))
            return headerError;
        if (!StrictJson.TryParse(payloadBytes, limits.MaxDepth, out var payload, out _)
            || payload.ValueKind != JsonValueKind.Object)
        {
            return JoseError.BadPayload;
        }

        // The signature covers the text as sent (RFC 7515 §5.2); after the checks above it is ASCII.
        var signed = Encoding.ASCII.GetBytes(compact, 0, second);
        jws = new UnverifiedJws(header, payload, payloadBytes, signed, signature);
        return null;
    }
}
