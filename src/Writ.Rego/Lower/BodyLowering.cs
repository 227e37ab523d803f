using Writ.Rego.Compile;
using Writ.Rego.Evaluate;
using Writ.Rego.Tree;

namespace Writ.Rego.Lower;

/// <summary>
/// Turns one body into steps. Knows at each place which variables are bound, and in which slot each lies.
/// </summary>
internal sealed class BodyLowering(Lowering lowering, List<string> variables)
{
    private const int None = -1;

    private readonly VariableSet _bound = lowering.TakeBound();
    private int[] _slots = NewSlots(variables.Count);

    public int Slots { get; private set; }

    public static Step Link(List<Step> steps, Step end)
    {
        Lookups.Attach(steps);
        for (var i = 0; i < steps.Count; i++)
        {
            steps[i].Next = i + 1 < steps.Count ? steps[i + 1] : end;
        }

        return steps.Count > 0 ? steps[0] : end;
    }

    /// <summary>Where a variable lies; null when nothing looks at it.</summary>
    public int? FindSlot(int variable) =>
        variable < _slots.Length && _slots[variable] is >= 0 and var slot ? slot : null;

    /// <summary>The first slots hold a function's arguments.</summary>
    public void TakeArguments(Term[] arguments, List<Step> steps)
    {
        Slots = arguments.Length;
        for (var i = 0; i < arguments.Length; i++)
        {
            if (arguments[i] is Term.Variable { Id: >= 0 and var id } && _bound.Add(id))
                _slots[id] = i;
        }

        for (var i = 0; i < arguments.Length; i++)
        {
            if (arguments[i] is not Term.Variable { Id: >= 0 and var id } || _slots[id] != i)
                steps.Add(new Step.Match(new Node.Slot(i), Pattern(arguments[i], steps)));
        }
    }

    /// <summary>Lowers a body in a safe order; false when there is none, which was reported.</summary>
    public bool Lower(IReadOnlyList<Expression> body, List<Step> steps)
    {
        if (lowering.Order.Arrange(body, _bound, variables) is not { } ordered)
            return false;
        foreach (var expression in ordered)
        {
            Lower(expression, steps);
        }

        return true;
    }

    public bool Check(Term term) => lowering.Order.Check(term, _bound, variables);

    public Node Term(Term term, List<Step> steps)
    {
        switch (term)
        {
            case Tree.Term.Literal literal:
                return new Node.Constant(literal.Value);
            case Tree.Term.Variable { Id: >= 0 } variable:
                return new Node.Slot(Slot(variable.Id));
            case Tree.Term.Variable { Name: "input" }:
                return lowering.InputPaths.Whole();
            case Tree.Term.Variable:
                lowering.Use(lowering.Root, []);
                return new Node.Extent(lowering.Root);
            case Tree.Term.Reference reference:
                return new ReferenceLowering(lowering, this).Lower(reference, steps);
            case Tree.Term.Call call:
                return Call(call, call.Arguments, steps);
            case Tree.Term.Template template:
                return Template(template, steps);
            case Tree.Term.Comprehension comprehension:
                return Comprehension(comprehension);
            default:
                return Composite(term, steps);
        }
    }

    // What takes its steps along into a lambda is a method of its own: it is made where the method begins.
    private Node.Template Template(Term.Template template, List<Step> steps) => new(
        [.. template.Parts.Select(part => new TemplateNode(
            part.Text, part.Term is null ? null : Term(part.Term, steps)))],
        template.Span);

    private Node.ObjectOf ObjectOf(Term.Object map, List<Step> steps) => new(
        Array.ConvertAll(map.Items, item => KeyValuePair.Create(Term(item.Key, steps), Term(item.Value, steps))),
        map.Span);

    private Pattern.ArrayOf Items(Term.Array array, List<Step> steps, ref List<(int Slot, Term Term)>? later)
    {
        var items = new Pattern[array.Items.Length];
        for (var i = 0; i < items.Length; i++)
        {
            items[i] = Pattern(array.Items[i], steps, ref later);
        }

        return new Pattern.ArrayOf(items);
    }

