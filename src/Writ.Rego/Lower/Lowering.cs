using Writ.Rego.Compile;
using Writ.Rego.Evaluate;
using Writ.Rego.Resolve;
using Writ.Rego.Tree;

namespace Writ.Rego.Lower;

/// <summary>What the lowering of one rule needs to know of all others, and what it tells about the rule.</summary>
internal sealed class Lowering(RuleNode root, FunctionTable calls, Diagnostics problems, bool isTraced)
{
    public RuleNode Root => root;

    public bool IsTraced => isTraced;

    public FunctionTable Calls => calls;

    public Diagnostics Problems => problems;

    private readonly HashSet<RuleGroup> _probed = [];
    private readonly VariableSet _bound = new();

    public InputPaths InputPaths { get; } = new();

    public BodyOrder Order { get; } = new(calls, problems);

    /// <summary>The bound variables of the one body that is being lowered; none in the beginning.</summary>
    public VariableSet TakeBound()
    {
        _bound.Shrink(0);
        return _bound;
    }

    /// <summary>The groups that each group refers to.</summary>
    public Dictionary<RuleGroup, HashSet<RuleGroup>> Uses { get; } = [];

    /// <summary>The group whose rule is being lowered; null for a query.</summary>
    public RuleGroup? Current { get; set; }

    public void Use(RuleGroup group)
    {
        if (Current is null)
            return;
        if (!Uses.TryGetValue(Current, out var uses))
            Uses.Add(Current, uses = []);
        uses.Add(group);
    }

    /// <summary>All that a path may lead to, whose keys may be known only later.</summary>
    public void Use(RuleNode node, ReadOnlySpan<Term> path)
    {
        if (node.Group is not null || path.IsEmpty)
        {
            foreach (var group in node.Groups().Where(group => group.Kind != RuleKind.Function))
            {
                Use(group);
            }
        }
        else if (path[0] is not Term.Literal key)
        {
            foreach (var child in node.Ordered)
            {
                Use(child, path[1..]);
            }
        }
        else if (key.Value is Values.RegoString word && node.Children.TryGetValue(word.Value, out var child))
        {
            Use(child, path[1..]);
        }
    }

    /// <summary>What is looked at, told to the trace where there may be one.</summary>
    public Node Fact(string root, Values.RegoValue[] path, Node node) => IsTraced
        ? new Traced.Fact(
            string.Join('.', path.Select(key => (key as Values.RegoString)?.Value ?? key.ToString()).Prepend(root)),
            node)
        : node;

    /// <summary>Notes that single members of a set are asked for.</summary>
    public RuleGroup Probe(RuleGroup set)
    {
        if (Current is not null && !isTraced)
            _probed.Add(set);
        return set;
    }

    /// <summary>Lowers, of the sets that are asked for single members, what finds one; last of all.</summary>
    public void LowerMembers()
    {
        foreach (var set in _probed.ToArray())
        {
            Current = set;
            var members = new RuleGroup(-1 - set.Id, set.Node)
            {
                Kind = RuleKind.Function,
                Arity = 1,
                OnlyValue = Values.RegoBoolean.True,
                Programs = [.. set.Sources.Select(rule => new RuleProgram(
                    [LowerMember(rule)], set.Name, rule.Source.Span))],
            };
            members.Index = IndexBuilder.Plan(set.Sources.ConvertAll(AsFunction))?.Build(this, members.Programs);
            set.Members = members;
        }
    }

    /// <summary>Lowers all rules of a group.</summary>
    public void Lower(RuleGroup group)
    {
        Current = group;
        var rules = group.Sources;
        if (rules.Find(rule => rule.Source.IsDefault) is { } last)
        {
            group.Default = Lower(group, last, last.Branches[0].Body);
            group.DefaultValue = isTraced ? null : (last.Branches[0].Value as Term.Literal)?.Value;
            rules = rules.FindAll(rule => !rule.Source.IsDefault);
        }

        var plan = IndexBuilder.Plan(rules);
        group.Programs = new RuleProgram[rules.Count];
        for (var i = 0; i < rules.Count; i++)
        {
            var body = rules[i].Branches[0].Body;
            group.Programs[i] = Lower(group, rules[i], isTraced || plan is null ? body : plan.Rest(i, body));
        }

        group.OnlyValue = OnlyValue(group);
        group.Index = plan?.Build(this, group.Programs);
    }

