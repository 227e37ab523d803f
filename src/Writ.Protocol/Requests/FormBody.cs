using System.Text;

namespace Writ.Protocol;

/// <summary>
/// The parameters of an <c>application/x-www-form-urlencoded</c> body, read strictly so that no two readers of the
/// same bytes can disagree: ASCII on the wire, whole percent escapes, valid UTF-8 without control characters inside,
/// no parameter twice. A parameter without value counts as absent (RFC 6749 §3.2).
/// </summary>
internal sealed class FormBody
{
    internal const int MaxBytes = 16 * 1024;
    internal const int MaxParameters = 64;
    private const int MaxNameLength = 64;

    private readonly List<(string Name, string Value)> _parameters = [];

    private FormBody()
    {
    }

    internal static OAuthError? Read(ReadOnlySpan<byte> body, out FormBody form)
    {
        form = new FormBody();
        if (body.Length > MaxBytes)
            return OAuthError.InvalidRequest("the request body is too large", "body_too_large");

        var buffer = new byte[body.Length];
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var range in body.Split((byte)'&'))
        {
            var pair = body[range];
            if (pair.IsEmpty)
                continue;
            if (form._parameters.Count == MaxParameters)
                return OAuthError.InvalidRequest("the request has too many parameters", "too_many_parameters");
            if (form.Take(pair, buffer, seen) is { } error)
                return error;
        }

        return null;
    }

    internal static OAuthError? Read(string body, out FormBody form)
    {
        // A character beyond ASCII becomes bytes beyond ASCII, which are refused in any case.
        return Read(Encoding.UTF8.GetBytes(body), out form);
    }

    /// <summary>The value; null when absent or empty.</summary>
    internal string? this[string name]
    {
        get
        {
            foreach (var (candidate, value) in _parameters)
            {
                if (candidate == name)
                    return value.Length == 0 ? null : value;
            }

            return null;
        }
    }

    /// <summary>Every value of a parameter that may be repeated; empty ones left out.</summary>
    internal IEnumerable<string> All(string name) =>
        _parameters.Where(p => p.Name == name && p.Value.Length > 0).Select(p => p.Value);

    private OAuthError? Take(ReadOnlySpan<byte> pair, byte[] buffer, HashSet<string> seen)
    {
        var equals = pair.IndexOf((byte)'=');
        var rawName = equals < 0 ? pair : pair[..equals];
        var rawValue = equals < 0 ? [] : pair[(equals + 1)..];
        if (!TryDecode(rawName, buffer, allowsLayout: false, out var name)
            || name.Length is 0 or > MaxNameLength
            || !TryDecode(rawValue, buffer, allowsLayout: name is "authorization_details", out var value))
        {
            return OAuthError.InvalidRequest("a parameter is not properly encoded", "bad_encoding");
        }

        // RFC 6749 §3.2; RFC 8707 §2 and RFC 8693 §2.1 let these two be repeated.
        if (!seen.Add(name) && name is not ("resource" or "audience"))
            return OAuthError.InvalidRequest("a parameter is given twice", "duplicate_parameter");
        _parameters.Add((name, value));
        return null;
    }

    // People post pretty-printed JSON in `authorization_details`: there tab, CR and LF are layout.
    private static bool TryDecode(ReadOnlySpan<byte> raw, byte[] buffer, bool allowsLayout, out string text)
    {
        text = "";
        var length = 0;
        for (var i = 0; i < raw.Length; i++)
        {
            var b = raw[i];
            switch (b)
            {
                case (byte)'+':
                    b = (byte)' ';
                    break;
                case (byte)'%':
                    if (i + 2 >= raw.Length || !char.IsAsciiHexDigit((char)raw[i + 1])
                        || !char.IsAsciiHexDigit((char)raw[i + 2]))
                    {
                        return false;
                    }

                    b = (byte)((HexValue(raw[i + 1]) << 4) | HexValue(raw[i + 2]));
                    i += 2;
                    break;
                case <= 0x20 or >= 0x7F:
                    return false;
            }

            buffer[length++] = b;
        }

        var decoded = buffer.AsSpan(0, length);
        if (!System.Text.Unicode.Utf8.IsValid(decoded))
            return false;
        text = Encoding.UTF8.GetString(decoded);
        return !HasControl(text, allowsLayout);
    }

    private static bool HasControl(string text, bool allowsLayout)
    {
        foreach (var c in text)
        {
            if (char.IsControl(c) && !(allowsLayout && (c is '\t' or '\r' or '\n')))
                return true;
        }

        return false;
    }

    private static int HexValue(byte digit) => digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;
}
