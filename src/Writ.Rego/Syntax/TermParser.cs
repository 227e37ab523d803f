using Writ.Rego.Tree;
using Writ.Rego.Values;

namespace Writ.Rego.Syntax;

/// <summary>Terms: literals, references, calls, composites, and what stands between signs.</summary>
internal sealed class TermParser(TokenReader tokens, BodyParser bodies)
{
    /// <summary>By the order of their tokens; no comparison are the two that unify and assign.</summary>
    private static readonly Sign?[] Signs =
    [
        new(4, "plus", "+"), new(4, "minus", "-"), new(5, "mul", "*"), new(5, "div", "/"), new(5, "rem", "%"),
        new(3, "and", "&"), new(2, "or", "|"), null, null, new(1, "equal", "=="), new(1, "neq", "!="),
        new(1, "lt", "<"), new(1, "lte", "<="), new(1, "gt", ">"), new(1, "gte", ">="),
    ];

    /// <summary>Terms of the lists that are being read, each list above those around it.</summary>
    private readonly List<Term> _items = [];

    /// <summary>The places of <c>|</c> that were found to mean union, where a comprehension could begin.</summary>
    private readonly HashSet<int> _unions = [];

    /// <summary>
    /// A term with signs in it; <c>key, value in collection</c> too, where a comma means nothing else.
    /// </summary>
    public Term ParseInfix(bool allowsPair, Term? first = null)
    {
        var start = first?.Span.Start ?? tokens.Current.Start;
        tokens.Enter();
        var left = ParseSigns(1, first);
        Term? key = null;
        if (allowsPair && tokens.Kind == TokenKind.Comma && tokens.IsEnabled(TokenKind.In))
        {
            var mark = tokens.Save();
            tokens.Advance();
            var value = Try(() => ParseSigns(1));
            if (value is not null && tokens.IsWord(TokenKind.In))
                (key, left) = (left, value);
            else
                tokens.Restore(mark);
        }

        var levels = 1;
        while (tokens.IsWord(TokenKind.In))
        {
            tokens.Advance();
            tokens.Enter();
            levels++;
            var right = ParseSigns(1);
            var name = new Term.Variable(key is null ? "internal.member_2" : "internal.member_3", tokens.From(start));
            left = new Term.Call(name, key is null ? [left, right] : [key, left, right], "in", tokens.From(start));
            key = null;
        }

        tokens.Leave(levels);
        return left;
    }

    public Term ParseTerm()
    {
        tokens.Enter();
        var start = tokens.Current.Start;
        var term = ParseOperand();
        while (tokens.IsAdjacent)
        {
            if (tokens.Kind is TokenKind.Dot or TokenKind.LeftBracket)
                term = ParsePath(term, start);
            else if (tokens.Kind == TokenKind.LeftParen && term is Term.Variable or Term.Reference)
                term = ParseCall(term, start);
            else
                break;
        }

        tokens.Leave();
        return term;
    }

    /// <summary>Terms up to a closing token, which is taken; a comma may stand before it.</summary>
    public Term[] ParseList(TokenKind close, Term? first = null)
    {
        var mark = _items.Count;
        if (first is not null)
            _items.Add(first);
        while (tokens.Kind != close)
        {
            _items.Add(ParseInfix(allowsPair: false));
            if (!tokens.Accept(TokenKind.Comma) && tokens.Kind != close)
                throw tokens.Unexpected($"expected \",\" or {Closing(close)}");
        }

        tokens.Advance();
        return TakeItems(mark);
    }

    private Term[] TakeItems(int mark)
    {
        var items = new Term[_items.Count - mark];
        _items.CopyTo(mark, items, 0, items.Length);
        _items.RemoveRange(mark, items.Length);
        return items;
    }

    private static string Closing(TokenKind close) => close switch
    {
        TokenKind.RightBracket => "\"]\"",
        TokenKind.RightParen => "\")\"",
        _ => "\"}\"",
    };

