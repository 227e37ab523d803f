using Writ.Rego.Tree;

namespace Writ.Rego.Syntax;

/// <summary>Bodies: expressions separated by line ends or semicolons.</summary>
internal sealed class BodyParser
{
    private readonly TokenReader _tokens;

    public BodyParser(TokenReader tokens) => (_tokens, Terms) = (tokens, new TermParser(tokens, this));

    public TermParser Terms { get; }

    /// <summary>Expressions up to a closing token, which is taken.</summary>
    public Expression[] ParseUntil(TokenKind close)
    {
        if (_tokens.Kind == close)
            throw _tokens.CurrentSpan.Error(ErrorCodes.Parse, "found empty body");
        var body = new List<Expression>();
        while (true)
        {
            body.Add(Parse());
            var isSeparated = _tokens.Accept(TokenKind.Semicolon) || _tokens.Current.IsAfterLine;
            if (_tokens.Accept(close))
                return [.. body];
            if (!isSeparated)
                throw _tokens.Unexpected($"expected \\n or ; or {Closing(close)}");
        }
    }

    /// <summary>One expression.</summary>
    public Expression Parse()
    {
        _tokens.Enter();
        var start = _tokens.Current.Start;
        var isNegated = _tokens.Accept(TokenKind.Not);
        if (isNegated && _tokens.Kind is TokenKind.Some or TokenKind.Every)
            throw _tokens.Unexpected($"illegal negation of '{_tokens.CurrentSpan.Text}'");
        Expression parsed = _tokens.Kind switch
        {
            TokenKind.Some => ParseSome(start),
            TokenKind.Every => ParseEvery(start),
            _ => ParseTest(start, isNegated),
        };
        _tokens.Leave();
        return parsed;
    }

    private static string Closing(TokenKind close) => close switch
    {
        TokenKind.RightBracket => "]",
        TokenKind.RightBrace => "}",
        _ => "the end",
    };

    private Expression ParseTest(int start, bool isNegated)
    {
        var left = Terms.ParseInfix(allowsPair: true);
        var isAssignment = _tokens.Kind == TokenKind.Assign;
        if (isAssignment || _tokens.Kind == TokenKind.Unify)
        {
            _tokens.Advance();
            var right = Terms.ParseInfix(allowsPair: true);
            return new Expression.Unify(left, right, isAssignment, isNegated, ParseWith(), _tokens.From(start));
        }

        return new Expression.Test(left, isNegated, ParseWith(), _tokens.From(start));
    }

    private Expression ParseSome(int start)
    {
        _tokens.Advance();
        var first = Terms.ParseInfix(allowsPair: true);
        if (first is Term.Call { Sign: "in" } call)
        {
            var (key, value) = call.Arguments.Length == 3 ? (call.Arguments[0], call.Arguments[1])
                : (null, call.Arguments[0]);
            return new Expression.SomeIn(key, value, call.Arguments[^1], ParseWith(), _tokens.From(start));
        }

        var names = new List<Term.Variable>();
        for (var term = first; ; term = Terms.ParseInfix(allowsPair: false))
        {
            if (term is not Term.Variable name)
                throw term.Span.Error(ErrorCodes.Parse, "expected `x in xs` or `x, y in xs` expression, or variables");
            names.Add(name);
            if (!_tokens.Accept(TokenKind.Comma))
                return new Expression.Some([.. names], _tokens.From(start));
        }
    }

    private Expression.Every ParseEvery(int start)
    {
        _tokens.Advance();
        var value = ParseVariable();
        Term.Variable? key = null;
        if (_tokens.Accept(TokenKind.Comma))
            (key, value) = (value, ParseVariable());
        _tokens.Expect(TokenKind.In, "expected `x[, y] in xs { ... }` expression");
        var domain = Terms.ParseInfix(allowsPair: true);
        _tokens.Expect(TokenKind.LeftBrace, "expected \"{\" and the body of every");
        var body = ParseUntil(TokenKind.RightBrace);
        return new Expression.Every(
            new EveryHead(key, value, domain), body, ParseWith(), _tokens.From(start));
    }

    private Term.Variable ParseVariable() => _tokens.Kind == TokenKind.Name
        ? _tokens.TakeVariable()
        : throw _tokens.Unexpected("expected identifier");

    private WithModifier[] ParseWith()
    {
        if (_tokens.Kind != TokenKind.With)
            return [];
        var modifiers = new List<WithModifier>();
        while (_tokens.Kind == TokenKind.With)
        {
            var start = _tokens.Current.Start;
            _tokens.Advance();
            var target = Terms.ParseTerm();
            if (target is not (Term.Variable or Term.Reference))
                throw target.Span.Error(ErrorCodes.Parse, "expected with target path");
            _tokens.Expect(TokenKind.As, "expected as keyword");
            modifiers.Add(new WithModifier(target, Terms.ParseInfix(allowsPair: true), _tokens.From(start)));
        }

        return [.. modifiers];
    }
}
