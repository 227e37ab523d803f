using Writ.Rego.Syntax;
using Writ.Rego.Tree;
using Writ.Rego.Values;

namespace Writ.Rego.Lint;

/// <summary>A module among others, and where findings about it go.</summary>
internal sealed class LintContext(Module module, IReadOnlyList<Module> all, Action<Span> report)
{
    public Module Module => module;

    public IReadOnlyList<Module> All => all;

    /// <summary>The rules of the module's package, in all files.</summary>
    public IEnumerable<Rule> PackageRules => all
        .Where(other => other.Package.SequenceEqual(module.Package, StringComparer.Ordinal))
        .SelectMany(other => other.Rules);

    public void Report(Span span) => report(span);

    public void Report(IEnumerable<Span> spans)
    {
        foreach (var span in spans)
        {
            report(span);
        }
    }

    /// <summary>Looks at every term of the module's rules.</summary>
    public void Terms(Func<Term, bool> isWrong) => Walk(
        term =>
        {
            if (isWrong(term))
                report(term.Span);
        },
        _ => { });

    /// <summary>Looks at every expression of the module's rules.</summary>
    public void Expressions(Func<Expression, bool> isWrong) => Walk(
        _ => { },
        expression =>
        {
            if (isWrong(expression))
                report(expression.Span);
        });

    /// <summary>Looks at every rule of the module.</summary>
    public void Rules(Func<Rule, bool> isWrong)
    {
        foreach (var rule in module.Rules.Where(isWrong))
        {
            report(rule.Head.Span);
        }
    }

    /// <summary>The name of a function or variable with dots: <c>regex.match</c>; empty for anything else.</summary>
    public static string Dotted(Term term) => term switch
    {
        Term.Variable name => name.Name,
        Term.Reference { Head: Term.Variable head } reference when reference.Path.All(
            part => part is Term.Literal { Value: RegoString }) =>
            string.Join('.', reference.Path.Select(part => ((RegoString)((Term.Literal)part).Value).Value)
                .Prepend(head.Name)),
        _ => "",
    };

    /// <summary>How often each variable is named in a rule, its head and the names that it declares included.</summary>
    public static Dictionary<string, int> Uses(Rule rule)
    {
        var uses = new Dictionary<string, int>(StringComparer.Ordinal);
        new TreeWalk(
            term =>
            {
                if (term is Term.Variable name)
                    uses[name.Name] = uses.GetValueOrDefault(name.Name) + 1;
                if (term is Term.Call call)
                    _ = Root(call.Function) is { } root ? uses[root] = uses.GetValueOrDefault(root) + 1 : 0;
            },
            expression =>
            {
                foreach (var with in expression.With)
                {
                    _ = Root(with.Target) is { } root ? uses[root] = uses.GetValueOrDefault(root) + 1 : 0;
                }
            }).Rule(rule);
        return uses;
    }

    private static string? Root(Term term) =>
        (term as Term.Variable ?? (term as Term.Reference)?.Head as Term.Variable)?.Name;

    private void Walk(Action<Term> visitTerm, Action<Expression> visitExpression)
    {
        var walk = new TreeWalk(visitTerm, visitExpression);
        foreach (var rule in module.Rules)
        {
            walk.Rule(rule);
        }
    }
}
