using Writ.Rego.Builtins;
using Writ.Rego.Compile;
using Writ.Rego.Resolve;
using Writ.Rego.Syntax;
using Writ.Rego.Tree;
using Writ.Rego.Values;

namespace Writ.Rego.Queries;

/// <summary>What the tools ask of a policy: its rules, its lines, the names of its packages.</summary>
internal static class PolicyOutline
{
    public static IEnumerable<RuleDescription> Rules(RuleTree tree) => tree.Groups.Distinct()
        .SelectMany(group => group.Sources).Select(Describe)
        .OrderBy(rule => rule.File, StringComparer.Ordinal).ThenBy(rule => rule.Row).ThenBy(rule => rule.Column);

    /// <summary>As OPA counts them: the first line of each rule, and of each expression but declarations.</summary>
    public static HashSet<(string File, int Row)> Lines(RuleTree tree)
    {
        var lines = new HashSet<(string File, int Row)>();
        var walk = new TreeWalk(_ => { }, expression => Add(expression.Span));
        foreach (var rule in tree.Groups.Distinct().SelectMany(group => group.Sources))
        {
            Add(rule.Source.Head.Span);
            walk.Rule(rule.Source);
        }

        return lines;

        void Add(Span span)
        {
            if (span.Source is { File.Length: > 0 } source)
                lines.Add((source.File, span.Row));
        }
    }

    /// <summary>The names that a query may use.</summary>
    public static ModuleNames Names(RuleTree tree, QueryScope scope, BuiltinRegistry builtins)
    {
        if (ReferenceEquals(scope, QueryScope.None))
            return new ModuleNames([], [], [], builtins);
        var lines = scope.Imports.Select(import => $"import {import}\n");
        var package = scope.Package.Length > 0 ? scope.Package : "query";
        var head = ModuleParser.Parse(new SourceText("", $"package {package}\n{string.Concat(lines)}"), RegoVersion.V1);
        if (scope.Package.Length == 0)
            return new ModuleNames([], [], head.Imports, builtins);
        var rules = tree.Groups.Distinct().SelectMany(group => group.Sources)
            .Where(rule => rule.Package.SequenceEqual(head.Package, StringComparer.Ordinal))
            .Select(rule => rule.Source.Head.Name.Name).ToHashSet(StringComparer.Ordinal);
        return new ModuleNames(head.Package, rules, head.Imports, builtins);
    }

    public static void CheckConflicts(RuleTree tree, RegoObject data)
    {
        var problems = new Diagnostics();
        foreach (var group in tree.Groups.Distinct())
        {
            RegoValue? found = data;
            foreach (var word in group.Path)
            {
                found = found is RegoObject map && map.TryGet(word, out var below) ? below : null;
            }

            if (found is not null)
            {
                problems.Add(
                    group.Sources[0].Source.Span, ErrorCodes.Compile,
                    $"conflicting rule for data path {string.Join('/', group.Node.Path)} found");
            }
        }

        problems.ThrowIfAny();
    }

    private static RuleDescription Describe(ResolvedRule rule)
    {
        var head = rule.Source.Head;
        var words = head.Path.Select(part => ((part as Term.Literal)?.Value as RegoString)?.Value)
            .TakeWhile(word => word is not null).Select(word => word!).Prepend(head.Name.Name).ToArray();
        var (row, column) = rule.Source.Span.Source!.Locate(rule.Source.Span.Start);
        return new RuleDescription(
            rule.Package, words, words.Length == head.Path.Length + 1 && head.Element is null,
            head.Arguments is not null, rule.Source.IsDefault, rule.Source.Span.Source.File, row, column);
    }
}
