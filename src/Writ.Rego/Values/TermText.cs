using System.Globalization;
using System.Text;

namespace Writ.Rego.Values;

/// <summary>Values as terms of the language: strings quoted as Go quotes them, sets in braces.</summary>
internal static class TermText
{
    /// <summary>The check is asked now and then: one part may be there many times.</summary>
    public static string Write(RegoValue value, Action<long>? checkLength = null)
    {
        var text = new StringBuilder();
        Add(text, value, checkLength);
        return text.ToString();
    }

    public static string Quote(string value)
    {
        var text = new StringBuilder(value.Length + 2);
        AddQuoted(text, value);
        return text.ToString();
    }

    private static void Add(StringBuilder text, RegoValue value, Action<long>? checkLength)
    {
        checkLength?.Invoke(text.Length);
        switch (value)
        {
            case RegoString term:
                AddQuoted(text, term.Value);
                break;
            case RegoNumber number:
                text.Append(number.ToText());
                break;
            case RegoBoolean boolean:
                text.Append(boolean.Value ? "true" : "false");
                break;
            case RegoArray array:
                AddArray(text, array, checkLength);
                break;
            case RegoSet set:
                AddSet(text, set, checkLength);
                break;
            case RegoObject map:
                AddObject(text, map, checkLength);
                break;
            default:
                text.Append("null");
                break;
        }
    }

    private static void AddArray(StringBuilder text, RegoArray array, Action<long>? checkLength)
    {
        Work.Enter();
        text.Append('[');
        for (var i = 0; i < array.Count; i++)
        {
            text.Append(i == 0 ? "" : ", ");
            Add(text, array[i], checkLength);
        }

        text.Append(']');
    }

    private static void AddSet(StringBuilder text, RegoSet set, Action<long>? checkLength)
    {
        Work.Enter();
        if (set.Count == 0)
        {
            text.Append("set()");
            return;
        }

        var separator = "{";
        foreach (var item in set)
        {
            text.Append(separator);
            Add(text, item, checkLength);
            separator = ", ";
        }

        text.Append('}');
    }

    private static void AddObject(StringBuilder text, RegoObject map, Action<long>? checkLength)
    {
        Work.Enter();
        var separator = "";
        text.Append('{');
        foreach (var (key, value) in map)
        {
            text.Append(separator);
            Add(text, key, checkLength);
            text.Append(": ");
            Add(text, value, checkLength);
            separator = ", ";
        }

        text.Append('}');
    }

    private static void AddQuoted(StringBuilder text, string value)
    {
        text.Append('"');
        for (var i = 0; i < value.Length; i++)
        {
            if (!Rune.TryGetRuneAt(value, i, out var rune))
            {
                _ = value[i] is >= '\uDC80' and <= '\uDCFF'
                    ? text.Append(CultureInfo.InvariantCulture, $"\\x{value[i] - 0xDC00:x2}")
                    : text.Append('\uFFFD');
                continue;
            }

            i += rune.Utf16SequenceLength - 1;
            AddRune(text, rune);
        }

        text.Append('"');
    }

    private static void AddRune(StringBuilder text, Rune rune) => _ = rune.Value switch
    {
        '"' => text.Append("\\\""),
        '\\' => text.Append(@"\\"),
        '\a' => text.Append("\\a"),
        '\b' => text.Append("\\b"),
        '\f' => text.Append("\\f"),
        '\n' => text.Append("\\n"),
        '\r' => text.Append("\\r"),
        '\t' => text.Append("\\t"),
        '\v' => text.Append("\\v"),
        < ' ' or 0x7f => text.Append(CultureInfo.InvariantCulture, $"\\x{rune.Value:x2}"),
        _ when IsPrintable(rune) => text.Append(rune.ToString()),
        < 0x10000 => text.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}"),
        _ => text.Append(CultureInfo.InvariantCulture, $"\\U{rune.Value:x8}"),
    };

    /// <summary>Letters, marks, numbers, punctuation, symbols and the ASCII space.</summary>
    private static bool IsPrintable(Rune rune) => rune.Value == ' ' || Rune.GetUnicodeCategory(rune) is not
        (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse
            or UnicodeCategory.OtherNotAssigned or UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator
            or UnicodeCategory.ParagraphSeparator);
}