    /// <summary>Reads something that contains terms; null where that fails.</summary>
    public T? Try<T>(Func<T> read)
        where T : class
    {
        var items = _items.Count;
        try
        {
            return read();
        }
        catch (RegoError)
        {
            _items.RemoveRange(items, _items.Count - items);
            return null;
        }
    }

    /// <summary>Comparison binds least, then <c>|</c>, <c>&amp;</c>, <c>+ -</c>, and <c>* / %</c> most.</summary>
    private Term ParseSigns(int least, Term? first = null)
    {
        var start = first?.Span.Start ?? tokens.Current.Start;
        var left = first ?? ParseTerm();
        var levels = 0;
        while (SignOf(tokens.Kind) is { } sign && sign.Strength >= least)
        {
            tokens.Advance();
            tokens.Enter();
            levels++;
            var right = ParseSigns(sign.Strength + 1);
            left = new Term.Call(sign.Function, [left, right], sign.Text, tokens.From(start));
        }

        tokens.Leave(levels);
        return left;
    }

    private static Sign? SignOf(TokenKind kind) =>
        kind is >= TokenKind.Plus and <= TokenKind.GreaterOrEqual ? Signs[kind - TokenKind.Plus] : null;

    private Term ParseOperand()
    {
        var span = tokens.CurrentSpan;
        switch (tokens.Kind)
        {
            case TokenKind.Null:
                tokens.Advance();
                return new Term.Literal(RegoNull.Instance, span);
            case TokenKind.True or TokenKind.False:
                var isTrue = tokens.Kind == TokenKind.True;
                tokens.Advance();
                return new Term.Literal(RegoBoolean.Of(isTrue), span);
            case TokenKind.Minus:
                return ParseNegative();
            case TokenKind.Number or TokenKind.Dot:
                return ParseNumber(tokens.Current.Start, "");
            case TokenKind.String or TokenKind.RawString:
                return ParseString();
            case TokenKind.TemplateStart or TokenKind.RawTemplateStart:
                return ParseTemplate();
            case TokenKind.Name or TokenKind.Contains:
            case TokenKind.AndWord or TokenKind.OrWord when tokens.IsBefore('('):
                return ParseName();
            case TokenKind.LeftBracket:
                return ParseArray();
            case TokenKind.LeftBrace:
                return ParseBraces();
            case TokenKind.LeftParen:
                tokens.Advance();
                var inner = ParseInfix(allowsPair: true);
                tokens.Expect(TokenKind.RightParen, "expected \")\"");
                return inner;
            default:
                throw tokens.Unexpected();
        }
    }

    /// <summary>A number below zero; before a name, what is left when its value is taken from zero.</summary>
    private Term ParseNegative()
    {
        var sign = tokens.CurrentSpan;
        tokens.Advance();
        if (tokens.Kind is not (TokenKind.Name or TokenKind.Contains))
            return ParseNumber(sign.Start, "-");
        var value = ParseTerm();
        return new Term.Call(
            Signs[TokenKind.Minus - TokenKind.Plus]!.Function, [new Term.Literal(RegoNumber.Zero, sign), value], "-",
            tokens.From(sign.Start));
    }

    /// <summary>Digits, after a sign or none; they may begin with the point.</summary>
    private Term.Literal ParseNumber(int start, string prefix)
    {
        if (tokens.Accept(TokenKind.Dot))
            prefix += "0.";
        if (tokens.Kind != TokenKind.Number)
            throw tokens.Unexpected("expected number");
        var digits = tokens.Source.Text.AsSpan(tokens.Current.Start, tokens.Current.End - tokens.Current.Start);
        RegoNumber? number;
        if (!(prefix.Length > 0 ? RegoNumber.TryParse($"{prefix}{digits}", out number)
            : RegoNumber.TryParse(digits, out number)))
        {
            throw tokens.CurrentSpan.Error(ErrorCodes.Parse, "number too big");
        }

        tokens.Advance();
        return new Term.Literal(number, tokens.From(start));
    }