    private Pattern.ObjectOf Values(Term.Object map, List<Step> steps, ref List<(int Slot, Term Term)>? later)
    {
        var items = new KeyValuePair<Node, Pattern>[map.Items.Length];
        for (var i = 0; i < items.Length; i++)
        {
            var (key, value) = map.Items[i];
            items[i] = new(Term(key, steps), Pattern(value, steps, ref later));
        }

        return new Pattern.ObjectOf(items);
    }

    public Node[] Terms(Term[] terms, List<Step> steps)
    {
        var nodes = new Node[terms.Length];
        for (var i = 0; i < terms.Length; i++)
        {
            nodes[i] = Term(terms[i], steps);
        }

        return nodes;
    }

    /// <summary>Whether a pattern has variables that are still to be bound.</summary>
    public bool Binds(Term term) => term switch
    {
        Tree.Term.Variable { Id: var id } => id >= 0 && !_bound.Contains(id),
        Tree.Term.Array array => Array.Exists(array.Items, Binds),
        Tree.Term.Object map => Array.Exists(map.Items, item => Binds(item.Value)),
        _ => false,
    };

    /// <summary>A pattern, and after it what needs the variables that it binds: <c>[count(x), x]</c>.</summary>
    public Pattern Pattern(Term term, List<Step> steps)
    {
        List<(int Slot, Term Term)>? later = null;
        var pattern = Pattern(term, steps, ref later);
        return later is null ? pattern : Also(pattern, later, steps);
    }

    private Pattern.Also Also(Pattern pattern, List<(int Slot, Term Term)> later, List<Step> steps) =>
        new(pattern, [.. later.Select(item => KeyValuePair.Create(item.Slot, Term(item.Term, steps)))]);

    private Pattern Pattern(Term term, List<Step> steps, ref List<(int Slot, Term Term)>? later)
    {
        switch (term)
        {
            case Tree.Term.Variable { Id: >= 0 } variable when !_bound.Contains(variable.Id):
                if (variable.IsWildcard && char.IsAsciiDigit(variable.Name[1]))
                    return Evaluate.Pattern.Anything.Instance;
                return new Pattern.Bind(Bind(variable.Id));
            case Tree.Term.Array array when Binds(term):
                return Items(array, steps, ref later);
            case Tree.Term.Object map when Binds(term):
                return Values(map, steps, ref later);
            case Tree.Term.Call or Tree.Term.Set or Tree.Term.Comprehension when lowering.Order.Waits(term, _bound):
                var slot = NewSlot();
                (later ??= []).Add((slot, term));
                return new Pattern.Bind(slot);
            default:
                return new Pattern.Equal(Term(term, steps));
        }
    }

    public int Bind(int variable)
    {
        _bound.Add(variable);
        return Slot(variable);
    }

    /// <summary>A variable that nobody wrote: it stands for a term of a head.</summary>
    public Term.Variable NewVariable(Syntax.Span span)
    {
        variables.Add("_");
        Reserve(variables.Count - 1);
        return new Term.Variable("$head", span, variables.Count - 1);
    }

    public int NewSlot() => Slots++;

    /// <summary>
    /// A variable may be bound by another part of its expression, whose steps come before this is used.
    /// </summary>
    private int Slot(int variable)
    {
        Reserve(variable);
        return _slots[variable] >= 0 ? _slots[variable] : _slots[variable] = Slots++;
    }

    private void Reserve(int variable)
    {
        if (variable < _slots.Length)
            return;
        var longer = NewSlots(variables.Count + 4);
        _slots.CopyTo(longer, 0);
        _slots = longer;
    }

    private static int[] NewSlots(int count)
    {
        var slots = new int[count];
        Array.Fill(slots, None);
        return slots;
    }

    private void Lower(Expression expression, List<Step> steps)
    {
        if (!lowering.IsTraced)
        {
            LowerWhole(expression, steps);
            return;
        }

        var end = new Traced.End(expression.Span);
        steps.Add(new Traced.Begin(expression.Span, end));
        LowerWhole(expression, steps);
        steps.Add(end);
    }

