using Writ.Rego.Resolve;
using Writ.Rego.Tree;
using Writ.Rego.Values;

namespace Writ.Rego.Compile;

/// <summary>Puts all rules where they belong and finds those that cannot live together.</summary>
internal sealed class RuleTree(Diagnostics problems)
{
    private readonly List<RuleGroup> _groups = [];

    public RuleNode Root { get; } = new("data", null);

    public IReadOnlyList<RuleGroup> Groups => _groups;

    public void AddPackage(string[] package) => Walk(package);

    public void Add(ResolvedRule rule)
    {
        var node = Walk(rule.Package).Child(rule.Source.Head.Name.Name);
        foreach (var part in rule.Path)
        {
            if (part is not Term.Literal { Value: RegoString word })
                break;
            node = node.Child(word.Value);
        }

        if (node.Group is null)
            _groups.Add(node.Group = new RuleGroup(_groups.Count, node));
        node.Group.Sources.Add(rule);
    }

    /// <summary>The part of a rule's path that lies below its group's place.</summary>
    public static Term[] Suffix(RuleGroup group, ResolvedRule rule) =>
        rule.Path[(group.Node.Path.Length - rule.Package.Length - 1)..];

    public void Check() => Check(Root);

    private RuleNode Walk(string[] path) => path.Aggregate(Root, (node, word) => node.Child(word));

    private void Check(RuleNode node)
    {
        if (node.Group is { } group)
        {
            if (group.Sources.Any(IsDynamic))
                Absorb(node, group);
            else if (node.Children.Count > 0)
                Conflict(node, group);
            Classify(group);
        }

        foreach (var child in node.Children.Values)
        {
            Check(child);
        }
    }

    private static bool IsDynamic(ResolvedRule rule) =>
        rule.Path.Any(part => part is not Term.Literal { Value: RegoString });

    /// <summary>Rules below one whose path has variables make parts of the same object.</summary>
    private void Absorb(RuleNode node, RuleGroup group)
    {
        foreach (var below in node.Children.Values.SelectMany(child => child.Groups()).ToArray())
        {
            group.Sources.AddRange(below.Sources);
            _groups[below.Id] = group;
        }

        node.Children.Clear();
    }

    private void Conflict(RuleNode node, RuleGroup group)
    {
        var below = node.Children.Values.SelectMany(child => child.Groups()).ToArray();
        var rule = group.Sources[0].Source;
        if (below.Length > 0)
        {
            var others = string.Join(' ', below.Select(other => other.Name));
            problems.Add(rule.Span, ErrorCodes.Type, $"rule {group.Name} conflicts with [{others}]");
        }
        else
        {
            var package = string.Join('.', node.Path.Prepend("data"));
            problems.Add(rule.Span, ErrorCodes.Type, $"package {package}... conflicts with rule {group.Name}");
        }
    }

    private void Classify(RuleGroup group)
    {
        var first = group.Sources[0].Source;
        var isDynamic = group.Sources.Any(IsDynamic);
        var kinds = group.Sources.Select(Kind).Distinct().ToArray();
        var arities = group.Sources.Select(rule => rule.Source.Head.Arguments?.Length ?? 0).Distinct().ToArray();
        if (kinds.Length > 1 || arities.Length > 1)
        {
            problems.Add(first.Span, ErrorCodes.Type, $"conflicting rules {group.Name} found");
            return;
        }

        (group.Kind, group.Arity) = (kinds[0], arities[0]);
        var defaults = group.Sources.Where(rule => rule.Source.IsDefault).ToArray();
        if (defaults.Length > 1)
        {
            var spans = defaults.Select(rule => rule.Source.Span);
            var places = string.Join(", ", spans.Select(span => $"{span.Source?.File}:{span.Row}"));
            problems.Add(
                defaults[1].Source.Span, ErrorCodes.Type,
                $"multiple default rules {group.Name} found at {places}");
        }

        RuleKind Kind(ResolvedRule rule) =>
            rule.Source.Head.Arguments is not null ? RuleKind.Function
            : isDynamic ? RuleKind.Object
            : rule.Element is not null ? RuleKind.Set
            : RuleKind.Complete;
    }
}
