using System.Buffers;
using System.Globalization;

namespace Writ.Rego.Values.Json;

/// <summary>Writes values as the language's <c>json.marshal</c> does: keys sorted, &lt; &gt; &amp; escaped.</summary>
internal sealed class JsonText
{
    private static readonly SearchValues<char> Escaped = SearchValues.Create(
        [.. Enumerable.Range(0, ' ').Select(c => (char)c), '"', '\\', '<', '>', '&', '\u2028', '\u2029']);

    private readonly ArrayBufferWriter<char> _text = new(256);
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
        return new string(text._text.WrittenSpan);
    }

    /// <summary>A text with its quotes.</summary>
    public static string Quoted(string value)
    {
        var text = new JsonText(null, "", null);
        text.AddString(value);
        return new string(text._text.WrittenSpan);
    }

    private void Add(RegoValue value, int depth)
    {
        _checkLength?.Invoke(_text.WrittenCount);
        switch (value)
        {
            case RegoString text:
                AddString(text.Value);
                break;
            case RegoNumber number:
                _text.Write(number.ToText());
                break;
            case RegoBoolean boolean:
                _text.Write(boolean.Value ? "true" : "false");
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
                _text.Write("null");
                break;
        }
    }

    private void AddString(string value)
    {
        Add('"');
        ReadOnlySpan<char> rest = ByteText.Shown(value);
        for (int at; (at = rest.IndexOfAny(Escaped)) >= 0; rest = rest[(at + 1)..])
        {
            _text.Write(rest[..at]);
            AddEscaped(rest[at]);
        }

        _text.Write(rest);
        Add('"');
    }

    private void AddEscaped(char c) => _text.Write(c switch
    {
        '"' => "\\\"",
        '\\' => @"\\",
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        '\b' => "\\b",
        '\f' => "\\f",
        _ => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
    });

    private void AddList(ReadOnlySpan<RegoValue> items, int depth)
    {
        Work.Enter();
        Add('[');
        for (var i = 0; i < items.Length; i++)
        {
            AddLine(depth + 1, i == 0);
            Add(items[i], depth + 1);
        }

        AddEnd(']', depth, items.IsEmpty);
    }

    private void AddObject(RegoObject map, int depth)
    {
        Work.Enter();
        Add('{');
        var isFirst = true;
        if (HasOnlyTexts(map))
        {
            foreach (var (key, value) in map)
            {
                AddMember(((RegoString)key).Value, value, depth, isFirst);
                isFirst = false;
            }
        }
        else
        {
            foreach (var (key, value) in ByText(map))
            {
                AddMember(key, value, depth, isFirst);
                isFirst = false;
            }
        }

        AddEnd('}', depth, isFirst);
    }

    private void AddMember(string key, RegoValue value, int depth, bool isFirst)
    {
        AddLine(depth + 1, isFirst);
        AddString(key);
        _text.Write(_prefix is null ? ":" : ": ");
        Add(value, depth + 1);
    }

    private void AddLine(int depth, bool isFirst)
    {
        if (!isFirst)
        {
            Add(',');
        }

        AddBreak(depth);
    }

    private void AddEnd(char bracket, int depth, bool isEmpty)
    {
        if (!isEmpty)
        {
            AddBreak(depth);
        }

        Add(bracket);
    }

    private void AddBreak(int depth)
    {
        if (_prefix is null)
        {
            return;
        }

        Add('\n');
        _text.Write(_prefix);
        for (var i = 0; i < depth; i++)
        {
            _text.Write(_indent);
        }
    }

    private void Add(char c)
    {
        _text.GetSpan(1)[0] = c;
        _text.Advance(1);
    }

    private static bool HasOnlyTexts(RegoObject map)
    {
        foreach (var key in map.Table.Keys)
        {
            if (key is not RegoString)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The members under the texts of their keys, in the order of these.</summary>
    private static IEnumerable<(string Key, RegoValue Value)> ByText(RegoObject map) => map
        .Select(member => ((member.Key as RegoString)?.Value ?? Write(member.Key), member.Value))
        .OrderBy(member => member.Item1, Comparer<string>.Create((a, b) => ByteText.Compare(a, b)));
}
