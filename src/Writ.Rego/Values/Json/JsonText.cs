using System.Globalization;
using System.Text;

namespace Writ.Rego.Values.Json;

/// <summary>Writes values as the language's <c>json.marshal</c> does: keys sorted, &lt; &gt; &amp; escaped.</summary>
internal sealed class JsonText
{
    private readonly StringBuilder _text = new();
    private readonly string? _prefix;
    private readonly string _indent;
    private readonly Action<long>? _checkLength;

    private JsonText(string? prefix, string indent, Action<long>? checkLength)
    {
        _prefix = prefix;
        _indent = indent;
        _checkLength = checkLength;
    }

    /// <summary>On one line. The check is asked now and then: one part may be there many times.</summary>
    public static string Write(RegoValue value, Action<long>? checkLength = null) =>
        Write(value, null, "", checkLength);

    /// <summary>
    /// Lines begin with the prefix, but the first, and an indent for each level; one line without it.
    /// </summary>
    public static string Write(RegoValue value, string? prefix, string indent, Action<long>? checkLength = null)
    {
        var text = new JsonText(prefix, indent, checkLength);
        text.Add(value, 0);
        return text._text.ToString();
    }

    public static void AddString(StringBuilder text, string value)
    {
        text.Append('"');
        foreach (var c in ByteText.Shown(value))
        {
            _ = c switch
            {
                '"' => text.Append("\\\""),
                '\\' => text.Append(@"\\"),
                '\n' => text.Append("\\n"),
                '\r' => text.Append("\\r"),
                '\t' => text.Append("\\t"),
                '\b' => text.Append("\\b"),
                '\f' => text.Append("\\f"),
                < ' ' or '<' or '>' or '&' or '\u2028' or '\u2029' =>
                    text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => text.Append(c),
            };
        }

        text.Append('"');
    }

    private void Add(RegoValue value, int depth)
    {
        _checkLength?.Invoke(_text.Length);
        switch (value)
        {
            case RegoString text:
                AddString(_text, text.Value);
                break;
            case RegoNumber number:
                _text.Append(number.ToText());
                break;
            case RegoBoolean boolean:
                _text.Append(boolean.Value ? "true" : "false");
                break;
            case RegoArray array:
                AddList(array.Span, depth);
                break;
            case RegoSet set:
                AddList([.. set], depth);
                break;
            case RegoObject map:
                AddObject(map, depth);
                break;
            default:
                _text.Append("null");
                break;
        }
    }

    private void AddList(ReadOnlySpan<RegoValue> items, int depth)
    {
        Work.Enter();
        _text.Append('[');
        for (var i = 0; i < items.Length; i++)
        {
            _text.Append(i == 0 ? "" : ",");
            AddLine(depth + 1);
            Add(items[i], depth + 1);
        }

        if (!items.IsEmpty)
        {
            AddLine(depth);
        }

        _text.Append(']');
    }

    private void AddObject(RegoObject map, int depth)
    {
        Work.Enter();
        _text.Append('{');
        var isFirst = true;
        foreach (var (key, value) in Members(map))
        {
            _text.Append(isFirst ? "" : ",");
            isFirst = false;
            AddLine(depth + 1);
            AddString(_text, key);
            _text.Append(_prefix is null ? ":" : ": ");
            Add(value, depth + 1);
        }

        if (!isFirst)
        {
            AddLine(depth);
        }

        _text.Append('}');
    }

    private void AddLine(int depth)
    {
        if (_prefix is null)
        {
            return;
        }

        _text.Append('\n').Append(_prefix);
        for (var i = 0; i < depth; i++)
        {
            _text.Append(_indent);
        }
    }

    /// <summary>The members under the texts of their keys, in the order of these.</summary>
    private static IEnumerable<(string Key, RegoValue Value)> Members(RegoObject map)
    {
        var isPlain = true;
        foreach (var key in map.Table.Keys)
        {
            isPlain &= key is RegoString;
        }

        var members = map.Select(member => ((member.Key as RegoString)?.Value ?? Write(member.Key), member.Value));
        return isPlain
            ? members
            : members.OrderBy(member => member.Item1, Comparer<string>.Create((a, b) => ByteText.Compare(a, b)));
    }
}
