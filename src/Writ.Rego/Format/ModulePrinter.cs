using Writ.Rego.Tree;

namespace Writ.Rego.Format;

/// <summary>Modules, rules and bodies.</summary>
internal sealed class ModulePrinter
{
    private readonly Module _module;
    private readonly Output _output;
    private readonly TermPrinter _terms;

    public ModulePrinter(Module module)
    {
        _module = module;
        _output = new Output(module.Comments);
        _terms = new TermPrinter(_output, Inner);
    }

    public string Print()
    {
        _output.Begin(_module.PackageSpan);
        _output.Write("package " + _module.Package[0]);
        _terms.Path(Resolve.ModuleNames.Words(_module.Package.Skip(1), default));
        _output.EndOf(_module.PackageSpan);
        var statements = _module.Imports.Select(import => (import.Span, (object)import))
            .Concat(_module.Rules.Select(rule => (rule.Span, (object)rule))).OrderBy(item => item.Span.Start);
        object? before = null;
        foreach (var (span, statement) in statements)
        {
            if (before is null || before.GetType() != statement.GetType() || IsLong(before) || IsLong(statement))
                _output.Space();
            _output.Begin(span);
            if (statement is Import import)
                Import(import);
            else
                Rule((Rule)statement);
            _output.EndOf(span);
            before = statement;
        }

        _output.Flush(int.MaxValue);
        return _output.ToString();
    }

    private static bool IsLong(object statement) =>
        statement is Rule rule
        && (rule.Span.Source!.Locate(rule.Span.End - 1).Row > rule.Span.Row || rule.Head.Form.HasFlag(RuleForm.Braces));

    private void Import(Import import)
    {
        _output.Write("import " + import.Root);
        _terms.Path(Resolve.ModuleNames.Words(import.Path, default));
        if (import.Alias is not null)
            _output.Write(" as " + import.Alias);
    }

    private void Rule(Rule rule)
    {
        var head = rule.Head;
        if (rule.IsDefault)
            _output.Write("default ");
        _terms.Print(head.Name);
        _terms.Path(head.Path);
        if (head.Arguments is { } arguments)
        {
            _output.Write("(");
            for (var i = 0; i < arguments.Length; i++)
            {
                _output.Write(i > 0 ? ", " : "");
                _terms.Print(arguments[i], 1);
            }

            _output.Write(")");
        }

        if (head.Element is { } element)
        {
            var hasWord = head.Form.HasFlag(RuleForm.Contains);
            _output.Write(hasWord ? " contains " : "[");
            _terms.Print(element);
            _output.Write(hasWord ? "" : "]");
        }

        Value(head.Value, head.Form);
        Body(rule.Body, head.Form, rule.Alternatives is [var next, ..] ? next.Span.Start : rule.Span.End);
        for (var i = 0; i < rule.Alternatives.Length; i++)
        {
            var alternative = rule.Alternatives[i];
            _output.Write(" else");
            Value(alternative.Value, alternative.Form);
            var end = i + 1 < rule.Alternatives.Length ? rule.Alternatives[i + 1].Span.Start : rule.Span.End;
            Body(alternative.Body, alternative.Form, end);
        }
    }

    private void Value(Term? value, RuleForm form)
    {
        if (value is null)
            return;
        _output.Write(form.HasFlag(RuleForm.Assign) ? " := " : " = ");
        _terms.Print(value);
    }

    private void Body(Expression[] body, RuleForm form, int end)
    {
        if (!form.HasFlag(RuleForm.Body))
            return;
        _output.Write(form.HasFlag(RuleForm.If) ? " if " : " ");
        if (!form.HasFlag(RuleForm.Braces))
        {
            Expression(body[0]);
            return;
        }

        _output.Write("{");
        Lines(body, end);
        _output.Write("}");
    }

    /// <summary>Expressions on lines of their own, up to a closing brace.</summary>
    private void Lines(Expression[] body, int end)
    {
        _output.End(body[0].Span.Row - 1);
        _output.Indent();
        _output.Opened();
        foreach (var expression in body)
        {
            _output.Begin(expression.Span);
            Expression(expression, beginsBraces: expression == body[0]);
            _output.EndOf(expression.Span);
        }

        _output.Flush(end);
        _output.Unindent();
    }

