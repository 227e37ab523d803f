using Writ.Rego.Tree;
using Writ.Rego.Values;

namespace Writ.Rego.Syntax;

/// <summary>A module as <c>rego.parse_module</c> gives it: the language's own JSON of its syntax.</summary>
internal static class ModuleJson
{
    public static RegoObject Of(Module module)
    {
        var json = new RegoObject.Builder();
        json.Set("package", Map(("path", Path("data", module.Package))));
        if (module.Imports.Length > 0)
            json.Set("imports", RegoArray.Of(module.Imports.Select(Import)));
        if (module.Rules.Length > 0)
            json.Set("rules", RegoArray.Of(module.Rules.Select(rule => Rule(rule, 0))));
        return json.Build();
    }

    private static RegoValue Import(Import import) => import.Alias is null
        ? Map(("path", Typed("ref", Path(import.Root, import.Path))))
        : Map(("path", Typed("ref", Path(import.Root, import.Path))), ("alias", RegoString.Of(import.Alias)));

    private static RegoObject Rule(Rule rule, int branch)
    {
        var (value, body) = branch == 0
            ? (rule.Head.Value, rule.Body)
            : (rule.Alternatives[branch - 1].Value, rule.Alternatives[branch - 1].Body);
        var json = new RegoObject.Builder();
        if (rule.IsDefault)
            json.Set("default", RegoBoolean.True);
        json.Set("head", Head(rule.Head, value));
        json.Set("body", body.Length > 0 ? Body(body) : RegoArray.Of(
            Map(("index", RegoNumber.Zero), ("terms", Typed("boolean", RegoBoolean.True)))));
        if (branch < rule.Alternatives.Length)
            json.Set("else", Rule(rule, branch + 1));
        return json.Build();
    }

    private static RegoObject Head(RuleHead head, Term? value)
    {
        var json = new RegoObject.Builder();
        json.Set("name", RegoString.Of(head.Name.Name));
        json.Set("ref", RegoArray.Of(head.Path.Prepend(head.Name).Select(Term)));
        if (head.Arguments is { Length: > 0 } arguments)
            json.Set("args", Terms(arguments));
        if (head.Element is { } element)
            json.Set("key", Term(element));
        else
            json.Set("value", value is null ? Typed("boolean", RegoBoolean.True) : Term(value));
        if (head.Form.HasFlag(RuleForm.Assign))
            json.Set("assign", RegoBoolean.True);
        return json.Build();
    }

    private static RegoArray Body(Expression[] body) =>
        RegoArray.Of(body.Select((expression, index) => Expression(expression, index)));

    private static RegoValue Expression(Expression expression, int index)
    {
        var (terms, isNegated) = expression switch
        {
            Expression.Unify unify => (
                RegoArray.Of(
                    Term(Name(unify.IsAssignment ? "assign" : "eq")), Term(unify.Left), Term(unify.Right)),
                unify.IsNegated),
            Expression.Test { Term: Term.Call call } test => (RegoArray.Of(Callee(call)), test.IsNegated),
            Expression.Test test => (Term(test.Term), test.IsNegated),
            Expression.Some some => (Map(("symbols", Terms(some.Names))), false),
            Expression.SomeIn some => (
                Map(("symbols", RegoArray.Of(Typed("call", RegoArray.Of(Member(some)))))), false),
            Expression.Not not => (Not(not.Operand), false),
            Expression.Logical logical => (Logical(logical), false),
            _ => (Every((Expression.Every)expression), false),
        };
        var json = new RegoObject.Builder().Set("index", RegoNumber.Of(index)).Set("terms", terms);
        if (isNegated)
            json.Set("negated", RegoBoolean.True);
        if (expression.With.Length > 0)
        {
            json.Set("with", RegoArray.Of(expression.With.Select(
                RegoValue (with) => Map(("target", Term(with.Target)), ("value", Term(with.Value))))));
        }

        return json.Build();
    }

    private static IEnumerable<RegoValue> Member(Expression.SomeIn some)
    {
        yield return Term(Name(some.Key is null ? "internal.member_2" : "internal.member_3"));
        if (some.Key is not null)
            yield return Term(some.Key);
        yield return Term(some.Value);
        yield return Term(some.Collection);
    }

