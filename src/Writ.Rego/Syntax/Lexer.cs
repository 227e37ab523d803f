using System.Buffers;
using Writ.Rego.Tree;

namespace Writ.Rego.Syntax;

/// <summary>
/// Cuts a text into tokens, one at a time and from any offset, so that the parser can go back. Comments are kept aside.
/// </summary>
internal sealed class Lexer(SourceText source)
{
    private static readonly SearchValues<char> StringEnds = SearchValues.Create("\"\\\n");

    private readonly string _text = source.Text;
    private bool _isAfterLine;
    private int _lastComment = -1;

    public List<Comment> Comments { get; } = [];

    public SourceText Source => source;

    public int Offset { get; private set; } = source.Text.StartsWith('\uFEFF') ? 1 : 0;

    public void MoveTo(int offset) => Offset = offset;

    public Token Next()
    {
        _isAfterLine = false;
        Skip();
        var start = Offset;
        if (start >= _text.Length)
            return new Token(TokenKind.End, _text.Length, _text.Length, _isAfterLine);
        var c = _text[start];
        if (char.IsAsciiLetter(c) || c == '_')
        {
            var end = start + 1;
            while (end < _text.Length && (char.IsAsciiLetterOrDigit(_text[end]) || _text[end] == '_'))
            {
                end++;
            }

            Offset = end;
            return new Token(Keywords.Find(_text.AsSpan(start, end - start)), start, end, _isAfterLine);
        }

        if (char.IsAsciiDigit(c))
            return Number(start);
        return c switch
        {
            '"' => Quoted(start),
            '`' => Raw(start),
            '$' => Template(start),
            _ => Sign(c, start),
        };
    }

    public RegoError Error(int start, int end, string message) =>
        new Span(source, start, end).Error(ErrorCodes.Parse, message);

    private char At(int offset) => offset < _text.Length ? _text[offset] : '\0';

    private void Skip()
    {
        while (Offset < _text.Length)
        {
            switch (_text[Offset])
            {
                case '\n':
                    _isAfterLine = true;
                    Offset++;
                    break;
                case ' ' or '\t' or '\r':
                    Offset++;
                    break;
                case '#':
                    Comment();
                    break;
                default:
                    return;
            }
        }
    }

    private void Comment()
    {
        var start = Offset;
        var end = _text.IndexOf('\n', start);
        Offset = end = end < 0 ? _text.Length : end;
        if (start <= _lastComment)
            return; // seen before the parser went back
        _lastComment = start;
        var before = start - 1;
        while (before >= 0 && _text[before] is ' ' or '\t')
        {
            before--;
        }

        Comments.Add(new Comment(
            _text[(start + 1)..end].TrimEnd('\r'), new Span(source, start, end),
            before < 0 || _text[before] == '\n'));
    }

    /// <summary>Digits, a fraction, an exponent, as JSON has them; a sign is a token of its own.</summary>
    private Token Number(int start)
    {
        var end = Digits(start);
        if (_text[start] == '0' && end > start + 1)
            throw Error(start, end, "expected number without leading zeros");
        if (At(end) == '.' && char.IsAsciiDigit(At(end + 1)))
            end = Digits(end + 1);
        else if (At(end) == '.')
            throw Error(start, end + 1, "illegal number format: a digit must follow the point");
        if (At(end) is 'e' or 'E')
        {
            var exponent = At(end + 1) is '+' or '-' ? end + 2 : end + 1;
            if (!char.IsAsciiDigit(At(exponent)))
                throw Error(start, exponent, "illegal number format: a digit must follow the exponent's sign");
            end = Digits(exponent);
        }

        if (char.IsAsciiLetter(At(end)) || At(end) == '_')
            throw Error(start, end + 1, "illegal number format: a name cannot begin with a digit");
        Offset = end;
        return new Token(TokenKind.Number, start, end, _isAfterLine);
    }

