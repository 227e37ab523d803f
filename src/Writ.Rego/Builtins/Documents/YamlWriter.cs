using System.Text;
using Writ.Rego.Values;
using Writ.Rego.Values.Json;

namespace Writ.Rego.Builtins.Documents;

/// <summary>
/// Values as YAML in block style: keys sorted, two spaces a level, lists not indented below their key.
/// </summary>
internal sealed class YamlWriter
{
    private readonly StringBuilder _text = new();

    public static string Write(RegoValue value)
    {
        var writer = new YamlWriter();
        writer.Add(value, 0, isInList: false);
        return writer._text.ToString();
    }

    /// <summary>At the start of a line, or after a hyphen and a space.</summary>
    private void Add(RegoValue value, int indent, bool isInList)
    {
        Work.Enter();
        switch (value)
        {
            case RegoObject { Count: > 0 } map:
                AddMembers(map, indent, isInList);
                break;
            case RegoArray { Count: > 0 } array:
                AddItems(array.Span, indent, isInList);
                break;
            case RegoSet { Count: > 0 } set:
                AddItems(set.ToArray(), indent, isInList);
                break;
            default:
                AddScalar(value, indent);
                break;
        }
    }

    private void AddMembers(RegoObject map, int indent, bool isInList)
    {
        var members = map
            .Select(member => (Key: (member.Key as RegoString)?.Value ?? member.Key.ToJson(), member.Value))
            .OrderBy(member => member.Key, Comparer<string>.Create((a, b) => ByteText.Compare(a, b)));
        foreach (var (key, value) in members)
        {
            _text.Append(' ', isInList ? 0 : indent).Append(ScalarText(key, indent)).Append(':');
            isInList = false;
            if (value is RegoObject { Count: > 0 })
            {
                _text.Append('\n');
                Add(value, indent + 2, isInList: false);
            }
            else if (value is RegoArray { Count: > 0 } or RegoSet { Count: > 0 })
            {
                _text.Append('\n');
                Add(value, indent, isInList: false);
            }
            else
            {
                _text.Append(' ');
                AddScalar(value, indent + 2);
            }
        }
    }

    private void AddItems(ReadOnlySpan<RegoValue> items, int indent, bool isInList)
    {
        foreach (var item in items)
        {
            _text.Append(' ', isInList ? 0 : indent).Append("- ");
            isInList = false;
            Add(item, indent + 2, isInList: true);
        }
    }

    private void AddScalar(RegoValue value, int indent) => _text.Append(value switch
    {
        RegoString text => ScalarText(text.Value, indent),
        RegoObject => "{}",
        RegoArray or RegoSet => "[]",
        _ => value.ToJson(),
    }).Append('\n');

    private static string ScalarText(string text, int indent)
    {
        if (text.Length == 0 || IsTaken(text))
        {
            return Quoted(text);
        }

        if (text.Contains('\n', StringComparison.Ordinal) && text.All(c => c is '\n' or (>= ' ' and < '\u007f')))
        {
            return Block(text, Math.Max(indent, 2));
        }

        var needsQuotes = text.Any(char.IsControl) || text[0] is ' ' || text[^1] is ' ' or ':'
            || "-?:,[]{}#&*!|>'\"%@`".Contains(text[0], StringComparison.Ordinal)
            || text.Contains(": ", StringComparison.Ordinal) || text.Contains(" #", StringComparison.Ordinal);
        return !needsQuotes ? text
            : text.Any(char.IsControl) ? Quoted(text)
            : $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";
    }

    /// <summary>Whether readers of any version of YAML may take it for something else.</summary>
    private static bool IsTaken(string text) =>
        text.ToUpperInvariant() is "YES" or "NO" or "ON" or "OFF" or "Y" or "N"
            or ".NAN" or ".INF" or "+.INF" or "-.INF"
        || YamlReader.OfPlain(text) is not RegoString;

    private static string Block(string text, int indent)
    {
        var body = text.TrimEnd('\n');
        var mark = body.Length == text.Length ? "-" : text.Length - body.Length > 1 ? "+" : "";
        var hint = body.StartsWith(' ') ? "2" : "";
        var lines = text.Split('\n').Select(line => line.Length == 0 ? "" : new string(' ', indent) + line);
        var block = string.Join('\n', lines);
        return $"|{hint}{mark}\n{(mark is "-" ? block : block[..^1])}";
    }

    private static string Quoted(string text) => JsonText.Quoted(text)
        .Replace("\\u003c", "<", StringComparison.Ordinal)
        .Replace("\\u003e", ">", StringComparison.Ordinal)
        .Replace("\\u0026", "&", StringComparison.Ordinal);
}