    private Term.Literal ParseString()
    {
        var span = tokens.CurrentSpan;
        var inner = span with { Start = span.Start + 1, End = span.End - 1 };
        var text = tokens.Kind == TokenKind.RawString
            ? inner.Text
            : StringText.Unescape(inner, isTemplate: false);
        tokens.Advance();
        return new Term.Literal(RegoString.Of(text), span);
    }

    private Term.Template ParseTemplate()
    {
        var start = tokens.Current.Start;
        var isRaw = tokens.Kind == TokenKind.RawTemplateStart;
        var parts = new List<TemplatePart>();
        while (true)
        {
            var (span, isLast) = tokens.TakeTemplateText(isRaw);
            if (span.End > span.Start)
            {
                var text = isRaw ? StringText.UnescapeRaw(span) : StringText.Unescape(span, isTemplate: true);
                parts.Add(new TemplatePart(text, null, []));
            }

            if (isLast)
                return new Term.Template([.. parts], isRaw, tokens.From(start));
            parts.Add(ParseTemplatePart());
            if (tokens.Kind != TokenKind.RightBrace)
            {
                throw tokens.CurrentSpan.Error(
                    ErrorCodes.Parse, "expected } to end template string expression");
            }
        }
    }

    /// <summary>An expression that has a value.</summary>
    private TemplatePart ParseTemplatePart()
    {
        if (tokens.Kind == TokenKind.RightBrace)
            throw tokens.CurrentSpan.Error(ErrorCodes.Parse, "invalid template-string expression");
        var expression = bodies.Parse();
        return expression switch
        {
            Expression.Test { IsNegated: false } test => new TemplatePart(null, test.Term, test.With),
            Expression.Test or Expression.Not => throw Unexpected("negation ('not')"),
            Expression.Unify { IsNegated: true } => throw Unexpected("negation ('not')"),
            Expression.Unify { IsAssignment: true } => throw Unexpected("assignment (':=')"),
            Expression.Unify => throw Unexpected("unification ('=')"),
            Expression.Every => throw Unexpected("'every'"),
            Expression.Logical { IsOr: true } => throw Unexpected("'or'"),
            Expression.Logical => throw Unexpected("'and'"),
            _ => throw Unexpected("'some'"),
        };

        RegoError Unexpected(string what) =>
            expression.Span.Error(ErrorCodes.Parse, $"unexpected {what} in template-string expression");
    }

    private Term ParseName()
    {
        var start = tokens.Current.Start;
        var variable = tokens.TakeVariable();
        if (variable.Name != "set" || tokens.Kind != TokenKind.LeftParen || !tokens.IsAdjacent)
            return variable;
        var mark = tokens.Save();
        tokens.Advance();
        if (tokens.Accept(TokenKind.RightParen))
            return new Term.Set([], tokens.From(start));
        tokens.Restore(mark);
        return variable;
    }

    private Term.Reference ParsePath(Term head, int start)
    {
        if (head is Term.Literal or Term.Template)
            throw head.Span.Error(ErrorCodes.Parse, $"illegal ref (head cannot be {TermNames.Sort(head)})");
        var mark = _items.Count;
        if (head is Term.Reference inner)
        {
            _items.AddRange(inner.Path);
            head = inner.Head;
        }

        while (tokens.IsAdjacent && tokens.Kind is TokenKind.Dot or TokenKind.LeftBracket)
        {
            if (tokens.Accept(TokenKind.Dot))
            {
                var span = tokens.CurrentSpan;
                if (!tokens.IsAdjacent || (tokens.Kind != TokenKind.Name && !Keywords.IsKeyword(tokens.Kind)))
                    throw tokens.Unexpected("expected identifier");
                _items.Add(new Term.Literal(tokens.TakeWord(), span));
            }
            else
            {
                tokens.Advance();
                _items.Add(ParseInfix(allowsPair: true));
                tokens.Expect(TokenKind.RightBracket, "expected \"]\"");
            }
        }

        return new Term.Reference(head, TakeItems(mark), tokens.From(start));
    }