    private int Digits(int offset)
    {
        while (char.IsAsciiDigit(At(offset)))
        {
            offset++;
        }

        return offset;
    }

    private Token Quoted(int start)
    {
        var i = start + 1;
        while (true)
        {
            var step = _text.AsSpan(i).IndexOfAny(StringEnds);
            if (step < 0 || _text[i + step] == '\n')
                throw Error(start, start + 1, "non-terminated string");
            i += step;
            if (_text[i] == '"')
                break;
            i += 2;
            if (i > _text.Length)
                throw Error(start, start + 1, "non-terminated string");
        }

        Offset = i + 1;
        return new Token(TokenKind.String, start, Offset, _isAfterLine);
    }

    private Token Raw(int start)
    {
        var end = _text.IndexOf('`', start + 1);
        if (end < 0)
            throw Error(start, start + 1, "non-terminated string");
        Offset = end + 1;
        return new Token(TokenKind.RawString, start, Offset, _isAfterLine);
    }

    private Token Template(int start)
    {
        var kind = At(start + 1) switch
        {
            '"' => TokenKind.TemplateStart,
            '`' => TokenKind.RawTemplateStart,
            _ => throw Error(start, start + 1, "illegal $ character"),
        };
        Offset = start + 2;
        return new Token(kind, start, Offset, _isAfterLine);
    }

    /// <summary>
    /// The text of a template up to its next <c>{</c> or its end, from the current offset: where the text ends, and
    /// whether the template does.
    /// </summary>
    public (int End, bool IsLast) TemplateText(bool isRaw)
    {
        var start = Offset;
        var opening = At(start - 2) == '$' ? start - 2 : start;
        for (var i = start; i < _text.Length; i++)
        {
            switch (_text[i])
            {
                case '\\' when !isRaw || At(i + 1) == '{':
                    i++;
                    break;
                case '\n' when !isRaw:
                    throw Error(opening, i, "non-terminated string");
                case '{':
                    Offset = i + 1;
                    return (i, false);
                case var c when c == (isRaw ? '`' : '"'):
                    Offset = i + 1;
                    return (i, true);
            }
        }

        throw Error(opening, start + 1, "non-terminated string");
    }

    private Token Sign(char c, int start)
    {
        var next = At(start + 1);
        var (kind, length) = c switch
        {
            '[' => (TokenKind.LeftBracket, 1),
            ']' => (TokenKind.RightBracket, 1),
            '{' => (TokenKind.LeftBrace, 1),
            '}' => (TokenKind.RightBrace, 1),
            '(' => (TokenKind.LeftParen, 1),
            ')' => (TokenKind.RightParen, 1),
            ',' => (TokenKind.Comma, 1),
            ';' => (TokenKind.Semicolon, 1),
            '.' => (TokenKind.Dot, 1),
            '+' => (TokenKind.Plus, 1),
            '-' => (TokenKind.Minus, 1),
            '*' => (TokenKind.Times, 1),
            '/' => (TokenKind.Divide, 1),
            '%' => (TokenKind.Remainder, 1),
            '&' => (TokenKind.And, 1),
            '|' => (TokenKind.Or, 1),
            ':' => next == '=' ? (TokenKind.Assign, 2) : (TokenKind.Colon, 1),
            '=' => next == '=' ? (TokenKind.Equal, 2) : (TokenKind.Unify, 1),
            '<' => next == '=' ? (TokenKind.LessOrEqual, 2) : (TokenKind.Less, 1),
            '>' => next == '=' ? (TokenKind.GreaterOrEqual, 2) : (TokenKind.Greater, 1),
            '!' when next == '=' => (TokenKind.NotEqual, 2),
            _ => throw Error(start, start + 1, $"illegal token: {Show(c)}"),
        };
        Offset = start + length;
        return new Token(kind, start, Offset, _isAfterLine);
    }

    private static string Show(char c) => char.IsControl(c) || char.IsSurrogate(c) ? $"U+{(int)c:X4}" : c.ToString();
}