    private void LowerWhole(Expression expression, List<Step> steps)
    {
        if (expression.With.Length > 0)
        {
            steps.Add(new WithLowering(lowering, this).Begin(expression.With, steps));
            LowerPlain(expression, steps);
            steps.Add(new With.End());
        }
        else
        {
            LowerPlain(expression, steps);
        }
    }

    private void LowerPlain(Expression expression, List<Step> steps)
    {
        switch (expression)
        {
            case Expression.Test { IsNegated: true } or Expression.Unify { IsNegated: true }:
                Not(expression, steps);
                break;
            case Expression.Test test:
                Test(test.Term, steps);
                break;
            case Expression.Unify unify:
                Unify(unify, steps);
                break;
            case Expression.SomeIn some:
                var collection = Term(some.Collection, steps);
                var key = some.Key is null ? Evaluate.Pattern.Anything.Instance : Pattern(some.Key, steps);
                steps.Add(new Step.Iterate(collection, key, Pattern(some.Value, steps)));
                break;
            case Expression.Every every:
                Every(every, steps);
                break;
            case Expression.Not not:
                steps.Add(new Step.Not(Operand(not.Operand)));
                break;
            case Expression.Logical { IsOr: true } logical:
                steps.Add(new Step.Either(Array.ConvertAll(logical.Operands, Operand)));
                break;
            case Expression.Logical logical:
                steps.AddRange(logical.Operands.Select(operand => new Step.Once(Operand(operand))));
                break;
        }
    }

    private void Not(Expression expression, List<Step> steps)
    {
        var negated = new Negation(term => Before(term, steps)).Hoist(expression);
        steps.Add(new Step.Not(Nested(inner =>
        {
            if (negated is Expression.Unify unify)
                Unify(unify, inner);
            else
                Test(((Expression.Test)negated).Term, inner);
        })));
    }

    /// <summary>What is always defined can as well be looked up where it is needed.</summary>
    private Term Before(Term term, List<Step> steps)
    {
        if (lowering.Calls.FindNode(term)?.Group is { Kind: RuleKind.Set or RuleKind.Object })
            return term;
        var name = NewVariable(term.Span);
        Unify(new Expression.Unify(name, term, false, false, [], term.Span), steps);
        return name;
    }

    /// <summary>A chain of its own, of which one solution is enough; what it binds stays within.</summary>
    private Step Nested(Action<List<Step>> lower, Step? end = null)
    {
        var bound = _bound.Count;
        var steps = new List<Step>();
        lower(steps);
        _bound.Shrink(bound);
        return Link(steps, end ?? Step.Found.Instance);
    }

    private Step Operand(Operand operand) => Nested(inner => Lower(operand.Body, inner));

    private void Test(Term term, List<Step> steps)
    {
        if (term is Tree.Term.Call call)
        {
            if (call.Function is Tree.Term.Variable { Name: "print" })
            {
                steps.Add(new Step.Print(Terms(call.Arguments, steps)));
                return;
            }

            if (lowering.Calls.HasOutput(call))
            {
                Output(call, steps);
                return;
            }
        }

        var node = Term(term, steps);
        steps.Add(node.Known is { } known && Access.IsTrue(known) ? new Step.Exists(node) : new Step.Test(node));
    }

    private void Output(Term.Call call, List<Step> steps)
    {
        var arguments = call.Arguments[..^1];
        var result = call.Arguments[^1];
        if (call.Builtin is { IsRelation: true } relation)
        {
            var node = new Calls.OfBuiltin(relation, Terms(arguments, steps), call.Span);
            steps.Add(new Step.Iterate(node, Evaluate.Pattern.Anything.Instance, Pattern(result, steps)));
            return;
        }

        var value = Call(call, arguments, steps);
        steps.Add(new Step.Match(value, Pattern(result, steps)));
    }

