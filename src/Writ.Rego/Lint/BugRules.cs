using Writ.Rego.Builtins;
using Writ.Rego.Resolve;
using Writ.Rego.Tree;
using Writ.Rego.Types;
using Writ.Rego.Values;

namespace Writ.Rego.Lint;

/// <summary>What is likely wrong.</summary>
internal static class BugRules
{
    private const string Bugs = "bugs";

    private static readonly string[] Decisions =
        ["allow", "allowed", "authorized", "denied", "deny", "permit", "permitted"];

    public static IEnumerable<LintRule> All =>
    [
        new("constant-condition", Bugs, "Take out a condition that is the same whatever is asked.", c =>
            c.Expressions(one => one is Expression.Test { Term: Term.Literal or Term.Array or Term.Object or Term.Set }
                or Expression.Test { Term: Term.Call { Sign: not null, Arguments: [Term.Literal, Term.Literal] } })),
        new("unused-variable", Bugs, "Take out the variable, or name it _.", UnusedVariables),
        new("unused-argument", Bugs, "Name an argument that is not looked at _.", UnusedArguments),
        new("rule-shadows-builtin", Bugs, "Give the rule a name that no built-in has.", c =>
            c.Rules(rule => IsBuiltin(rule.Head.Name.Name) && rule.Head.Path.Length == 0)),
        new("var-shadows-builtin", Bugs, "Give the variable a name that no built-in has.", c =>
            c.Report(Declarations(c).Where(name => IsBuiltin(name.Name)).Select(name => name.Span))),
        new("deprecated-builtin", Bugs, "Call what took the place of this built-in: it is going to be removed.", c =>
            c.Terms(term => term is Term.Call call && Find(call) is { IsDeprecated: true })),
        new("missing-default", Bugs, "Add default … := false, so that the decision is never undefined.", c =>
            c.Rules(rule => IsDecision(rule) && !c.PackageRules.Any(
                other => other.IsDefault && other.Head.Name.Name == rule.Head.Name.Name))),
        new("impossible-not", Bugs, "Compare with an empty set, or ask for a member: a set is always defined.", c =>
            c.Expressions(one => one is Expression.Test { IsNegated: true, Term: Term.Variable name }
                && c.PackageRules.Any(rule => rule.Head.Element is not null && rule.Head.Name.Name == name.Name))),
        new("not-equals-in-loop", Bugs, "Write not x in xs: with != one other item is enough.", c =>
            c.Terms(term => term is Term.Call { Sign: "!=" } call && call.Arguments.Any(EndsInWildcard))),
        new("top-level-iteration", Bugs, "Iterate in the rule's body: here any second item is a conflict.", c =>
            c.Rules(rule => !rule.Head.Form.HasFlag(RuleForm.Body) && rule.Head is { Element: null, Path: [] }
                && rule.Head.Value is Term.Reference { Path: var path }
                && path.Any(part => part is Term.Variable { IsWildcard: true }))),
        new("zero-arity-function", Bugs, "Make it a rule: a function without arguments is one.", c =>
            c.Rules(rule => rule.Head.Arguments is [])),
        new("rule-assigns-default", Bugs, "Take out a rule that gives what the default gives.", c =>
            c.Rules(rule => !rule.IsDefault && Value(rule) is { } value && c.PackageRules.Any(
                other => other.IsDefault && other.Head.Name.Name == rule.Head.Name.Name
                    && other.Head.Path.Length == rule.Head.Path.Length && value.Equals(Value(other))))),
        new("if-empty-object", Bugs, "Write the condition: an empty object always holds.", c =>
            c.Rules(rule => rule.Body is [Expression.Test { Term: Term.Object { Items: [] } }])),
        new("unused-result", Bugs, "Assign what the function gives, or compare it: only its being defined counts here.",
            c => c.Expressions(one => one is Expression.Test { IsNegated: false, Term: Term.Call { Sign: null } call }
                && Find(call) is { Name: not ("print" or "trace") } builtin
                && builtin.Type.Arguments.Count == call.Arguments.Length
                && (builtin.Type.Result is RegoType.Set or RegoType.Array
                    || builtin.Type.Result == RegoType.Number || builtin.Type.Result == RegoType.String))),
        new("redundant-existence-check", Bugs, "Take it out: the next line asks for the same and more.", c =>
            EachPair(c, (one, next) => one is Expression.Test { IsNegated: false, Term: Term.Reference asked, With: [] }
                && next is Expression.Test { Term: Term.Call { Sign: not null } call, With: [], IsNegated: false }
                && call.Arguments[0].Span.Text == asked.Span.Text)),
        new("duplicate-rule", Bugs, "Take out a rule that is there twice.", c =>
            c.Report(c.Module.Rules.GroupBy(rule => rule.Span.Text, StringComparer.Ordinal)
                .SelectMany(same => same.Skip(1)).Select(rule => rule.Head.Span))),
        new("unresolved-reference", Bugs, "Name a rule that is there: this package has none of that name.", c =>
            c.Terms(term => term is Term.Reference { Head: Term.Variable { Name: "data" } } reference
                && LeadsNowhere(c, LongestPath(reference)))),
    ];

