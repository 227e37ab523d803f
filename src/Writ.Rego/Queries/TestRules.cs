using System.Globalization;
using Writ.Rego.Tree;
using Writ.Rego.Values;

namespace Writ.Rego.Queries;

/// <summary>
/// Tests are rules named <c>test_…</c>. Of several with one name each is a test of its own, the second as
/// <c>test_x#01</c>; and one with cases, <c>test_x[case]</c>, tells of each that it begins, so that one that fails is
/// known by name.
/// </summary>
internal static class TestRules
{
    /// <summary>What a case is told to: <c>internal.test_case([…])</c>.</summary>
    public const string CaseFunction = "internal.test_case";

    public static List<Module> Separate(IEnumerable<Module> modules)
    {
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        return [.. modules.Select(module => module with
        {
            Rules = [.. module.Rules.Select(rule => Separate(module, rule, seen))],
        })];
    }

    /// <summary>How many words of a rule's name and path make the name of the test; 0 when it is none.</summary>
    public static int Length(IReadOnlyList<string> words)
    {
        for (var i = 0; i < words.Count; i++)
        {
            if (words[i].StartsWith("test_", StringComparison.Ordinal)
                || words[i].StartsWith("todo_test_", StringComparison.Ordinal))
            {
                return i + 1;
            }
        }

        return 0;
    }

    private static Rule Separate(Module module, Rule rule, Dictionary<string, int> seen)
    {
        var words = Words(rule);
        var length = Length(words);
        if (rule.IsDefault || length == 0 || !words[length - 1].StartsWith("test_", StringComparison.Ordinal))
            return rule;
        var name = string.Join('.', [.. module.Package, .. words[..length]]);
        var count = seen.GetValueOrDefault(name);
        seen[name] = count + 1;
        var body = WithCase(rule, rule.Head.Path[(length - 1)..]);
        return rule with { Body = body, Head = count == 0 ? rule.Head : Renamed(rule.Head, words, length, count) };
    }

    private static string[] Words(Rule rule) =>
    [
        rule.Head.Name.Name,
        .. rule.Head.Path.Select(part => ((part as Term.Literal)?.Value as RegoString)?.Value)
            .TakeWhile(word => word is not null).Select(word => word!),
    ];

    private static RuleHead Renamed(RuleHead head, string[] words, int length, int count)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{words[length - 1]}#{count:00}");
        if (length == 1)
            return head with { Name = new Term.Variable(name, head.Name.Span) };
        Term[] path = [.. head.Path];
        path[length - 2] = new Term.Literal(RegoString.Of(name), path[length - 2].Span);
        return head with { Path = path };
    }

    /// <summary>The case is told as soon as its name is known.</summary>
    private static Expression[] WithCase(Rule rule, Term[] name)
    {
        if (name.Length == 0 || rule.Body.Length == 0)
            return rule.Body;
        var span = rule.Head.Span;
        var mentioned = new HashSet<string>(StringComparer.Ordinal);
        foreach (var part in name)
        {
            Mention(part, mentioned);
        }

        var at = 1 + Array.FindLastIndex(rule.Body, expression => Declares(expression, mentioned));
        var tell = new Expression.Test(
            new Term.Call(new Term.Variable(CaseFunction, span), [new Term.Array(name, span)], null, span), false, [],
            span);
        return [.. rule.Body[..at], tell, .. rule.Body[at..]];
    }

    private static bool Declares(Expression expression, HashSet<string> names) => expression switch
    {
        Expression.Some some => some.Names.Any(name => names.Contains(name.Name)),
        Expression.SomeIn some => Binds(some.Key, names) || Binds(some.Value, names),
        Expression.Unify { IsAssignment: true } assign => Binds(assign.Left, names),
        _ => false,
    };

    private static bool Binds(Term? pattern, HashSet<string> names)
    {
        var bound = new HashSet<string>(StringComparer.Ordinal);
        Resolve.TermResolver.PatternNames(pattern, bound);
        return bound.Overlaps(names);
    }

    private static void Mention(Term term, HashSet<string> names) => new TreeWalk(
        part =>
        {
            if (part is Term.Variable variable)
                names.Add(variable.Name);
        },
        _ => { }).Term(term);
}
