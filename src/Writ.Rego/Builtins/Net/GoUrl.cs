using Writ.Rego.Values;

namespace Writ.Rego.Builtins.Net;

/// <summary>
/// A URL as Go reads it (RFC 3986 with its leniencies), which says what is wrong in Go's words. Parts that are not
/// there are empty; of what has no authority and no slash, as <c>mailto:a@b</c>, only the scheme is known.
/// </summary>
internal sealed record GoUrl(
    string Scheme, string HostName, string Port, string Path, string RawPath, string RawQuery, string Fragment)
{
    private const string UserInfoMarks = "-._:~!$&'()*+,;=%@";
    private const string HostMarks = "-._~!$&'()*+,;=:[]<>\"";

    /// <summary>Reads one, or says what is wrong.</summary>
    public static GoUrl Parse(string text)
    {
        try
        {
            return Read(text);
        }
        catch (FormatException error)
        {
            throw BuiltinError.Failed($"parse {TermText.Quote(text)}: {error.Message}");
        }
    }

    private static GoUrl Read(string text)
    {
        var (front, fragment) = Cut(text, '#');
        if (front.Any(c => c is < ' ' or '\u007f'))
            throw new FormatException("net/url: invalid control character in URL");
        var (scheme, rest) = ReadScheme(front);
        var (path, query) = Cut(rest, '?');
        var url = new GoUrl(scheme, "", "", "", "", query, Unescape(fragment, isHost: false));
        if (!path.StartsWith('/'))
        {
            if (scheme.Length > 0)
                return url;
            if (Cut(path, '/').Before.Contains(':', StringComparison.Ordinal))
                throw new FormatException("first path segment in URL cannot contain colon");
        }

        var isAuthority = path.StartsWith("//", StringComparison.Ordinal)
            && (scheme.Length > 0 || !path.StartsWith("///", StringComparison.Ordinal));
        if (isAuthority)
        {
            var end = path.IndexOf('/', 2);
            var authority = path[2..(end < 0 ? path.Length : end)];
            path = end < 0 ? "" : path[end..];
            var (host, port) = ReadHost(HostOf(authority));
            url = url with { HostName = host, Port = port };
        }

        return url with { Path = Unescape(path, isHost: false), RawPath = path };
    }

    private static (string Before, string After) Cut(string text, char mark)
    {
        var at = text.IndexOf(mark, StringComparison.Ordinal);
        return at < 0 ? (text, "") : (text[..at], text[(at + 1)..]);
    }

    private static (string Scheme, string Tail) ReadScheme(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == ':')
            {
                return i == 0
                    ? throw new FormatException("missing protocol scheme")
                    : (text[..i].ToLowerInvariant(), text[(i + 1)..]);
            }

            var isLater = char.IsAsciiDigit(text[i]) || text[i] is '+' or '-' or '.';
            if (!char.IsAsciiLetter(text[i]) && (i == 0 || !isLater))
                break;
        }

        return ("", text);
    }

    /// <summary>What follows the user's name and password, which are checked and left out.</summary>
    private static string HostOf(string authority)
    {
        var at = authority.LastIndexOf('@');
        if (at < 0)
            return authority;
        var user = authority[..at];
        if (user.Any(c => !char.IsAsciiLetterOrDigit(c) && !UserInfoMarks.Contains(c, StringComparison.Ordinal)))
            throw new FormatException("net/url: invalid userinfo");
        _ = Unescape(user, isHost: false);
        return authority[(at + 1)..];
    }

    private static (string Name, string Port) ReadHost(string host)
    {
        var isBracketed = host.StartsWith('[');
        var end = isBracketed ? host.LastIndexOf(']') : host.LastIndexOf(':') - 1;
        if (isBracketed && end < 0)
            throw new FormatException("missing ']' in host");
        if (!isBracketed && end == -2)
            return (Unescape(host, isHost: true), "");
        var rest = host[(end + 1)..];
        if (rest.Length > 0 && (rest[0] != ':' || !rest.AsSpan(1).ToArray().All(char.IsAsciiDigit)))
            throw new FormatException($"invalid port {TermText.Quote(rest)} after host");
        var name = isBracketed ? host[1..end] : host[..(end + 1)];
        return (Unescape(name, isHost: true), rest.TrimStart(':'));
    }

    private static string Unescape(string text, bool isHost)
    {
        var source = ByteText.Encode(text);
        var bytes = new List<byte>(source.Length);
        for (var i = 0; i < source.Length; i++)
        {
            var c = (char)source[i];
            if (c == '%')
            {
                var escape = string.Concat(source.Skip(i).Take(3).Select(b => (char)b));
                var isHex = escape.Length == 3 && char.IsAsciiHexDigit(escape[1]) && char.IsAsciiHexDigit(escape[2]);

                // Of a host only what is not ASCII is written so (RFC 3986 §3.2.2), and the mark of a zone (RFC 6874).
                if (!isHex || (isHost && escape[1] < '8' && escape != "%25"))
                    throw new FormatException($"invalid URL escape {TermText.Quote(escape)}");
                bytes.Add(Convert.FromHexString(escape.AsSpan(1))[0]);
                i += 2;
                continue;
            }

            if (isHost && c < 128 && !char.IsAsciiLetterOrDigit(c) && !HostMarks.Contains(c, StringComparison.Ordinal))
                throw new FormatException($"invalid character {TermText.Quote(c.ToString())} in host name");
            bytes.Add(source[i]);
        }

        return ByteText.Decode(bytes.ToArray());
    }
}
