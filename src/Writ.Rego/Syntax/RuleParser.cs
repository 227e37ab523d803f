using Writ.Rego.Tree;

namespace Writ.Rego.Syntax;

/// <summary>Rules, with the checks that the module's version asks for.</summary>
internal sealed class RuleParser(TokenReader tokens, BodyParser bodies)
{
    /// <summary>The syntax that rules are held to; <c>import rego.v1</c> raises it.</summary>
    public RegoVersion Version { get; set; }

    /// <summary>One rule, or several where bodies are chained.</summary>
    public void Parse(List<Rule> rules)
    {
        var start = tokens.Current.Start;
        var isDefault = !tokens.TryTakeAsName() && tokens.Accept(TokenKind.Default);
        tokens.TryTakeAsName();
        if (tokens.Kind is not (TokenKind.Name or TokenKind.Contains))
            throw tokens.Unexpected(isDefault ? "expected rule head name" : "expected a rule, an import or a package");
        var head = ParseHead(isDefault);
        if (isDefault)
        {
            var rule = new Rule(head, true, [], [], tokens.From(start));
            DefaultRules.Check(rule);
            rules.Add(rule);
            return;
        }

        var hasIf = tokens.Kind == TokenKind.If;
        if (!hasIf && Version == RegoVersion.V0 && head is
            { Path: [var element], Arguments: null, Element: null, Value: null, Form: RuleForm.None })
        {
            head = head with { Path = [], Element = element };
        }

        var form = head.Form | (hasIf ? RuleForm.If : RuleForm.None);
        var body = ParseBody(ref form, isOptional: true);
        if (head.Form != form)
            head = head with { Form = form };
        var alternatives = tokens.IsWord(TokenKind.Else) ? ParseAlternatives(head) : [];
        Add(rules, new Rule(head, false, body, alternatives, tokens.From(start)));
        while (tokens.Kind == TokenKind.LeftBrace && form.HasFlag(RuleForm.Body))
        {
            if (alternatives.Length > 0)
                throw tokens.Unexpected("expected else keyword");
            start = tokens.Current.Start;
            tokens.Advance();
            body = bodies.ParseUntil(TokenKind.RightBrace);
            var span = tokens.From(start);
            var next = head with { Form = form | RuleForm.Chained, Span = span, Arguments = Renamed(head.Arguments) };
            Add(rules, new Rule(next, false, body, [], span));
        }
    }

    /// <summary>Each <c>_</c> of a head that is written once and used twice is a variable of its own.</summary>
    private Term[]? Renamed(Term[]? arguments) => arguments?.Select(term =>
        term is Term.Variable { IsWildcard: true } ? new Term.Variable(tokens.NextWildcard(), term.Span) : term)
        .ToArray();

    private RuleHead ParseHead(bool isDefault)
    {
        var start = tokens.Current.Start;
        var (name, path, arguments) = Split(bodies.Terms.ParseTerm());
        Term? element = null;
        Term? value = null;
        var form = RuleForm.None;
        if (tokens.Kind == TokenKind.Contains)
        {
            if (arguments is not null)
            {
                throw tokens.Unexpected(
                    "the contains keyword can only be used with multi-value rule definitions "
                    + $"(e.g., {name.Name} contains <VALUE> {{ ... }})");
            }

            tokens.Advance();
            element = bodies.Terms.ParseInfix(allowsPair: true);
            form = RuleForm.Contains;
        }
        else if (tokens.Kind is TokenKind.Assign or TokenKind.Unify)
        {
            form = tokens.Kind == TokenKind.Assign ? RuleForm.Assign : RuleForm.None;
            tokens.Advance();
            value = ParseValue(name, arguments, isDefault);
        }

        return new RuleHead(name, path, arguments, element, value, form, tokens.From(start));
    }

    private Term ParseValue(Term.Variable name, Term[]? arguments, bool isDefault)
    {
        if (tokens.Kind is TokenKind.End or TokenKind.If or TokenKind.RightBrace)
        {
            throw tokens.Unexpected(arguments is not null
                ? $"expected function value term (e.g., {name.Name}(...) := <VALUE> {{ ... }})"
                : isDefault ? $"expected default rule value term (e.g., default {name.Name} := <VALUE>)"
                : $"expected rule value term (e.g., {name.Name} := <VALUE> {{ ... }})");
        }

        return bodies.Terms.ParseInfix(allowsPair: true);
    }

    private static (Term.Variable Name, Term[] Path, Term[]? Arguments) Split(Term term)
    {
        var called = term as Term.Call;
        return (called?.Function ?? term) switch
        {
            Term.Variable name => (name, [], called?.Arguments),
            Term.Reference { Head: Term.Variable name } reference => (name, reference.Path, called?.Arguments),
            _ => throw term.Span.Error(ErrorCodes.Parse, "rule head ref invalid: a rule begins with its name"),
        };
    }

