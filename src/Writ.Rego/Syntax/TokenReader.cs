using System.Runtime.InteropServices;
using Writ.Rego.Tree;
using Writ.Rego.Values;

namespace Writ.Rego.Syntax;

/// <summary>
/// The tokens of one text with a place to go back to; knows which words are keywords, and counts depth.
/// </summary>
internal sealed class TokenReader
{
    /// <summary>Deeper nesting is an error: later steps walk terms by recursion.</summary>
    public const int MaxDepth = 400;

    private static readonly string[] Wildcards = [.. Enumerable.Range(0, 64).Select(i => $"${i}")];

    private readonly Lexer _lexer;
    private readonly WordTable _words;
    private readonly bool[] _isEnabled = new bool[(int)TokenKind.GreaterOrEqual + 1];
    private int _depth;
    private int _wildcards;

    public TokenReader(SourceText source, bool hasFutureKeywords, WordTable words)
    {
        _lexer = new Lexer(source);
        _words = words;
        Array.Fill(_isEnabled, true);
        for (var kind = TokenKind.In; kind <= TokenKind.OrWord; kind++)
        {
            _isEnabled[(int)kind] = hasFutureKeywords && kind <= TokenKind.Contains;
        }

        Current = Read();
    }

    public Token Current { get; private set; }

    /// <summary>Where the token before the current one ended.</summary>
    public int LastEnd { get; private set; }

    public SourceText Source => _lexer.Source;

    public List<Comment> Comments => _lexer.Comments;

    public TokenKind Kind => Current.Kind;

    /// <summary>Whether nothing, not even a space, stands between the last token and this one.</summary>
    public bool IsAdjacent => Current.Start == LastEnd;

    private bool BeginsReference => IsBefore('.') || IsBefore('[');

    /// <summary>Whether a sign follows the current token with nothing between them.</summary>
    public bool IsBefore(char sign) => Current.End < Source.Text.Length && Source.Text[Current.End] == sign;

    /// <summary>A keyword, and not the name in <c>not.x</c>.</summary>
    public bool IsWord(TokenKind keyword) => Kind == keyword && !BeginsReference;

    public bool AcceptNot() => !BeginsReference && Accept(TokenKind.Not);

    /// <summary>A keyword with a part of a reference behind it is the reference's name: <c>not.x</c>.</summary>
    public bool TryTakeAsName()
    {
        if (!Keywords.IsKeyword(Kind) || !BeginsReference)
            return false;
        Current = Current with { Kind = TokenKind.Name };
        return true;
    }

    /// <summary>Where only a name can stand a keyword is one.</summary>
    public void TakeAsName()
    {
        if (Keywords.IsKeyword(Kind))
            Current = Current with { Kind = TokenKind.Name };
    }

    public Span CurrentSpan => new(Source, Current.Start, Current.End);

    public void Enable(TokenKind keyword)
    {
        _isEnabled[(int)keyword] = true;
        Restore(Save()); // the current token may be that word
    }

    public bool IsEnabled(TokenKind keyword) => _isEnabled[(int)keyword];

    public void Advance()
    {
        LastEnd = Current.End;
        Current = Read();
    }

    public bool Accept(TokenKind kind)
    {
        if (Kind != kind)
            return false;
        Advance();
        return true;
    }

    public void Expect(TokenKind kind, string note)
    {
        if (!Accept(kind))
            throw Unexpected(note);
    }

    public Mark Save() => new(Current, LastEnd, _depth);

    public void Restore(Mark mark)
    {
        _lexer.MoveTo(mark.Current.Start);
        LastEnd = mark.LastEnd;
        _depth = mark.Depth;
        Current = Read() with { IsAfterLine = mark.Current.IsAfterLine };
    }

    /// <summary>The current token's text, the same object for the same word.</summary>
    public string TakeName() => TakeWord().Value;

    /// <summary>The current token's text as a value, the same object for the same word.</summary>
    public RegoString TakeWord()
    {
        var name = _words.Find(Source.Text.AsSpan(Current.Start, Current.End - Current.Start));
        Advance();
        return name;
    }

    public string NextWildcard() =>
        ++_wildcards < Wildcards.Length ? Wildcards[_wildcards] : $"${_wildcards}";

    /// <summary>A variable of the current name; each <c>_</c> is another.</summary>
    public Term.Variable TakeVariable()
    {
        var span = CurrentSpan;
        var name = TakeName();
        return new Term.Variable(name == "_" ? NextWildcard() : name, span);
    }

    /// <summary>The template's text after the current token, which opened it or closed a term in it.</summary>
    public (Span Text, bool IsLast) TakeTemplateText(bool isRaw)
    {
        var start = Current.End;
        _lexer.MoveTo(start);
        var (end, isLast) = _lexer.TemplateText(isRaw);
        LastEnd = _lexer.Offset;
        Current = Read();
        return (new Span(Source, start, end), isLast);
    }

    public Span From(int start) => new(Source, start, LastEnd);

    public void Enter()
    {
        if (++_depth > MaxDepth)
            throw CurrentSpan.Error(ErrorCodes.Parse, "max recursion depth exceeded: nest less");
    }

    public void Leave(int levels = 1) => _depth -= levels;

    public RegoError Unexpected(string note = "")
    {
        var sort = Keywords.IsKeyword(Kind) ? "keyword" : "token";
        var words = $"unexpected {Name(Kind)} {sort}";
        return CurrentSpan.Error(ErrorCodes.Parse, note.Length > 0 ? $"{words}: {note}" : words);
    }

    private Token Read()
    {
        var token = _lexer.Next();
        return Keywords.IsFuture(token.Kind) && !_isEnabled[(int)token.Kind]
            ? token with { Kind = TokenKind.Name }
            : token;
    }

    private string Name(TokenKind kind) => kind switch
    {
        TokenKind.End => "eof",
        TokenKind.Name => "identifier",
        TokenKind.Number => "number",
        TokenKind.String or TokenKind.RawString => "string",
        TokenKind.TemplateStart or TokenKind.RawTemplateStart => "template string",
        TokenKind.Assign => "assign",
        TokenKind.Unify => "eq",
        _ => Source.Text[Current.Start..Current.End],
    };

    [StructLayout(LayoutKind.Auto)]
    internal readonly record struct Mark(Token Current, int LastEnd, int Depth);
}
