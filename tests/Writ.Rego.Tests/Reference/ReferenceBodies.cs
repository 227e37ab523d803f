using Writ.Rego.Tree;
using Writ.Rego.Values;

namespace Writ.Rego.Tests.Reference;

/// <summary>Bodies: all bindings under which each expression holds, in whatever order they can be computed.</summary>
internal sealed class ReferenceBodies(ReferenceTerms terms)
{
    /// <summary>
    /// A body with its heads as further equations: whatever a head refers to may bind what the body needs.
    /// </summary>
    public static (Expression[] Body, Term[] Heads) WithHeads(Expression[] body, Term[] heads)
    {
        // What lies within a head begins behind it: no two of one chain of bodies have the same name.
        Term[] names = [.. heads.Select((head, i) => new Term.Variable($"$head{i}@{head.Span.Start}", head.Span))];
        return (
            [.. body, .. heads.Select((head, i) => new Expression.Unify(names[i], head, false, false, [], head.Span))],
            names);
    }

    /// <summary>Bindings in which a body's own names wait for their values.</summary>
    public static Bindings Open(IReadOnlyCollection<Expression> body, ReferenceModule module, Bindings around)
    {
        var declared = around.Declare(ReferenceNames.Declared(body).Distinct());
        var mentioned = ReferenceNames.Of(body, deep: false).Distinct();
        return declared.Declare(mentioned.Where(name => declared.Find(name) is null && module.Find(name) is null));
    }

    /// <summary>Whoever comes too early waits until all behind him had their turn.</summary>
    public List<Bindings> Solve(ReadOnlySpan<Expression> body, Place place, Bindings bindings)
    {
        if (body.IsEmpty)
            return [bindings];
        NotYet? early = null;
        for (var i = 0; i < body.Length; i++)
        {
            List<Bindings> solutions;
            try
            {
                solutions = Hold(body[i], place, bindings);
            }
            catch (NotYet wait)
            {
                early = wait;
                continue;
            }

            Expression[] rest = [.. body[(i + 1)..], .. body[..i]];
            if (solutions.Count == 0)
                terms.Try([.. rest.Select(Action (expression) => () => Hold(expression, place, bindings))]);
            return [.. solutions.SelectMany(solution => Solve(rest, place, solution))];
        }

        throw early!;
    }

    private List<Bindings> Hold(Expression expression, Place place, Bindings bindings)
    {
        if (expression.With.Length == 0)
            return HoldPlain(expression, place, bindings);
        var worlds = terms.Worlds(expression.With, place, bindings);
        return [.. worlds.SelectMany(world => HoldPlain(expression, place with { World = world.World }, world.At))];
    }

    private List<Bindings> HoldPlain(Expression expression, Place place, Bindings bindings)
    {
        switch (expression)
        {
            case Expression.Some:
                return [bindings];
            case Expression.Test { IsNegated: true } or Expression.Unify { IsNegated: true }:
                return Negate(expression, place, bindings);
            case Expression.Test test:
                return Test(test.Term, place, bindings);
            case Expression.Unify unify:
                return Unify(unify.Left, unify.Right, place, bindings);
            case Expression.SomeIn some:
                return [.. from found in terms.Eval(some.Collection, place, bindings)
                           from member in ReferenceValues.Members(found.Value)
                           from atKey in Match(some.Key, member.Key, place, found.Bindings)
                           from atValue in Match(some.Value, member.Value, place, atKey)
                           select atValue];
            default:
                var every = (Expression.Every)expression;
                var within = ReferenceNames.Of([every], deep: true);
                Await(within.Except(ReferenceNames.Of(every.Head.Domain, deep: false)), bindings);
                return [.. terms.Eval(every.Head.Domain, place, bindings)
                    .Where(domain => HoldsForAll(every, domain.Value, place, domain.Bindings))
                    .Select(domain => domain.Bindings)];
        }
    }