    private Term.Call ParseCall(Term function, int start)
    {
        if (function is Term.Reference { Head: not Term.Variable })
            throw function.Span.Error(ErrorCodes.Parse, "illegal call: only what has a name can be called");
        tokens.Advance();
        return new Term.Call(function, ParseList(TokenKind.RightParen), null, tokens.From(start));
    }

    private Term ParseArray()
    {
        var start = tokens.Current.Start;
        tokens.Advance();
        Term? head = null;
        if (tokens.Kind != TokenKind.RightBracket && !tokens.Accept(TokenKind.Comma))
        {
            head = ParseTerm();
            if (tokens.Kind == TokenKind.Or && TryParseBody(TokenKind.RightBracket) is { } body)
                return new Term.Comprehension(CollectionKind.Array, null, head, body, tokens.From(start));
            head = ParseInfix(allowsPair: false, head);
            if (!tokens.Accept(TokenKind.Comma) && tokens.Kind != TokenKind.RightBracket)
                throw tokens.Unexpected("expected \",\" or \"]\"");
        }

        return new Term.Array(ParseList(TokenKind.RightBracket, head), tokens.From(start));
    }

    private Term ParseBraces()
    {
        var start = tokens.Current.Start;
        tokens.Advance();
        if (tokens.Accept(TokenKind.RightBrace))
            return new Term.Object([], tokens.From(start));
        tokens.Accept(TokenKind.Comma);
        var head = ParseTerm();
        if (tokens.Kind == TokenKind.Or && TryParseBody(TokenKind.RightBrace) is { } body)
            return new Term.Comprehension(CollectionKind.Set, null, head, body, tokens.From(start));
        head = ParseInfix(allowsPair: false, head);
        if (tokens.Kind == TokenKind.Colon)
            return ParseObject(head, start);
        if (!tokens.Accept(TokenKind.Comma) && tokens.Kind != TokenKind.RightBrace)
            throw tokens.Unexpected("expected \",\" or \"}\"");
        return new Term.Set(ParseList(TokenKind.RightBrace, head), tokens.From(start));
    }

    private Term ParseObject(Term key, int start)
    {
        tokens.Advance();
        var value = ParseTerm();
        if (tokens.Kind == TokenKind.Or && TryParseBody(TokenKind.RightBrace) is { } body)
            return new Term.Comprehension(CollectionKind.Object, key, value, body, tokens.From(start));
        value = ParseInfix(allowsPair: false, value);
        var items = new List<KeyValuePair<Term, Term>> { new(key, value) };
        while (tokens.Kind != TokenKind.RightBrace)
        {
            tokens.Expect(TokenKind.Comma, "expected \",\" or \"}\"");
            if (tokens.Kind == TokenKind.RightBrace)
                break;
            key = ParseInfix(allowsPair: false);
            tokens.Expect(TokenKind.Colon, "expected \":\"");
            items.Add(new(key, ParseInfix(allowsPair: false)));
        }

        tokens.Advance();
        return new Term.Object([.. items], tokens.From(start));
    }

    /// <summary>
    /// After a head and before <c>|</c>: the body of a comprehension, its end taken; null, and nothing taken, when a
    /// comma shows that <c>|</c> means union, as in <c>[a | b, c]</c>.
    /// </summary>
    private Expression[]? TryParseBody(TokenKind close)
    {
        var mark = tokens.Save();
        var items = _items.Count;
        // Found out once for each place: unions within unions would else be tried again on every level above them.
        if (_unions.Contains(mark.Current.Start))
            return null;
        try
        {
            tokens.Advance();
            return bodies.ParseUntil(close);
        }
        catch (RegoError) when (tokens.Kind == TokenKind.Comma)
        {
            _unions.Add(mark.Current.Start);
            _items.RemoveRange(items, _items.Count - items);
            tokens.Restore(mark);
            return null;
        }
    }

    /// <summary>A sign between two terms: how strongly it binds, what it calls, how it is written.</summary>
    private sealed class Sign(int strength, string name, string text)
    {
        public int Strength => strength;

        public Term.Variable Function { get; } = new(name, default);

        public string Text => text;
    }
}