    private static RegoObject Not(Operand operand) => Map(
        ("body", Body(operand.Body)), ("explicit_body", RegoBoolean.Of(operand.IsExplicit)));

    /// <summary>A chain is a pair whose left side is a pair.</summary>
    private static RegoObject Logical(Expression.Logical logical)
    {
        var (left, isExplicit) = (Body(logical.Operands[0].Body), logical.Operands[0].IsExplicit);
        for (var i = 1; ; i++)
        {
            var right = logical.Operands[i];
            var pair = Map(
                ("lhs", left), ("rhs", Body(right.Body)), ("explicit_lhs", RegoBoolean.Of(isExplicit)),
                ("explicit_rhs", RegoBoolean.Of(right.IsExplicit)));
            if (i == logical.Operands.Length - 1)
                return pair;
            left = RegoArray.Of(Map(("index", RegoNumber.Zero), ("terms", pair)));
            isExplicit = false;
        }
    }

    private static RegoValue Every(Expression.Every every)
    {
        var json = new RegoObject.Builder();
        json.Set("key", every.Head.Key is null ? RegoNull.Instance : Term(every.Head.Key));
        return json.Set("value", Term(every.Head.Value)).Set("domain", Term(every.Head.Domain))
            .Set("body", Body(every.Body)).Build();
    }

    private static IEnumerable<RegoValue> Callee(Term.Call call) => call.Arguments.Prepend(call.Function switch
    {
        Term.Variable { Name: var name } => Name(name),
        _ => call.Function,
    }).Select(Term);

    /// <summary>A function is always a reference, split at its dots.</summary>
    private static Term.Reference Name(string name)
    {
        var words = name.Split('.');
        return new Term.Reference(
            new Term.Variable(words[0], default), [.. words.Skip(1).Select(
                word => new Term.Literal(RegoString.Of(word), default))], default);
    }

    private static RegoArray Terms(IEnumerable<Term> terms) => RegoArray.Of(terms.Select(Term));

    private static RegoValue Term(Term term) => term switch
    {
        Term.Literal { Value: RegoNull } => Typed("null", RegoObject.Empty),
        Term.Literal literal => Typed(literal.Value.KindName, literal.Value),
        Term.Variable variable => Typed("var", RegoString.Of(variable.Name)),
        Term.Reference reference => Typed("ref", Terms(reference.Path.Prepend(reference.Head))),
        Term.Call call => Typed("call", RegoArray.Of(Callee(call))),
        Term.Array array => Typed("array", Terms(array.Items)),
        Term.Set set => Typed("set", Terms(set.Items)),
        Term.Object map => Typed("object", RegoArray.Of(map.Items.Select(
            RegoValue (item) => RegoArray.Of(Term(item.Key), Term(item.Value))))),
        Term.Comprehension { Key: { } key } of => Typed(
            "objectcomprehension", Map(("key", Term(key)), ("value", Term(of.Value)), ("body", Body(of.Body)))),
        Term.Comprehension of => Typed(
            of.Kind == CollectionKind.Array ? "arraycomprehension" : "setcomprehension",
            Map(("term", Term(of.Value)), ("body", Body(of.Body)))),
        _ => Template((Term.Template)term),
    };

    private static RegoValue Template(Term.Template template) => Typed("templatestring", Map(
        ("parts", RegoArray.Of(template.Parts.Select(part => part.Term is null
            ? Typed("string", RegoString.Of(part.Text!))
            : Map(("index", RegoNumber.Zero), ("terms", Term(part.Term)))))),
        ("multi_line", RegoBoolean.Of(template.IsRaw))));

    private static RegoArray Path(string root, IEnumerable<string> words) => RegoArray.Of(
        words.Select(word => Typed("string", RegoString.Of(word))).Prepend(Typed("var", RegoString.Of(root))));

    private static RegoValue Typed(string type, RegoValue value) =>
        Map(("type", RegoString.Of(type)), ("value", value));

    private static RegoObject Map(params ReadOnlySpan<(string Key, RegoValue Value)> items)
    {
        var map = new RegoObject.Builder(items.Length);
        foreach (var (key, value) in items)
        {
            map.Set(key, value);
        }

        return map.Build();
    }
}