    private List<Bindings> Negate(Expression expression, Place place, Bindings bindings)
    {
        var negation = new ReferenceNegation(
            name => bindings.Find(name) is null && place.Module.Find(name) is not null);
        var (before, rest) = negation.Split(expression);
        var open = bindings.Declare(before.Select(one => ((Term.Variable)((Expression.Unify)one).Left).Name));
        return [.. Solve(before, place, open).Where(IsUnsolved)];

        bool IsUnsolved(Bindings solution)
        {
            Await(ReferenceNames.Of([rest], deep: true), solution);
            return rest is Expression.Unify unify
                ? Unify(unify.Left, unify.Right, place, solution).Count == 0
                : Test(((Expression.Test)rest).Term, place, solution).Count == 0;
        }
    }

    /// <summary>Nothing is bound from within: all names of the bodies around must have their values.</summary>
    public static void Await(IEnumerable<string> names, Bindings bindings)
    {
        if (names.FirstOrDefault(name => bindings.Find(name) is { Value: null }) is { } missing)
            throw new NotYet(missing);
    }

    private List<Bindings> Match(Term? pattern, RegoValue value, Place place, Bindings bindings) =>
        pattern is null ? [bindings] : terms.Match(pattern, value, place, bindings);

    private List<Bindings> Test(Term term, Place place, Bindings bindings)
    {
        if (term is not Term.Call call || !terms.HasOutput(call, place))
        {
            return [.. terms.Eval(term, place, bindings)
                .Where(found => found.Value is not RegoBoolean || found.Value.CompareTo(RegoBoolean.True) == 0)
                .Select(found => found.Bindings)];
        }

        var shorter = new Term.Call(call.Function, call.Arguments[..^1], call.Sign, call.Span);
        return [.. terms.Eval(shorter, place, bindings)
            .SelectMany(found => terms.Match(call.Arguments[^1], found.Value, place, found.Bindings))];
    }

    private List<Bindings> Unify(Term left, Term right, Place place, Bindings bindings)
    {
        try
        {
            return Match(left, right);
        }
        catch (NotYet)
        {
            try
            {
                return Match(right, left);
            }
            catch (NotYet)
            {
                if (Parts(left, right) is { } parts)
                    return Solve(parts, place, bindings);
                throw;
            }
        }

        List<Bindings> Match(Term pattern, Term known) => [.. terms.Eval(known, place, bindings)
            .SelectMany(found => terms.Match(pattern, found.Value, place, found.Bindings))];
    }

    /// <summary>Equal composites have equal parts; null when these are no composites of one form.</summary>
    private static Expression[]? Parts(Term left, Term right)
    {
        switch (left, right)
        {
            case (Term.Array one, Term.Array other) when one.Items.Length == other.Items.Length:
                return [.. one.Items.Zip(other.Items, Equal)];
            case (Term.Object one, Term.Object other) when one.Items.Length == other.Items.Length:
                var others = other.Items.ToDictionary(item => ((Term.Literal)item.Key).Value, item => item.Value);
                return one.Items.All(item => others.ContainsKey(((Term.Literal)item.Key).Value))
                    ? [.. one.Items.Select(item => Equal(item.Value, others[((Term.Literal)item.Key).Value]))]
                    : null;
            default:
                return null;
        }

        Expression Equal(Term one, Term other) => new Expression.Unify(one, other, false, false, [], left.Span);
    }

    private bool HoldsForAll(Expression.Every every, RegoValue domain, Place place, Bindings bindings)
    {
        if (domain is not (RegoArray or RegoSet or RegoObject))
            return false;
        var heads = ReferenceNames.OfPattern(every.Head.Key).Concat(ReferenceNames.OfPattern(every.Head.Value));
        var inner = Open(every.Body, place.Module, bindings.Declare(heads));
        return ReferenceValues.Members(domain).All(member =>
            Match(every.Head.Key, member.Key, place, inner)
                .SelectMany(atKey => Match(every.Head.Value, member.Value, place, atKey))
                .Any(atValue => Solve(every.Body, place, atValue).Count > 0));
    }
}
