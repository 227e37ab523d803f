using Writ.Rego.Lower;
using Writ.Rego.Resolve;
using Writ.Rego.Tree;
using Writ.Rego.Types;
using Writ.Rego.Values;

namespace Writ.Rego.Compile;

/// <summary>
/// Finds calls, equations and references that cannot hold whatever the input is. What it does not know it takes for
/// anything: it never refuses what could work.
/// </summary>
internal sealed class TypeCheck(FunctionTable calls, RuleNode root, Diagnostics problems)
{
    /// <summary>Rules that build on each other through more levels than this are taken for anything.</summary>
    private const int MaxDepth = 50;

    private readonly Dictionary<RuleGroup, RegoType> _groups = [];
    private int _depth;

    public void Check(ResolvedRule rule)
    {
        foreach (var branch in rule.Branches)
        {
            var scope = new TypeScope(problems);
            Body(branch.Body, scope);
            foreach (var term in rule.Path.Append(rule.Element ?? branch.Value).OfType<Term>())
            {
                Of(term, scope);
            }
        }
    }

    public void Check(IEnumerable<Expression> query) => Body(query, new TypeScope(problems));

    private void Body(IEnumerable<Expression> body, TypeScope scope)
    {
        foreach (var expression in body)
        {
            // What `with` puts in its place may be of another type.
            var inner = expression.With.Length > 0 ? new TypeScope(null, scope) : scope;
            switch (expression)
            {
                case Expression.Test test:
                    Of(test.Term, inner, isStatement: true);
                    break;
                case Expression.Unify unify:
                    Unify(unify, inner);
                    break;
                case Expression.SomeIn some:
                    var items = Of(some.Collection, inner);
                    Bind(some.Value, TypeSets.Values(items), inner);
                    break;
                case Expression.Every every:
                    var each = new TypeScope(inner.Problems, inner);
                    Bind(every.Head.Value, TypeSets.Values(Of(every.Head.Domain, inner)), each);
                    Body(every.Body, each);
                    break;
            }
        }
    }

    private void Unify(Expression.Unify unify, TypeScope scope)
    {
        var (left, right) = (Of(unify.Left, scope), Of(unify.Right, scope));
        if (!TypeSets.Overlap(left, right))
        {
            scope.Problems?.Add(unify.Span, ErrorCodes.Type, $"match error\n\tleft  : {left}\n\tright : {right}");
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
            case Term.Variable variable:
                scope.Bind(variable.Name, type);
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
                return scope.Find(variable.Name);
            case Term.Template template:
                foreach (var part in template.Parts)
                {
                    if (part.Term is not null)
                        Of(part.Term, scope);
                }

                return RegoType.String;
            case Term.Array array:
                return new RegoType.Array([.. array.Items.Select(item => Of(item, scope))], null);
            case Term.Set set:
                return new RegoType.Set(TypeSets.Union(set.Items.Select(item => Of(item, scope))));
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
        var inner = new TypeScope(scope.Problems, scope);
        Body(comprehension.Body, inner);
        var value = Of(comprehension.Value, inner);
        return comprehension.Kind switch
        {
            CollectionKind.Array => new RegoType.Array([], value),
            CollectionKind.Set => new RegoType.Set(value),
            _ => new RegoType.Object([], (Of(comprehension.Key!, inner), value)),
        };
    }

    private RegoType Call(Term.Call call, TypeScope scope, bool isStatement)
    {
        RegoType[] have = [.. call.Arguments.Select(argument => Of(argument, scope))];
        if (calls.FindBuiltin(call.Function) is not { } builtin)
            return calls.FindFunction(call.Function) is { } function ? Of(function) : RegoType.Anything;
        var want = builtin.Type.Arguments;
        for (var i = 0; i < want.Count && i < have.Length; i++)
        {
            if (TypeSets.Overlap(have[i], want[i]))
                continue;
            scope.Problems?.Add(
                call.Span, ErrorCodes.Type,
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
        if (reference.Head is Term.Variable { Name: "data" })
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
            type = reference.Head is Term.Variable { Name: "input" } ? RegoType.Anything : Of(reference.Head, scope);
        }

        for (; at < reference.Path.Length; at++)
        {
            var key = Constants.Fold(reference.Path[at]);
            if (TypeSets.Select(type, key) is not { } below)
            {
                scope.Problems?.Add(
                    reference.Span, ErrorCodes.Type,
                    $"undefined ref: {reference.Span.Text}\n\thave: {key?.ToString() ?? "any key"}\n\tin: {type}");
                return RegoType.Anything;
            }

            type = below;
        }

        return type;
    }

    /// <summary>What a document or a function's result may be.</summary>
    private RegoType Of(RuleGroup group)
    {
        if (_groups.TryGetValue(group, out var known))
            return known;
        if (group.Kind == RuleKind.Object || _depth >= MaxDepth)
            return RegoType.Anything;
        _groups[group] = RegoType.Anything; // a rule that needs itself is told of elsewhere
        _depth++;
        var types = new List<RegoType>();
        foreach (var rule in group.Sources)
        {
            foreach (var branch in rule.Branches)
            {
                var scope = new TypeScope(null);
                Body(branch.Body, scope);
                var value = rule.Element ?? branch.Value;
                types.Add(value is null ? RegoType.Boolean : Of(value, scope));
            }
        }

        _depth--;
        var type = TypeSets.Union(types);
        return _groups[group] = group.Kind == RuleKind.Set ? new RegoType.Set(type) : type;
    }
}
