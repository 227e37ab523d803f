using System.Globalization;
using System.Text;

namespace Writ.Rego.Builtins.GraphQl;

/// <summary>Cuts GraphQL into tokens (October 2021, §2.1).</summary>
internal sealed class GraphQlLexer(string text)
{
    private const char Bom = '\uFEFF';

    private int _at;
    private int _line = 1;
    private int _lineStart;

    public GraphQlToken Read()
    {
        SkipIgnored();
        var (line, column) = (_line, _at - _lineStart + 1);
        if (_at >= text.Length)
        {
            return new GraphQlToken(GraphQlToken.End, "", line, column);
        }

        var c = text[_at];
        if (c is '!' or '$' or '&' or '(' or ')' or ':' or '=' or '@' or '[' or ']' or '{' or '|' or '}')
        {
            _at++;
            return new GraphQlToken(c.ToString(), "", line, column);
        }

        if (text.AsSpan(_at).StartsWith("..."))
        {
            _at += 3;
            return new GraphQlToken("...", "", line, column);
        }

        if (char.IsAsciiLetter(c) || c == '_')
        {
            return new GraphQlToken(
                GraphQlToken.Name, Take(x => char.IsAsciiLetterOrDigit(x) || x == '_'), line, column);
        }

        if (char.IsAsciiDigit(c) || c == '-')
        {
            return ReadNumber(line, column);
        }

        return c == '"'
            ? text.AsSpan(_at).StartsWith("\"\"\"") ? ReadBlock(line, column) : ReadString(line, column)
            : Unexpected(c);
    }

    private void SkipIgnored()
    {
        for (; _at < text.Length; _at++)
        {
            var c = text[_at];
            if (c == '#')
            {
                while (_at + 1 < text.Length && text[_at + 1] is not ('\n' or '\r'))
                {
                    _at++;
                }
            }
            else if (c is '\n' or '\r')
            {
                _at += c == '\r' && _at + 1 < text.Length && text[_at + 1] == '\n' ? 1 : 0;
                NextLine();
            }
            else if (c is not (' ' or '\t' or ',' or Bom))
            {
                return;
            }
        }
    }

    private void NextLine()
    {
        _line++;
        _lineStart = _at + 1;
    }

    private string Take(Func<char, bool> isPart)
    {
        var start = _at;
        while (_at < text.Length && isPart(text[_at]))
        {
            _at++;
        }

        return text[start.._at];
    }

    private GraphQlToken ReadNumber(int line, int column)
    {
        var start = _at;
        _at += text[_at] == '-' ? 1 : 0;
        var whole = Take(char.IsAsciiDigit);
        if (whole.Length == 0 || (whole.Length > 1 && whole[0] == '0'))
        {
            return Invalid("Invalid number, unexpected digit.");
        }

        var isFloat = _at < text.Length && text[_at] == '.';
        if (isFloat)
        {
            _at++;
            if (Take(char.IsAsciiDigit).Length == 0)
            {
                return Invalid("Invalid number, expected digit.");
            }
        }

        if (_at < text.Length && text[_at] is ('e' or 'E'))
        {
            isFloat = true;
            _at++;
            _at += _at < text.Length && text[_at] is ('+' or '-') ? 1 : 0;
            if (Take(char.IsAsciiDigit).Length == 0)
            {
                return Invalid("Invalid number, expected digit.");
            }
        }

        return new GraphQlToken(isFloat ? "Float" : "Int", text[start.._at], line, column);
    }

    /// <summary>A string's place is that of its first character, after the quote.</summary>
    private GraphQlToken ReadString(int line, int column)
    {
        var value = new StringBuilder();
        for (_at++; _at < text.Length; _at++)
        {
            var c = text[_at];
            if (c == '"')
            {
                _at++;
                return new GraphQlToken("String", value.ToString(), line, column + 1);
            }

            if (c is '\n' or '\r')
            {
                break;
            }

            if (c < ' ' && c != '\t')
            {
                return Invalid($"Invalid character within String: \"\\u{(int)c:x4}\".");
            }

            if (c != '\\')
            {
                value.Append(c);
            }
            else if (!ReadEscape(value))
            {
                return Invalid("Invalid character escape sequence.");
            }
        }

        return Invalid("Unterminated string.");
    }

    private bool ReadEscape(StringBuilder value)
    {
        _at++;
        var letter = _at < text.Length ? text[_at] : '\0';
        if (letter == 'u')
        {
            var isHex = _at + 4 < text.Length && int.TryParse(
                text.AsSpan(_at + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out _);
            if (isHex)
            {
                value.Append((char)Convert.ToInt32(text.Substring(_at + 1, 4), 16));
                _at += 4;
            }

            return isHex;
        }

        var index = "\"\\/bfnrt".IndexOf(letter, StringComparison.Ordinal);
        if (index >= 0)
        {
            value.Append("\"\\/\b\f\n\r\t"[index]);
        }

        return index >= 0;
    }

    private GraphQlToken ReadBlock(int line, int column)
    {
        var value = new StringBuilder();
        for (_at += 3; _at < text.Length; _at++)
        {
            var rest = text.AsSpan(_at);
            if (rest.StartsWith("\"\"\""))
            {
                _at += 3;
                return new GraphQlToken("BlockString", Dedented(value.ToString()), line, column + 3);
            }

            if (rest.StartsWith("\\\"\"\""))
            {
                value.Append("\"\"\"");
                _at += 3;
                continue;
            }

            if (rest[0] == '\n' || (rest[0] == '\r' && !rest.StartsWith("\r\n")))
            {
                NextLine();
            }

            value.Append(rest[0] == '\r' ? rest.StartsWith("\r\n") ? "" : "\n" : rest[0].ToString());
        }

        return Invalid("Unterminated string.");
    }

    /// <summary>Without the indent that all lines but the first share, and without blank lines around.</summary>
    private static string Dedented(string raw)
    {
        var lines = raw.Split('\n');
        var indents = lines.Skip(1).Where(line => line.AsSpan().Trim(" \t").Length > 0)
            .Select(line => line.Length - line.TrimStart(' ', '\t').Length).ToArray();
        var common = indents.Length == 0 ? 0 : indents.Min();
        for (var i = 1; i < lines.Length; i++)
        {
            lines[i] = lines[i].Length > common ? lines[i][common..] : "";
        }

        var kept = lines.SkipWhile(line => string.IsNullOrWhiteSpace(line)).Reverse()
            .SkipWhile(line => string.IsNullOrWhiteSpace(line)).Reverse();
        return string.Join('\n', kept);
    }

    /// <summary>Its value is the complaint, made when it is taken; its place is where reading ended.</summary>
    private GraphQlToken Invalid(string complaint) =>
        new(GraphQlToken.Invalid, complaint, _line, _at - _lineStart + 1);

    private GraphQlToken Unexpected(char c)
    {
        _at++;
        return Invalid($"Cannot parse the unexpected character \"{c}\".");
    }
}
