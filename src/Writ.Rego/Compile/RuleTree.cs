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

    /// <summary>The place of a package, which is there from now on.</summary>
    public RuleNode Package(string[] path) => path.Aggregate(Root, (node, word) => node.Child(word));

    public void Add(ResolvedRule rule)
    {
        var node = Package(rule.Package).Child(rule.Source.Head.Name.Name);
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
        rule.Path[(group.Node.Depth - rule.Package.Length - 1)..];

    public void Check() => Check(Root);

    private void Check(RuleNode node)
    {
        if (node.Group is { } group)
        {
            if (group.Sources.Exists(IsDynamic))
                Absorb(node, group);
            else if (node.Children.Count > 0)
                Conflict(node, group);
            Classify(group);
        }

        foreach (var child in node.Ordered)
        {
            Check(child);
        }
    }

    private static bool IsDynamic(ResolvedRule rule) =>
        Array.Exists(rule.Path, part => part is not Term.Literal { Value: RegoString });

    /// <summary>Rules below one whose path has variables make parts of the same object.</summary>
    private void Absorb(RuleNode node, RuleGroup group)
    {
        foreach (var below in node.Children.Values.SelectMany(child => child.Groups()).ToArray())
        {
            group.Sources.AddRange(below.Sources);
            _groups[below.Id] = group;
        }

        node.RemoveChildren();
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
        var isDynamic = group.Sources.Exists(IsDynamic);
        (group.Kind, group.Arity) = (Kind(group.Sources[0]), Arity(group.Sources[0]));
        if (group.Sources.Exists(rule => Kind(rule) != group.Kind || Arity(rule) != group.Arity)
            || (isDynamic && group.Sources.Exists(rule => Suffix(group, rule).Length == 0)))
        {
            problems.Add(first.Span, ErrorCodes.Type, $"conflicting rules {group.Name} found");
            return;
        }

        var defaults = group.Sources.FindAll(rule => rule.Source.IsDefault);
        if (defaults.Count > 1)
        {
            var spans = defaults.Select(rule => rule.Source.Span);
            var places = string.Join(", ", spans.Select(span => $"{span.Source?.File}:{span.Row}"));
            problems.Add(
                defaults[1].Source.Span, ErrorCodes.Type,
                $"multiple default rules {group.Name} found at {places}");
        }

        static int Arity(ResolvedRule rule) => rule.Source.Head.Arguments?.Length ?? 0;

        RuleKind Kind(ResolvedRule rule) =>
            rule.Source.Head.Arguments is not null ? RuleKind.Function
            : isDynamic ? RuleKind.Object
            : rule.Element is not null ? RuleKind.Set
            : RuleKind.Complete;
    }
}