    /// <summary>The body of a comprehension: alone on its line, or between semicolons on none.</summary>
    private void Inner(Expression[] body)
    {
        if (body.Length == 1)
        {
            Expression(body[0]);
            return;
        }

        for (var i = 0; i < body.Length; i++)
        {
            if (i > 0)
                _output.EndOf(body[i - 1].Span);
            _output.Begin(body[i].Span);
            Expression(body[i]);
        }
    }

    /// <summary>A union that begins braces keeps its brackets: without them it would begin a comprehension.</summary>
    private void Left(Term term, bool beginsBraces)
    {
        if (beginsBraces && term is Term.Call { Sign: "|" })
            _terms.Print(term, 10);
        else
            _terms.Print(term);
    }

    private void Expression(Expression expression, bool beginsBraces = false)
    {
        switch (expression)
        {
            case Expression.Test test:
                _output.Write(test.IsNegated ? "not " : "");
                Left(test.Term, beginsBraces);
                break;
            case Expression.Unify unify:
                _output.Write(unify.IsNegated ? "not " : "");
                Left(unify.Left, beginsBraces);
                _output.Write(unify.IsAssignment ? " := " : " = ");
                _terms.Print(unify.Right);
                break;
            case Expression.Some some:
                var names = some.Names.Select(name => name.IsWildcard ? "_" : name.Name);
                _output.Write("some " + string.Join(", ", names));
                break;
            case Expression.SomeIn some:
                _output.Write("some ");
                if (some.Key is { } key)
                {
                    _terms.Print(key, 1);
                    _output.Write(", ");
                }

                _terms.Print(some.Value, 1);
                _output.Write(" in ");
                _terms.Print(some.Collection, 1);
                break;
            case Expression.Every every:
                Every(every);
                break;
            case Expression.Not not:
                _output.Write("not ");
                Operand(not.Operand, not.Operand.Body[0] is Tree.Expression.Logical or Tree.Expression.Not);
                break;
            case Expression.Logical logical:
                Logical(logical);
                break;
        }

        foreach (var with in expression.With)
        {
            _output.Write(" with ");
            _terms.Print(with.Target);
            _output.Write(" as ");
            _terms.Print(with.Value);
        }
    }

    /// <summary>On one line, or a line for each operand where the source has several.</summary>
    private void Logical(Expression.Logical logical)
    {
        var sign = logical.IsOr ? "or" : "and";
        for (var i = 0; i < logical.Operands.Length; i++)
        {
            var operand = logical.Operands[i];
            var takesBrackets = operand is { IsExplicit: false, Body: [var inner] }
                && (inner.With.Length > 0 || inner is Expression.Logical { IsOr: var isOr } && (isOr || !logical.IsOr));
            if (i == 0)
            {
                Operand(operand, takesBrackets);
                continue;
            }

            var before = logical.Operands[i - 1].Span;
            var isNewLine = operand.Span.Row > before.EndRow;
            _output.Write(" " + sign);
            if (isNewLine)
            {
                _output.EndOf(before);
                _output.Indent();
                _output.Begin(operand.Span);
            }
            else
            {
                _output.Write(" ");
            }

            Operand(operand, takesBrackets);
            if (isNewLine)
                _output.Unindent();
        }
    }

    private void Operand(Operand operand, bool takesBrackets)
    {
        if (!operand.IsExplicit)
        {
            var isSet = operand.Body[0] is Expression.Test { Term: Term.Set or Term.Object or Term.Comprehension };
            _output.Write(takesBrackets || isSet ? "(" : "");
            Expression(operand.Body[0]);
            _output.Write(takesBrackets || isSet ? ")" : "");
            return;
        }

        if (operand.Body.Length == 1 && operand.Span.EndRow == operand.Span.Row)
        {
            _output.Write("{ ");
            Expression(operand.Body[0], beginsBraces: true);
            _output.Write(" }");
            return;
        }

        _output.Write("{");
        Lines(operand.Body, operand.Span.End);
        _output.Write("}");
    }

    private void Every(Expression.Every every)
    {
        _output.Write("every ");
        if (every.Head.Key is { } key)
        {
            _terms.Print(key);
            _output.Write(", ");
        }

        _terms.Print(every.Head.Value);
        _output.Write(" in ");
        _terms.Print(every.Head.Domain);
        _output.Write(" {");
        Lines(every.Body, every.With is [var first, ..] ? first.Span.Start : every.Span.End);
        _output.Write("}");
    }
}
