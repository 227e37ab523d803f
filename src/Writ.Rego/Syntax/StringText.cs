using System.Globalization;
using System.Text;

namespace Writ.Rego.Syntax;

/// <summary>What a string's text between its quotes means: JSON's escapes.</summary>
internal static class StringText
{
    public static string Unescape(Span span, bool isTemplate)
    {
        var text = span.Source!.Text.AsSpan(span.Start, span.End - span.Start);
        if (!text.ContainsAny('\\', '\t', '\r'))
            return text.ToString();
        var result = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\')
            {
                if (text[i] < ' ' && text[i] != '\t')
                    throw Illegal(span, i);
                result.Append(text[i]);
                continue;
            }

            i++;
            var c = i < text.Length ? text[i] : '\0';
            if (c == 'u')
            {
                result.Append(Unit(text, i + 1, span));
                i += 4;
            }
            else
            {
                result.Append(c switch
                {
                    '"' or '\\' or '/' => c,
                    'b' => '\b',
                    'f' => '\f',
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    '{' or '}' when isTemplate => c,
                    _ => throw Illegal(span, i - 1),
                });
            }
        }

        return Whole(result);
    }

    /// <summary>Text of a raw template: only <c>\{</c> and <c>\}</c> are escapes.</summary>
    public static string UnescapeRaw(Span span) => span.Text
        .Replace("\\{", "{", StringComparison.Ordinal).Replace("\\}", "}", StringComparison.Ordinal);

    private static char Unit(ReadOnlySpan<char> text, int at, Span span)
    {
        if (at + 4 > text.Length
            || !ushort.TryParse(
                text.Slice(at, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit))
        {
            throw Illegal(span, at - 2);
        }

        return (char)unit;
    }

    /// <summary>Half of a surrogate pair alone is no character: it becomes U+FFFD, as in Go.</summary>
    private static string Whole(StringBuilder text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
                i++;
            else if (char.IsSurrogate(text[i]))
                text[i] = '\uFFFD';
        }

        return text.ToString();
    }

    private static RegoError Illegal(Span span, int at) => (span with { Start = span.Start + at })
        .Error(ErrorCodes.Parse, "illegal string escape sequence: JSON's escapes are allowed");
}
