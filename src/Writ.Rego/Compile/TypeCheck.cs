using Writ.Rego.Tree;
using Writ.Rego.Types;
using Writ.Rego.Values;

namespace Writ.Rego.Compile;

/// <summary>
/// Finds calls, equations and references that cannot hold whatever the input is. What it does not know it takes for
/// anything: it never refuses what could work.
/// </summary>
internal sealed class TypeCheck(
    FunctionTable calls, RuleNode root, Diagnostics problems, DeclaredTypes? declared = null)
{
    /// <summary>Rules that build on each other through more levels than this are taken for anything.</summary>
    private const int MaxDepth = 50;

    /// <summary>A union of so many types is anything.</summary>
    private const int MaxTypes = 32;

    private readonly Dictionary<RuleGroup, RegoType> _groups = [];
    private IReadOnlyList<DeclaredTypes.One> _declared = [];
    private int _depth;

    /// <summary>Checks the rules of a group that was not looked at yet.</summary>
    public void Check(RuleGroup group)
    {
        if (!_groups.ContainsKey(group))
            _groups[group] = Compute(group);
    }

    public void Check(Expression[] query, int variables)
    {
        _declared = query.Length > 0 && declared is not null ? declared.Everywhere(query[0].Span) : [];
        Body(query, new TypeScope(variables));
    }

    private void Body(Expression[] body, TypeScope scope)
    {
        foreach (var expression in body)
        {
            if (expression.With.Length == 0)
            {
                Check(expression, scope);
                continue;
            }

            // What `with` puts in its place may be of another type.
            var (mark, wasQuiet) = (scope.Mark, scope.IsQuiet);
            scope.IsQuiet = true;
            Check(expression, scope);
            scope.IsQuiet = wasQuiet;
            scope.Return(mark);
        }
    }

    private void Check(Expression expression, TypeScope scope)
    {
        switch (expression)
        {
            case Expression.Test test:
                Of(test.Term, scope, isStatement: true);
                break;
            case Expression.Unify unify:
                Unify(unify, scope);
                break;
            case Expression.SomeIn some:
                Bind(some.Value, TypeSets.Values(Of(some.Collection, scope)), scope);
                break;
            case Expression.Every every:
                var domain = Of(every.Head.Domain, scope);
                var mark = scope.Mark;
                Bind(every.Head.Value, TypeSets.Values(domain), scope);
                Body(every.Body, scope);
                scope.Return(mark);
                break;
            case Expression.Not not:
                Operand(not.Operand, scope);
                break;
            case Expression.Logical logical:
                foreach (var operand in logical.Operands)
                {
                    Operand(operand, scope);
                }

                break;
        }
    }

    private void Operand(Operand operand, TypeScope scope)
    {
        var mark = scope.Mark;
        Body(operand.Body, scope);
        scope.Return(mark);
    }

    private void Tell(TypeScope scope, Syntax.Span span, string message)
    {
        if (!scope.IsQuiet)
            problems.Add(span, ErrorCodes.Type, message);
    }

    private void Unify(Expression.Unify unify, TypeScope scope)
    {
        var (left, right) = (Of(unify.Left, scope), Of(unify.Right, scope));
        if (!TypeSets.Overlap(left, right))
        {
            Tell(scope, unify.Span, $"match error\n\tleft  : {left}\n\tright : {right}");
            return;
        }

        if (unify.IsNegated)
            return;
        Bind(unify.Left, right, scope);
        Bind(unify.Right, left, scope);
    }

    private static void Bind(Term pattern, RegoType type, TypeScope scope)
    {
        switch (pattern)
        {
            case Term.Variable { Id: >= 0 and var id }:
                scope.Bind(id, TypeSets.Bounded(type));
                break;
            case Term.Array array when type is RegoType.Array { Dynamic: null } known
                && known.Static.Count == array.Items.Length:
                for (var i = 0; i < array.Items.Length; i++)
                {
                    Bind(array.Items[i], known.Static[i], scope);
                }

                break;
        }
    }

    private RegoType Of(Term term, TypeScope scope, bool isStatement = false)
    {
        switch (term)
        {
            case Term.Literal literal:
                return TypeSets.Of(literal.Value);
            case Term.Variable variable:
                return variable.Id >= 0 ? scope.Find(variable.Id)
                    : Declared(variable.Name, [])?.Type ?? RegoType.Anything;
            case Term.Template template:
                foreach (var part in template.Parts)
                {
                    if (part.Term is not null)
                        Of(part.Term, scope);
                }

                return RegoType.String;
            case Term.Array array:
                return new RegoType.Array(Of(array.Items, scope), null);
            case Term.Set set:
                return new RegoType.Set(TypeSets.Union(Of(set.Items, scope)));
            case Term.Object map:
                return Object(map, scope);
            case Term.Comprehension comprehension:
                return Comprehension(comprehension, scope);
            case Term.Call call:
                return Call(call, scope, isStatement);
            default:
                return Reference((Term.Reference)term, scope);
        }
    }

    private RegoType[] Of(Term[] terms, TypeScope scope)
    {
        var types = new RegoType[terms.Length];
        for (var i = 0; i < terms.Length; i++)
        {
            types[i] = Of(terms[i], scope);
        }

        return types;
    }

    private RegoType.Object Object(Term.Object map, TypeScope scope)
    {
        var known = new Dictionary<RegoValue, RegoType>();
        var others = new List<(RegoType Key, RegoType Value)>();
        foreach (var (key, value) in map.Items)
        {
            var (at, type) = (Of(key, scope), Of(value, scope));
            if (Constants.Fold(key) is { } constant)
                known[constant] = type;
            else
                others.Add((at, type));
        }

        (RegoType, RegoType)? dynamic = others.Count == 0 ? null : (
            TypeSets.Union(others.Select(other => other.Key)), TypeSets.Union(others.Select(other => other.Value)));
        return new RegoType.Object([.. known.OrderBy(item => item.Key)], dynamic);
    }

    private RegoType Comprehension(Term.Comprehension comprehension, TypeScope scope)
    {
        var mark = scope.Mark;
        Body(comprehension.Body, scope);
        var value = Of(comprehension.Value, scope);
        RegoType type = comprehension.Kind switch
        {
            CollectionKind.Array => new RegoType.Array([], value),
            CollectionKind.Set => new RegoType.Set(value),
            _ => new RegoType.Object([], (Of(comprehension.Key!, scope), value)),
        };
        scope.Return(mark);
        return type;
    }

    private RegoType Call(Term.Call call, TypeScope scope, bool isStatement)
    {
        var have = Of(call.Arguments, scope);
        if (call.Builtin is not { } builtin)
            return calls.FindFunction(call.Function) is { } function ? Of(function) : RegoType.Anything;
        var want = builtin.Type.Arguments;
        for (var i = 0; i < want.Count && i < have.Length; i++)
        {
            if (TypeSets.Overlap(have[i], want[i]))
                continue;
            Tell(
                scope, call.Span,
                $"{builtin.Name}: invalid argument(s)\n\thave: ({string.Join<RegoType>(", ", have)})"
                + $"\n\twant: ({string.Join(", ", want)})");
            return RegoType.Anything;
        }

        var result = builtin.Type.Result ?? RegoType.Anything;
        if (isStatement && have.Length == want.Count + 1)
            Bind(call.Arguments[^1], result, scope);
        return builtin.IsRelation ? RegoType.Anything : result;
    }

    private RegoType Reference(Term.Reference reference, TypeScope scope)
    {
        foreach (var key in reference.Path)
        {
            Of(key, scope);
        }

        var at = 0;
        RegoType type;
        if (reference.Head is Term.Variable { Id: < 0 } head && Declared(head.Name, reference.Path) is { } known)
        {
            (type, at) = (known.Type, known.Path.Length);
        }
        else if (reference.Head is Term.Variable { Id: < 0, Name: "data" })
        {
            var node = root;
            while (node.Group is null && at < reference.Path.Length
                && reference.Path[at] is Term.Literal { Value: RegoString word }
                && node.Children.TryGetValue(word.Value, out var child))
            {
                node = child;
                at++;
            }

            type = node.Group is { Kind: not RuleKind.Function } group ? Of(group) : RegoType.Anything;
        }
        else
        {
            type = reference.Head is Term.Variable { Id: < 0 } ? RegoType.Anything : Of(reference.Head, scope);
        }

        for (; at < reference.Path.Length; at++)
        {
            var key = Constants.Fold(reference.Path[at]);
            if (TypeSets.Select(type, key) is not { } below)
            {
                Tell(scope, reference.Span, UndefinedReference.Describe(reference, at, key, type));
                return RegoType.Anything;
            }

            type = below;
        }

        return type;
    }

    /// <summary>What a schema says of the document that a reference goes through, the nearest to its end.</summary>
    private DeclaredTypes.One? Declared(string head, Term[] path)
    {
        DeclaredTypes.One? found = null;
        foreach (var one in _declared)
        {
            if (one.Head != head || one.Path.Length > path.Length || one.Path.Length <= (found?.Path.Length ?? -1))
                continue;
            var holds = true;
            for (var i = 0; i < one.Path.Length && holds; i++)
            {
                holds = one.Path[i].Equals(Constants.Fold(path[i]));
            }

            found = holds ? one : found;
        }

        return found;
    }

    /// <summary>What a document or a function's result may be.</summary>
    private RegoType Of(RuleGroup group)
    {
        if (_groups.TryGetValue(group, out var known))
            return known;
        if (_depth >= MaxDepth)
            return RegoType.Anything;
        return _groups[group] = Compute(group);
    }

    private RegoType Compute(RuleGroup group)
    {
        _groups[group] = RegoType.Anything; // a rule that needs itself is told of elsewhere
        _depth++;
        var types = new List<RegoType>();
        var before = _declared;
        foreach (var rule in group.Sources)
        {
            _declared = declared?.In(rule) ?? [];
            foreach (var branch in rule.Branches)
            {
                var scope = new TypeScope(branch.Variables.Count);
                Body(branch.Body, scope);
                foreach (var term in rule.Path)
                {
                    Of(term, scope);
                }

                var value = rule.Element ?? branch.Value;
                var type = value is null ? RegoType.Boolean : Of(value, scope);
                if (types.Count < MaxTypes && !types.Contains(type))
                    types.Add(type);
            }
        }

        _depth--;
        _declared = before;
        var all = TypeSets.Bounded(TypeSets.Union(types));
        return group.Kind switch
        {
            RuleKind.Object => RegoType.Anything,
            RuleKind.Set => new RegoType.Set(all),
            _ => all,
        };
    }
}
