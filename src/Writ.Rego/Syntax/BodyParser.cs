using Writ.Rego.Tree;

namespace Writ.Rego.Syntax;

/// <summary>Bodies: expressions separated by line ends or semicolons.</summary>
internal sealed class BodyParser
{
    private readonly TokenReader _tokens;

    public BodyParser(TokenReader tokens) =>
        (_tokens, Terms, Logic) = (tokens, new TermParser(tokens, this), new LogicalParser(tokens, this));

    public TermParser Terms { get; }

    public LogicalParser Logic { get; }

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
        var parsed = Logic.TryParse() ?? ParsePlain();
        _tokens.Leave();
        return parsed;
    }

    private Expression ParsePlain()
    {
        var start = _tokens.Current.Start;
        if (_tokens.TryTakeAsName())
            return ParseTest(start, isNegated: false);
        var isNegated = _tokens.AcceptNot();
        if (isNegated && _tokens.Kind is TokenKind.Some or TokenKind.Every)
            throw _tokens.Unexpected($"illegal negation of '{_tokens.CurrentSpan.Text}'");
        if (isNegated && Logic.NegatesBodies && _tokens.Kind == TokenKind.LeftBrace)
            return Finish(Logic.ParseNotBody(start));
        if (isNegated && Logic.TryParseNotGroup(start) is { } group)
            return Finish(group);
        return _tokens.Kind switch
        {
            TokenKind.Some => ParseSome(start),
            TokenKind.Every => ParseEvery(start),
            _ => ParseTest(start, isNegated),
        };
    }

    private Expression Finish(Expression.Not not) => Logic.Finish(new Operand([not], false, not.Span));

    private static string Closing(TokenKind close) => close switch
    {
        TokenKind.RightBracket => "]",
        TokenKind.RightBrace => "}",
        _ => "the end",
    };

    private Expression ParseTest(int start, bool isNegated)
    {
        var expression = ParseEquation(start, isNegated, with: true);
        var with = expression.With is [var first, ..] ? first.Span : default;
        return Logic.FinishPlain(expression, with, isNegated);
    }

    /// <summary>A term, or an equation of two; negated, where <c>not</c> stood before it.</summary>
    public Expression ParseEquation(int start, bool isNegated, bool with)
    {
        var from = _tokens.Current.Start;
        var left = Terms.ParseInfix(allowsPair: true);
        Term? right = null;
        var isAssignment = _tokens.Kind == TokenKind.Assign;
        if (isAssignment || _tokens.Kind == TokenKind.Unify)
        {
            _tokens.Advance();
            right = Terms.ParseInfix(allowsPair: true);
        }

        if (!isNegated || !Logic.NegatesBodies)
            return Equation(isNegated, with ? ParseWith() : [], start);
        var inner = new Operand([Equation(isNegated: false, [], from)], false, _tokens.From(from));
        return new Expression.Not(inner, with ? ParseWith() : [], _tokens.From(start));

        Expression Equation(bool isNegated, WithModifier[] modifiers, int begin) => right is null
            ? new Expression.Test(left, isNegated, modifiers, _tokens.From(begin))
            : new Expression.Unify(left, right, isAssignment, isNegated, modifiers, _tokens.From(begin));
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

    public WithModifier[] ParseWith()
    {
        if (!_tokens.IsWord(TokenKind.With))
            return [];
        var modifiers = new List<WithModifier>();
        while (_tokens.IsWord(TokenKind.With))
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