    private RuleProgram Lower(RuleGroup group, ResolvedRule rule, Expression[] first)
    {
        var bodies = new RuleBody[rule.Branches.Length];
        for (var i = 0; i < bodies.Length; i++)
        {
            bodies[i] = Lower(group, rule, rule.Branches[i], i == 0 ? first : rule.Branches[i].Body);
        }

        return new RuleProgram(bodies, group.Name, rule.Source.Span);
    }

    /// <summary>The same rule as a function of its element: it is known from the beginning.</summary>
    private static ResolvedRule AsFunction(ResolvedRule rule) =>
        rule with { Branches = [rule.Branches[0] with { Arguments = [rule.Element!] }] };

    private RuleBody LowerMember(ResolvedRule rule)
    {
        var branch = rule.Branches[0];
        var body = new BodyLowering(this, branch.Variables);
        var steps = new List<Step>();
        var element = rule.Element!;
        if (IsPattern(element))
        {
            body.TakeArguments([element], steps);
            body.Lower(branch.Body, steps);
        }
        else
        {
            var name = body.NewVariable(element.Span);
            body.TakeArguments([name], steps);
            var same = new Expression.Unify(name, element, false, false, [], element.Span);
            body.Lower([.. branch.Body, same], steps);
        }

        return new RuleBody(BodyLowering.Link(steps, new Emit.First(new Node.Slot(0))), body.Slots);
    }

    private static bool IsPattern(Term term) => term switch
    {
        Term.Literal or Term.Variable { Id: >= 0 } => true,
        Term.Array array => Array.TrueForAll(array.Items, IsPattern),
        _ => false,
    };

    private RuleBody Lower(RuleGroup group, ResolvedRule rule, ResolvedBranch branch, Expression[] expressions)
    {
        var body = new BodyLowering(this, branch.Variables);
        var steps = new List<Step>();
        if (branch.Arguments is { } arguments)
            body.TakeArguments(arguments, steps);
        var value = branch.Value ?? new Term.Literal(Values.RegoBoolean.True, rule.Source.Head.Span);
        var isElement = rule.Element is not null;
        Term[] head = [.. RuleTree.Suffix(group, rule), rule.Element ?? value];
        List<Expression>? extra = null;
        for (var i = 0; i < head.Length; i++)
        {
            if (head[i] is Term.Literal or Term.Variable)
                continue;
            var name = body.NewVariable(head[i].Span);
            (extra ??= []).Add(new Expression.Unify(name, head[i], false, false, [], head[i].Span));
            head[i] = name;
        }

        var isWhole = body.Lower(extra is null ? expressions : [.. expressions, .. extra], steps);
        for (var i = 0; i < head.Length && isWhole; i++)
        {
            isWhole = body.Check(head[i]);
        }

        if (!isWhole)
            return new RuleBody(new Step.Fail(), 0);
        var nodes = body.Terms(head, steps);
        Step end = group.Kind switch
        {
            RuleKind.Set => new Emit.SetItem(nodes[^1]),
            RuleKind.Object => new Emit.Leaf(nodes[..^1], nodes[^1], isElement, branch.Span),
            _ => new Emit.Value(nodes[^1], branch.Span, group.Kind == RuleKind.Function),
        };
        var mark = isTraced ? new Traced.End(branch.Span) : null;
        if (mark is not null)
            steps.Add(mark);
        return new RuleBody(BodyLowering.Link(steps, end), body.Slots, mark);
    }

    private static Values.RegoValue? OnlyValue(RuleGroup group)
    {
        Values.RegoValue? only = null;
        foreach (var rule in group.Sources)
        {
            if (rule.Source.IsDefault)
                continue;
            foreach (var branch in rule.Branches)
            {
                var value = branch.Value switch
                {
                    null => Values.RegoBoolean.True,
                    Term.Literal literal => literal.Value,
                    _ => null,
                };
                if (value is null || (only is not null && !only.Equals(value)))
                    return null;
                only = value;
            }
        }

        return only;
    }
}