    private Node Call(Term.Call call, Term[] arguments, List<Step> steps)
    {
        var nodes = Terms(arguments, steps);
        if (call.Builtin is { } builtin)
        {
            switch (builtin.Name)
            {
                case "equal" or "eq":
                    return new Node.Equality(nodes[0], nodes[1], isNegated: false);
                case "neq":
                    return new Node.Equality(nodes[0], nodes[1], isNegated: true);
                case "internal.member_2":
                    return nodes[1] is Node.Document { Group: { Kind: RuleKind.Set } set }
                        ? new Node.HasMember(lowering.Probe(set), nodes[0])
                        : new Node.IsIn(null, nodes[0], nodes[1]);
                case "internal.member_3":
                    return new Node.IsIn(nodes[0], nodes[1], nodes[2]);
            }

            if (Arithmetic.Find(builtin, nodes, call.Span) is { } direct)
                return direct;
            var result = new Calls.OfBuiltin(builtin, nodes, call.Span);
            if (!builtin.IsRelation)
                return result;
            var slot = NewSlot();
            steps.Add(new Step.Iterate(result, Evaluate.Pattern.Anything.Instance, new Pattern.Bind(slot)));
            return new Node.Slot(slot);
        }

        if (lowering.Calls.FindFunction(call.Function) is not { } function)
            throw new InvalidOperationException($"{call.Span.Text} calls what was not checked");
        lowering.Use(function);
        return new Calls.OfFunction(function, nodes, call.Span);
    }

    private void Unify(Expression.Unify unify, List<Step> steps)
    {
        var (left, right) = Binds(unify.Left) || !Binds(unify.Right)
            ? (unify.Left, unify.Right)
            : (unify.Right, unify.Left);
        if (Binds(left))
        {
            var node = Term(right, steps);
            if (left is Tree.Term.Variable variable && Binds(left))
                steps.Add(new Step.Assign(Bind(variable.Id), node));
            else
                steps.Add(new Step.Match(node, Pattern(left, steps)));
            return;
        }

        var one = Term(left, steps);
        steps.Add(new Step.Equal(one, Term(right, steps)));
    }

    private void Every(Expression.Every every, List<Step> steps)
    {
        var domain = Term(every.Head.Domain, steps);
        var bound = _bound.Count;
        var key = every.Head.Key is null ? Evaluate.Pattern.Anything.Instance : Pattern(every.Head.Key, steps);
        var value = Pattern(every.Head.Value, steps);
        steps.Add(new Step.Every(domain, key, value, Nested(inner => Lower(every.Body, inner))));
        _bound.Shrink(bound);
    }

    private Node Comprehension(Term.Comprehension comprehension)
    {
        Node? key = null;
        Node value = Node.Input.Instance;
        var bound = _bound.Count;
        var steps = new List<Step>();
        var extra = new List<Expression>();
        var at = comprehension.Key is null ? null : Named(comprehension.Key, extra);
        var item = Named(comprehension.Value, extra);
        var body = extra.Count == 0 ? comprehension.Body : [.. comprehension.Body, .. extra];
        if (Lower(body, steps) && (at is null || Check(at)) && Check(item))
        {
            key = at is null ? null : Term(at, steps);
            value = Term(item, steps);
        }

        _bound.Shrink(bound);
        Step end = comprehension.Kind switch
        {
            CollectionKind.Array => new Emit.ArrayItem(value),
            CollectionKind.Set => new Emit.SetItem(value),
            _ => new Emit.ObjectItem(key ?? value, value, comprehension.Span),
        };
        return new Node.Comprehension(comprehension.Kind, Link(steps, end));
    }

    /// <summary>A head that refers to something is an equation of the body: it may bind what the body uses.</summary>
    private Term Named(Term head, List<Expression> extra)
    {
        if (head is Tree.Term.Literal or Tree.Term.Variable)
            return head;
        var name = NewVariable(head.Span);
        extra.Add(new Expression.Unify(name, head, false, false, [], head.Span));
        return name;
    }

    private Node Composite(Term term, List<Step> steps)
    {
        if (Constants.Fold(term) is { } constant)
            return new Node.Constant(constant);
        return term switch
        {
            Tree.Term.Array array => new Node.ArrayOf(Terms(array.Items, steps)),
            Tree.Term.Set set => new Node.SetOf(Terms(set.Items, steps)),
            Tree.Term.Object map => ObjectOf(map, steps),
            _ => throw new InvalidOperationException($"{term.GetType().Name} is no composite"),
        };
    }
}