    private Expression[] ParseBody(ref RuleForm form, bool isOptional)
    {
        var hasIf = tokens.Accept(TokenKind.If);
        if (tokens.Kind != TokenKind.LeftBrace)
        {
            if (!hasIf && isOptional)
                return [];
            form |= RuleForm.Body;
            return [bodies.Parse()];
        }

        form |= RuleForm.Body | RuleForm.Braces;
        if (hasIf)
            return ParseAfterIf(ref form);
        tokens.Advance();
        return bodies.ParseUntil(TokenKind.RightBrace);
    }

    /// <summary>
    /// Braces after <c>if</c> are a body, or begin an expression, as in <c>if {1, 2} == x</c>.
    /// </summary>
    private Expression[] ParseAfterIf(ref RuleForm form)
    {
        var mark = tokens.Save();
        RegoError? error = null;
        Expression[] body = [];
        try
        {
            tokens.Advance();
            body = bodies.ParseUntil(TokenKind.RightBrace);
            if (!BeginsExpression(body))
                return body;
        }
        catch (RegoError wrong)
        {
            error = wrong;
        }

        var end = tokens.Save();
        tokens.Restore(mark);
        try
        {
            var literal = bodies.Parse();
            if (literal is not Expression.Test { Term: Term.Set })
            {
                form &= ~RuleForm.Braces;
                return [literal];
            }
        }
        catch (RegoError) when (error is not null)
        {
            throw error;
        }
        catch (RegoError)
        {
            // The body is what was meant.
        }

        tokens.Restore(end);
        return error is null ? body : throw error;
    }

    private bool BeginsExpression(Expression[] body) =>
        (tokens.Kind is (>= TokenKind.Plus and <= TokenKind.GreaterOrEqual) or TokenKind.In or TokenKind.With
            or TokenKind.AndWord or TokenKind.OrWord)
        || body[0] is Expression.Test { Term: Term.Call { Sign: "|" }, IsNegated: false }
            or Expression.Unify { Left: Term.Call { Sign: "|" }, IsNegated: false };

    private Alternative[] ParseAlternatives(RuleHead head)
    {
        if (head.Path.Any(term => term is not Term.Literal))
            throw tokens.Unexpected("else keyword cannot be used on rules with variables in head");
        if (head.Element is not null)
            throw tokens.Unexpected("else keyword cannot be used on multi-value rules");
        var alternatives = new List<Alternative>();
        while (tokens.IsWord(TokenKind.Else))
        {
            var start = tokens.Current.Start;
            tokens.Advance();
            var form = RuleForm.None;
            Term? value = null;
            if (tokens.Kind is TokenKind.Assign or TokenKind.Unify)
            {
                form = tokens.Kind == TokenKind.Assign ? RuleForm.Assign : RuleForm.None;
                tokens.Advance();
                value = bodies.Terms.ParseInfix(allowsPair: true);
            }
            else if (tokens.Kind is not (TokenKind.LeftBrace or TokenKind.If))
            {
                throw tokens.Unexpected("expected else value term or rule body");
            }

            form |= tokens.Kind == TokenKind.If ? RuleForm.If : RuleForm.None;
            var body = ParseBody(ref form, isOptional: true);
            alternatives.Add(new Alternative(value, body, form, tokens.From(start)));
        }

        return [.. alternatives];
    }

    private void Add(List<Rule> rules, Rule rule)
    {
        if (Version == RegoVersion.V1)
            CheckV1(rule);
        else if (rule.Head is { Form: RuleForm.None, Value: null, Element: null, Arguments: null, Path: [] })
            throw rule.Span.Error(ErrorCodes.Parse, "var cannot be used for rule name");
        rules.Add(rule);
    }

    private static bool LacksIf(RuleForm form) => form.HasFlag(RuleForm.Body) && !form.HasFlag(RuleForm.If);

    private static void CheckV1(Rule rule)
    {
        var sort = rule.Head.Arguments is null ? "rule" : "function";
        var head = rule.Head;
        if (!head.Form.HasFlag(RuleForm.Body) && head.Value is null && head.Element is null)
        {
            throw rule.Span.Error(
                ErrorCodes.Parse, $"{sort} must have value assignment and/or body declaration");
        }

        if (LacksIf(head.Form) || Array.Exists(rule.Alternatives, alternative => LacksIf(alternative.Form)))
            throw rule.Span.Error(ErrorCodes.Parse, $"`if` keyword is required before {sort} body");
        if (head.Element is not null && !head.Form.HasFlag(RuleForm.Contains))
            throw rule.Span.Error(ErrorCodes.Parse, "`contains` keyword is required for partial set rules");
    }
}
