using System.Buffers;
using System.Globalization;
using System.Text;

namespace Writ.Protocol;

/// <summary>
/// The normal form in which two <c>htu</c> are compared (RFC 9449 §4.3): RFC 3986 §6.2.2 (case, percent-encoding,
/// dot segments) and §6.2.3 (default port, empty path), without query and fragment.
/// </summary>
internal static class HttpUri
{
    private const int MaxLength = 2048;

    private static readonly SearchValues<char> Unreserved =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~");

    // pchar without percent escapes, and the slash.
    private static readonly SearchValues<char> PathCharacters = SearchValues.Create(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~!$&'()*+,;=:@/");

    private static readonly SearchValues<char> HostCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~");

    private static readonly SearchValues<char> LiteralCharacters = SearchValues.Create("0123456789abcdefABCDEF:.");

    internal static bool SameTarget(string one, string other)
    {
        if (one == other)
            return true;
        return TryNormalise(one, out var a) && TryNormalise(other, out var b) && a == b;
    }

    internal static bool TryNormalise(string text, out string normal)
    {
        normal = "";
        if (text.Length > MaxLength)
            return false;

        var end = text.AsSpan().IndexOfAny('?', '#');
        var rest = end < 0 ? text.AsSpan() : text.AsSpan(0, end);
        if (!TryScheme(ref rest, out var scheme, out var defaultPort))
            return false;

        var slash = rest.IndexOf('/');
        var authority = slash < 0 ? rest : rest[..slash];
        if (!TryAuthority(authority, defaultPort, out var hostAndPort)
            || !TryPath(slash < 0 ? "/" : rest[slash..], out var path))
        {
            return false;
        }

        normal = string.Concat(scheme, hostAndPort, path);
        return true;
    }

    private static bool TryScheme(ref ReadOnlySpan<char> rest, out string scheme, out int defaultPort)
    {
        (scheme, defaultPort) = rest switch
        {
            _ when rest.StartsWith("https://", StringComparison.OrdinalIgnoreCase) => ("https://", 443),
            _ when rest.StartsWith("http://", StringComparison.OrdinalIgnoreCase) => ("http://", 80),
            _ => ("", 0),
        };
        rest = rest[scheme.Length..];
        return scheme.Length > 0;
    }

    // No user information: it has no place in a request target (RFC 9110 §4.2.4).
    private static bool TryAuthority(ReadOnlySpan<char> authority, int defaultPort, out string normal)
    {
        normal = "";
        var hostEnd = authority.StartsWith("[") ? authority.IndexOf(']') + 1 : authority.IndexOf(':');
        var host = hostEnd < 0 ? authority : authority[..hostEnd];
        var port = hostEnd < 0 ? [] : authority[hostEnd..];
        if (host.IsEmpty || !IsHost(host))
            return false;

        var name = host.ToString().ToLowerInvariant();
        if (port.IsEmpty || port is ":")
        {
            normal = name;
            return true;
        }

        if (port[0] != ':'
            || !ushort.TryParse(port[1..], NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return false;
        }

        normal = number == defaultPort ? name : string.Create(CultureInfo.InvariantCulture, $"{name}:{number}");
        return true;
    }

    private static bool IsHost(ReadOnlySpan<char> host) =>
        host[0] == '['
            ? host.Length > 2 && host[^1] == ']' && !host[1..^1].ContainsAnyExcept(LiteralCharacters)
            : !host.ContainsAnyExcept(HostCharacters);

    private static bool TryPath(ReadOnlySpan<char> path, out string normal)
    {
        normal = "";
        var decoded = new StringBuilder(path.Length);
        for (var i = 0; i < path.Length; i++)
        {
            if (path[i] != '%')
            {
                if (!PathCharacters.Contains(path[i]))
                    return false;
                decoded.Append(path[i]);
                continue;
            }

            if (i + 2 >= path.Length
                || !byte.TryParse(
                    path.Slice(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var octet))
            {
                return false;
            }

            // §6.2.2.2: an escaped unreserved character is that character; other escapes are upper-case (§6.2.2.1).
            if (Unreserved.Contains((char)octet))
                decoded.Append((char)octet);
            else
                decoded.Append(CultureInfo.InvariantCulture, $"%{octet:X2}");
            i += 2;
        }

        normal = RemoveDotSegments(decoded.ToString());
        return true;
    }

    // §5.2.4, for a path that begins with a slash.
    private static string RemoveDotSegments(string path)
    {
        if (!path.Contains("/.", StringComparison.Ordinal))
            return path;

        var kept = new List<string>();
        var segments = path[1..].Split('/');
        for (var i = 0; i < segments.Length; i++)
        {
            var isLast = i == segments.Length - 1;
            switch (segments[i])
            {
                case ".":
                    break;
                case "..":
                    if (kept.Count > 0)
                        kept.RemoveAt(kept.Count - 1);
                    break;
                default:
                    kept.Add(segments[i]);
                    continue;
            }

            if (isLast)
                kept.Add("");
        }

        return "/" + string.Join('/', kept);
    }
}
