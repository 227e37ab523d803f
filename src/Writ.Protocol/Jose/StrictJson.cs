using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Writ.Protocol;

/// <summary>
/// JSON with one meaning only: UTF-8 without byte order mark, no member twice at any depth, no comment, no trailing
/// comma, no lone surrogate, no U+0000, nothing after the value. What two parsers could read differently is refused.
/// </summary>
public static class StrictJson
{
    /// <summary>The deepest nesting taken where the caller does not say otherwise.</summary>
    public const int DefaultMaxDepth = 16;

    /// <summary>Reads one JSON value. The element owns its memory and needs no disposal.</summary>
    public static bool TryParse(
        ReadOnlySpan<byte> utf8,
        int maxDepth,
        out JsonElement value,
        [NotNullWhen(false)] out string? error)
    {
        value = default;
        if (!Utf8.IsValid(utf8))
            return Fail("not UTF-8", out error);
        if (utf8.Contains((byte)'\\') && !EscapesAreWellFormed(utf8))
            return Fail("a string escapes a lone surrogate or U+0000", out error);

        try
        {
            value = JsonElement.Parse(utf8, new JsonDocumentOptions
            {
                AllowDuplicateProperties = false,
                AllowTrailingCommas = false,
                CommentHandling = JsonCommentHandling.Disallow,
                MaxDepth = maxDepth,
            });
            error = null;
            return true;
        }
        catch (JsonException)
        {
            return Fail("not strict JSON (malformed, a member twice, or too deep)", out error);
        }
    }

    /// <summary>Reads one JSON value from text.</summary>
    public static bool TryParse(
        string text,
        int maxDepth,
        out JsonElement value,
        [NotNullWhen(false)] out string? error)
    {
        value = default;
        byte[] utf8;
        try
        {
            utf8 = StrictUtf8.GetBytes(text);
        }
        catch (EncoderFallbackException)
        {
            return Fail("not Unicode text", out error);
        }

        return TryParse(utf8, maxDepth, out value, out error);
    }

    /// <summary>UTF-8 that throws instead of replacing.</summary>
    internal static UTF8Encoding StrictUtf8 { get; } = new(false, throwOnInvalidBytes: true);

    /// <summary>The string member of an object; null when it is absent or no string.</summary>
    public static string? TextOf(JsonElement parent, ReadOnlySpan<byte> name) =>
        parent.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.String
            ? member.GetString()
            : null;

    // In valid JSON a backslash occurs inside strings only, so the scan need not know where strings begin; malformed
    // JSON is refused by the parser afterwards in any case.
    private static bool EscapesAreWellFormed(ReadOnlySpan<byte> utf8)
    {
        for (var i = utf8.IndexOf((byte)'\\'); i >= 0 && i + 1 < utf8.Length;)
        {
            var next = i + 2;
            if (utf8[i + 1] == 'u')
            {
                var unit = CodeUnitAt(utf8, i);
                if (unit <= 0 || char.IsLowSurrogate((char)unit))
                    return false;
                next = i + 6;
                if (char.IsHighSurrogate((char)unit))
                {
                    var low = CodeUnitAt(utf8, next);
                    if (low < 0 || !char.IsLowSurrogate((char)low))
                        return false;
                    next += 6;
                }
            }

            if (next >= utf8.Length)
                return true;
            var step = utf8[next..].IndexOf((byte)'\\');
            i = step < 0 ? -1 : next + step;
        }

        return true;
    }

    private static int CodeUnitAt(ReadOnlySpan<byte> utf8, int at) =>
        at + 6 <= utf8.Length
        && utf8[at] == '\\'
        && utf8[at + 1] == 'u'
        && ushort.TryParse(
            utf8.Slice(at + 2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit)
            ? unit
            : -1;

    private static bool Fail(string why, out string error)
    {
        error = why;
        return false;
    }
}