    private static Builtin? Find(Term.Call call) =>
        BuiltinRegistry.Standard.TryGet(LintContext.Dotted(call.Function), out var builtin) ? builtin : null;

    private static bool IsBuiltin(string name) => BuiltinRegistry.Standard.TryGet(name, out _);

    private static RegoValue? Value(Rule rule) => (rule.Head.Value as Term.Literal)?.Value;

    private static bool IsDecision(Rule rule) =>
        rule.Head is { Path: [], Arguments: null, Element: null }
        && rule.Head.Value is null or Term.Literal { Value: RegoBoolean }
        && Decisions.Contains(rule.Head.Name.Name, StringComparer.Ordinal);

    private static bool EndsInWildcard(Term term) =>
        term is Term.Reference { Path: [.., Term.Variable { IsWildcard: true }] };

    private static IEnumerable<Term.Variable> Declarations(LintContext context)
    {
        var declared = new List<Term.Variable>();
        context.Expressions(one =>
        {
            switch (one)
            {
                case Expression.Unify { IsAssignment: true, Left: Term.Variable name }:
                    declared.Add(name);
                    break;
                case Expression.Some some:
                    declared.AddRange(some.Names);
                    break;
                case Expression.SomeIn some:
                    declared.AddRange(new[] { some.Key, some.Value }.OfType<Term.Variable>());
                    break;
            }

            return false;
        });
        return declared.Concat(context.Module.Rules
            .SelectMany(rule => rule.Head.Arguments ?? []).OfType<Term.Variable>());
    }

    private static void UnusedVariables(LintContext context)
    {
        foreach (var rule in context.Module.Rules)
        {
            var uses = LintContext.Uses(rule);
            new TreeWalk(_ => { }, one =>
            {
                if (one is Expression.Unify { IsAssignment: true, Left: Term.Variable { IsWildcard: false } name }
                    && uses.GetValueOrDefault(name.Name) == 1)
                {
                    context.Report(name.Span);
                }
            }).Rule(rule);
        }
    }

    private static void UnusedArguments(LintContext context)
    {
        foreach (var rule in context.Module.Rules.Where(rule => !rule.IsDefault))
        {
            var arguments = new HashSet<string>(StringComparer.Ordinal);
            foreach (var argument in rule.Head.Arguments ?? [])
            {
                TermResolver.PatternNames(argument, arguments);
            }

            var uses = LintContext.Uses(rule);
            context.Report((rule.Head.Arguments ?? []).OfType<Term.Variable>()
                .Where(name => !name.IsWildcard && !name.Name.StartsWith('_') && uses.GetValueOrDefault(name.Name) == 1)
                .Select(name => name.Span));
        }
    }

    private static void EachPair(LintContext context, Func<Expression, Expression, bool> isWrong)
    {
        foreach (var rule in context.Module.Rules)
        {
            foreach (var (one, next) in rule.Body.Zip(rule.Body.Skip(1)))
            {
                if (isWrong(one, next))
                    context.Report(one.Span);
            }
        }
    }

    private static string[] LongestPath(Term.Reference reference) =>
    [
        .. reference.Path.Select(part => ((part as Term.Literal)?.Value as RegoString)?.Value)
            .TakeWhile(word => word is not null).Select(word => word!),
    ];

    /// <summary>A package that is being looked at is on the way, and nothing of the next name in it or below.</summary>
    private static bool LeadsNowhere(LintContext context, string[] path)
    {
        for (var length = path.Length - 1; length > 0; length--)
        {
            var package = path[..length];
            var inside = context.All.Where(
                other => other.Package.SequenceEqual(package, StringComparer.Ordinal)).ToArray();
            if (inside.Length == 0)
                continue;
            return !inside.Any(other => other.Rules.Any(rule => rule.Head.Name.Name == path[length]))
                && !context.All.Any(other => other.Package.Length > length
                    && other.Package.Take(length + 1).SequenceEqual(path.Take(length + 1), StringComparer.Ordinal));
        }

        return false;
    }
}
