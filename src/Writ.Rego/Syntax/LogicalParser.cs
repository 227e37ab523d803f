using Writ.Rego.Tree;

namespace Writ.Rego.Syntax;

/// <summary>
/// <c>and</c>, <c>or</c> and their operands, and <c>not</c> before a body. Braces and brackets that may be a value or
/// an operand are tried as an operand first.
/// </summary>
internal sealed class LogicalParser(TokenReader tokens, BodyParser bodies)
{
    /// <summary>Where brackets hold values: each is tried once, however often it is read again.</summary>
    private readonly HashSet<(int Offset, bool IsOperand)> _values = [];

    /// <summary>Whether <c>not</c> takes a body: <c>future.keywords.not</c> was imported.</summary>
    public bool NegatesBodies { get; set; }

    private bool IsActive => tokens.IsEnabled(TokenKind.AndWord) || tokens.IsEnabled(TokenKind.OrWord);

    public static bool IsSign(TokenKind kind) => kind is TokenKind.AndWord or TokenKind.OrWord;

    /// <summary>An expression that begins with an operand in braces or brackets; null when it is none.</summary>
    public Expression? TryParse()
    {
        if (!IsActive)
            return null;
        return tokens.Kind switch
        {
            TokenKind.LeftBrace => TryParseBraces(),
            TokenKind.LeftParen => TryParseGroup(isOperand: false, "") is { } group ? Finish(group) : null,
            _ => null,
        };
    }

    /// <summary>After an operand: the whole chain where one follows, with the <c>with</c> that is meant for all of it.
    /// </summary>
    public Expression Finish(Operand first) =>
        Attach(IsSign(tokens.Kind) ? ParseOr(first) : first.Body[0]);

    /// <summary>After <c>not</c>, before <c>{</c>: the body that must not hold.</summary>
    public Expression.Not ParseNotBody(int start)
    {
        var brace = tokens.Save();
        var at = tokens.CurrentSpan;
        tokens.Advance();
        var isEmpty = tokens.Kind == TokenKind.RightBrace;
        Operand operand;
        try
        {
            operand = new Operand(bodies.ParseUntil(TokenKind.RightBrace), true, tokens.From(at.Start));
        }
        catch (RegoError) when (!isEmpty && Retry(brace, () => bodies.Terms.ParseInfix(allowsPair: true)) is { } term)
        {
            throw LogicalErrors.NeedsBody(at, tokens.From(at.Start), term);
        }

        LogicalErrors.CheckUnion(operand, "not ");
        return new Expression.Not(operand, [], tokens.From(start));
    }

    /// <summary>After <c>not</c>: an operand in brackets; null when the brackets hold a value.</summary>
    public Expression.Not? TryParseNotGroup(int start) =>
        NegatesBodies && tokens.Kind == TokenKind.LeftParen && TryParseGroup(isOperand: true, "not ") is { } group
            ? new Expression.Not(group, [], tokens.From(start))
            : null;

    /// <summary>What stands before the first sign and is no operand by itself.</summary>
    public Expression FinishPlain(Expression expression, Span with, bool isNegated)
    {
        if (!IsSign(tokens.Kind))
            return expression;
        if (expression.With.Length > 0)
            throw LogicalErrors.With(with, tokens.CurrentSpan.Text);
        if (!isNegated && expression.Span.Text.StartsWith('{'))
        {
            throw expression is Expression.Test { Term: Term.Object { Items: [] } }
                ? expression.Span.Error(ErrorCodes.Parse, "found empty body")
                : LogicalErrors.BeginsWithBrace(expression.Span, tokens.CurrentSpan.Text);
        }

        return Finish(Single(expression));
    }

    private static Operand Single(Expression expression) => new([expression], false, expression.Span);

    private Expression Attach(Expression expression)
    {
        var start = expression.Span.Start;
        return !tokens.IsWord(TokenKind.With) ? expression : expression switch
        {
            Expression.Logical logical => new Expression.Logical(
                logical.IsOr, logical.Operands, bodies.ParseWith(), tokens.From(start)),
            Expression.Not not => new Expression.Not(not.Operand, bodies.ParseWith(), tokens.From(start)),
            Expression.Test test => new Expression.Test(
                test.Term, test.IsNegated, bodies.ParseWith(), tokens.From(start)),
            Expression.Unify unify => new Expression.Unify(
                unify.Left, unify.Right, unify.IsAssignment, unify.IsNegated, bodies.ParseWith(), tokens.From(start)),
            _ => expression,
        };
    }

    private Expression ParseOr(Operand first) => ParseChain(isOr: true, ParseAnd(first));

    private Operand ParseAnd(Operand first) => tokens.Kind == TokenKind.AndWord
        ? Single(ParseChain(isOr: false, first))
        : first;

    /// <summary>All that one sign joins; <c>and</c> binds more strongly.</summary>
    private Expression ParseChain(bool isOr, Operand first)
    {
        var sign = isOr ? TokenKind.OrWord : TokenKind.AndWord;
        if (tokens.Kind != sign)
            return first.Body[0];
        tokens.Enter();
        var operands = new List<Operand>();
        if (first is { IsExplicit: false, Body: [Expression.Logical { With: [] } inner] } && inner.IsOr == isOr)
            operands.AddRange(inner.Operands);
        else
            operands.Add(first);
        while (tokens.Accept(sign))
        {
            var operand = ParseOperand(isOr ? "or" : "and");
            operands.Add(isOr ? ParseAnd(operand) : operand);
        }

        tokens.Leave();
        return new Expression.Logical(isOr, [.. operands], [], tokens.From(first.Span.Start));
    }

