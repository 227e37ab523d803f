using System.Diagnostics;
using System.Text;

namespace Writ.Protocol;

/// <summary>
/// Reads the trace that a request belongs to: W3C Trace Context, <c>traceparent</c> and <c>tracestate</c>. Anybody can
/// send them, so what does not fit in every character is as if it had not come, and nothing else of them is believed.
/// </summary>
public static class TraceContext
{
    private const int Length = 55; // of version 00: 2 + 32 + 16 + 2 digits and three dashes
    private const int MostState = 512;
    private const int MostMembers = 32;

    /// <summary>Reads the caller's span.</summary>
    /// <param name="parents">The <c>traceparent</c> headers; two are as good as none.</param>
    /// <param name="states">The <c>tracestate</c> headers.</param>
    /// <returns>A remote context; default where there is none that can be read.</returns>
    public static ActivityContext Read(IReadOnlyList<string?> parents, IReadOnlyList<string?> states) =>
        parents is [{ } text] && TryRead(text, out var trace, out var span, out var flags)
            ? new ActivityContext(trace, span, flags, ReadState(states), isRemote: true)
            : default;

    private static bool TryRead(
        string text, out ActivityTraceId trace, out ActivitySpanId span, out ActivityTraceFlags flags)
    {
        (trace, span, flags) = (default, default, default);
        if (text.Length < Length || text[2] != '-' || text[35] != '-' || text[52] != '-'
            || !IsHex(text, 0, 2) || !IsHex(text, 3, 32) || !IsHex(text, 36, 16) || !IsHex(text, 53, 2)) return false;
        // §4.3: of a version that is not known, what version 00 has is read, if it ends there or at a dash.
        var fits = text.StartsWith("00", StringComparison.Ordinal)
            ? text.Length == Length
            : !text.StartsWith("ff", StringComparison.Ordinal) && (text.Length == Length || text[Length] == '-');
        // §3.2.2.3, §3.2.2.4: all zeros is no id.
        if (!fits || IsZero(text, 3, 32) || IsZero(text, 36, 16)) return false;
        trace = ActivityTraceId.CreateFromString(text.AsSpan(3, 32));
        span = ActivitySpanId.CreateFromString(text.AsSpan(36, 16));
        // The least bit of the last digit alone: "sampled". What the others will mean is not known (§3.2.2.5).
        flags = (Digit(text[54]) & 1) == 1 ? ActivityTraceFlags.Recorded : ActivityTraceFlags.None;
        return true;
    }

    /// <summary>Several headers are one list (§3.3.1). One member that does not fit, or one key twice, and none of it
    /// is kept.</summary>
    private static string? ReadState(IReadOnlyList<string?> headers)
    {
        if (headers.Count == 0) return null;
        var kept = new StringBuilder();
        var keys = new HashSet<string>(StringComparer.Ordinal);
        foreach (var header in headers)
        {
            if (header is null || header.Length > MostState) return null;
            foreach (var part in header.Split(','))
            {
                var member = part.AsSpan().Trim(" \t");
                if (member.IsEmpty) continue;
                var equals = member.IndexOf('=');
                if (equals < 1 || !IsKey(member[..equals]) || !IsValue(member[(equals + 1)..])
                    || !keys.Add(member[..equals].ToString()) || keys.Count > MostMembers) return null;
                if (kept.Length > 0) kept.Append(',');
                kept.Append(member);
                if (kept.Length > MostState) return null;
            }
        }
        return kept.Length == 0 ? null : kept.ToString();
    }

    /// <summary>§3.3.2.1: lower case, digits and <c>_-*/</c>, with one <c>@</c> between tenant and system.</summary>
    private static bool IsKey(ReadOnlySpan<char> key)
    {
        var at = key.IndexOf('@');
        return at < 0
            ? key.Length <= 256 && char.IsAsciiLetterLower(key[0]) && AreKeyCharacters(key)
            : at is > 0 and <= 241 && (char.IsAsciiLetterLower(key[0]) || char.IsAsciiDigit(key[0]))
                && AreKeyCharacters(key[..at])
                && key.Length - at - 1 is > 0 and <= 14 && char.IsAsciiLetterLower(key[at + 1])
                && AreKeyCharacters(key[(at + 1)..]);
    }

    private static bool AreKeyCharacters(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
            if (!char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c is not ('_' or '-' or '*' or '/'))
                return false;
        return true;
    }

    /// <summary>§3.3.2.2: up to 256 printable characters without comma and equals sign, the last no space.</summary>
    private static bool IsValue(ReadOnlySpan<char> value)
    {
        foreach (var c in value)
            if (c is < ' ' or > '~' or ',' or '=') return false;
        return value.Length is > 0 and <= 256 && value[^1] != ' ';
    }

    private static bool IsHex(string text, int at, int count)
    {
        foreach (var c in text.AsSpan(at, count))
            if (!char.IsAsciiHexDigitLower(c)) return false;
        return true;
    }

    private static bool IsZero(string text, int at, int count) => !text.AsSpan(at, count).ContainsAnyExcept('0');

    private static int Digit(char c) => c <= '9' ? c - '0' : c - 'a' + 10;
}