    /// <summary>One operand of a sign; without a sign it is a guess, and may turn out to be none.</summary>
    private Operand ParseOperand(string sign)
    {
        if (tokens.Kind == TokenKind.LeftBrace)
            return ParseBraces(sign);
        var start = tokens.Current.Start;
        var isNegated = tokens.AcceptNot();
        if (!isNegated && tokens.Kind == TokenKind.LeftParen && TryParseGroup(isOperand: true, "") is { } group)
            return group;
        if (isNegated && NegatesBodies && tokens.Kind == TokenKind.LeftBrace)
            return Single(ParseNotBody(start));
        if (isNegated && TryParseNotGroup(start) is { } not)
            return Single(not);
        return Single(bodies.ParseEquation(start, isNegated, with: false));
    }

    private Operand ParseBraces(string sign)
    {
        var brace = tokens.Save();
        var at = tokens.CurrentSpan;
        tokens.Advance();
        var isEmpty = tokens.Kind == TokenKind.RightBrace;
        Operand operand;
        try
        {
            operand = new Operand(bodies.ParseUntil(TokenKind.RightBrace), true, tokens.From(at.Start));
        }
        catch (RegoError) when (!isEmpty && sign.Length > 0
            && Retry(brace, () => bodies.Terms.ParseInfix(allowsPair: true)) is not null)
        {
            throw LogicalErrors.BeginsWithBrace(tokens.From(at.Start), sign);
        }

        if (sign.Length > 0)
            LogicalErrors.CheckUnion(operand, "");
        return operand;
    }

    private Expression? TryParseBraces()
    {
        var mark = tokens.Save();
        var start = mark.Current.Start;
        if (_values.Contains((start, false)))
            return null;
        var body = Retry(mark, () =>
        {
            tokens.Advance();
            return bodies.ParseUntil(TokenKind.RightBrace);
        });
        if (body is not null && IsSign(tokens.Kind))
        {
            var operand = new Operand(body, true, tokens.From(start));
            LogicalErrors.CheckUnion(operand, "");
            return Finish(operand);
        }

        return Refuse<Expression>(mark, false);
    }

    /// <summary>Brackets around operands; null, and nothing taken, when they hold a value.</summary>
    private Operand? TryParseGroup(bool isOperand, string prefix)
    {
        var mark = tokens.Save();
        var open = tokens.CurrentSpan;
        if (!IsActive && prefix.Length == 0 || _values.Contains((open.Start, isOperand)))
            return null;
        tokens.Enter();
        tokens.Advance();
        if (tokens.Kind == TokenKind.RightParen)
        {
            return isOperand
                ? throw open.Error(ErrorCodes.Parse, "empty parenthesized group")
                : Refuse<Operand>(mark, isOperand);
        }

        if (Retry(tokens.Save(), () => ParseOperand("")) is not { } left)
            return Refuse<Operand>(mark, isOperand);
        if (IsSign(tokens.Kind))
        {
            if (left.IsExplicit)
                LogicalErrors.CheckUnion(left, "");
            return Close(Attach(ParseOr(left)), open);
        }

        if (tokens.IsWord(TokenKind.With) && !left.IsExplicit)
        {
            var with = tokens.CurrentSpan;
            var attached = Attach(left.Body[0]);
            if (IsSign(tokens.Kind))
                throw LogicalErrors.With(with, tokens.CurrentSpan.Text);
            var group = Close(attached, open);
            return isOperand || IsSign(tokens.Kind) ? group : Refuse<Operand>(mark, isOperand);
        }

        if (left.IsExplicit && Retry(mark, ParseBracketedTerm) is null)
            throw LogicalErrors.WrapsBody(open, prefix + left.Span.Text);
        return left.Body is [Expression.Logical or Expression.Not or Expression.Test { IsNegated: true }
                or Expression.Unify { IsNegated: true }] && !left.IsExplicit
            ? Close(left.Body[0], open)
            : Refuse<Operand>(mark, isOperand);
    }

    private Term ParseBracketedTerm()
    {
        tokens.Advance();
        return bodies.Terms.ParseTerm();
    }

    private Operand Close(Expression inner, Span open)
    {
        if (tokens.Kind != TokenKind.RightParen)
            throw tokens.CurrentSpan.Error(ErrorCodes.Parse, "expected ) to close parenthesized group");
        tokens.Advance();
        tokens.Leave();
        return new Operand([inner], false, tokens.From(open.Start));
    }

    private T? Refuse<T>(TokenReader.Mark mark, bool isOperand)
        where T : class
    {
        _values.Add((mark.Current.Start, isOperand));
        tokens.Restore(mark);
        return null;
    }

    /// <summary>Reads from a place; null where that fails.</summary>
    private T? Retry<T>(TokenReader.Mark from, Func<T> read)
        where T : class
    {
        tokens.Restore(from);
        return bodies.Terms.Try(read);
    }
}
