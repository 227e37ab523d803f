using Writ.Rego.Tree;
using Writ.Rego.Values;

namespace Writ.Rego.Tests.Reference;

/// <summary>
/// The documents that rules make, each computed from the facts that all its rules give: a fact is a path below the
/// document, and what lies there.
/// </summary>
internal sealed class ReferenceDocuments
{
    private readonly Dictionary<string, List<ReferenceRule>> _groups = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<ReferenceRule>> _functions = new(StringComparer.Ordinal);
    private readonly List<string[]> _places = [];

    public ReferenceDocuments(IReadOnlyList<Module> modules, int maxSteps, bool isStrict)
    {
        Terms = new ReferenceTerms(this, maxSteps) { IsStrict = isStrict };
        var rules = modules.SelectMany(module =>
        {
            var names = new ReferenceModule(module, modules);
            return module.Rules.Select(rule => ReferenceRule.Of(rule, names));
        }).ToList();
        var dynamic = rules.Where(rule => rule.Rest.Length > 0).Select(rule => rule.Place).ToList();
        foreach (var rule in rules)
        {
            var home = dynamic.Where(place => Lies(rule.Place, place)).MinBy(place => place.Length) ?? rule.Place;
            var groups = rule.IsFunction ? _functions : _groups;
            if (!groups.TryGetValue(Key(home), out var group))
                groups.Add(Key(home), group = []);
            group.Add(rule);
            _places.Add(home);
        }

        _places.AddRange(modules.Select(module => module.Package));
    }

    public ReferenceTerms Terms { get; }

    public int? Arity(string function) => function.StartsWith("data.", StringComparison.Ordinal)
        && _functions.TryGetValue(function[5..], out var rules) ? rules[0].Rule.Head.Arguments!.Length : null;

    public RegoValue? Call(string function, RegoValue[] arguments, World world) =>
        Only(_functions[function[5..]], arguments, world);

    /// <summary>Goes from <c>data</c> down a path, by each key that it allows.</summary>
    public List<Answer> Walk(string[] at, RegoValue? documents, Term[] path, Place place, Bindings bindings)
    {
        var isVirtual = !place.World.IsReplaced(at) && _places.Any(group => Lies(group, at));
        if (!isVirtual || path.Length == 0 || _groups.ContainsKey(Key(at)) || _functions.ContainsKey(Key(at)))
        {
            var value = Whole(at, documents, place.World);
            return value is null ? [] : Terms.Follow(value, path, place, bindings);
        }

        var keys = ReferenceValues.SetOf(
            (documents is null ? [] : ReferenceValues.Members(documents).Select(member => member.Key))
            .Concat(Below(at).Select(RegoString.Of)));
        return [.. from key in keys
                   from matched in Terms.Match(path[0], key, place, bindings)
                   from found in Walk(
                       [.. at, ((RegoString)key).Value], ReferenceValues.Get(documents, key), path[1..], place, matched)
                   select found];
    }

    /// <summary>All that lies at a place: rules' documents, over base documents.</summary>
    public RegoValue? Whole(string[] at, RegoValue? documents, World world)
    {
        if (world.IsReplaced(at) || !_places.Any(group => Lies(group, at)))
            return documents;
        if (_functions.ContainsKey(Key(at)))
            return null;
        if (_groups.TryGetValue(Key(at), out var rules))
            return Document(Key(at), at, rules, world);
        var members = documents is RegoObject map ? map.ToList() : [];
        foreach (var name in Below(at))
        {
            var key = RegoString.Of(name);
            var value = Whole([.. at, name], ReferenceValues.Get(documents, key), world);
            if (value is null)
                continue;
            members.RemoveAll(member => ReferenceValues.Same(member.Key, key));
            members.Add(new(key, value));
        }

        return ReferenceValues.ObjectOf(members);
    }

    private static string Key(string[] place) => string.Join('.', place);

    private static bool Lies(string[] place, string[] below) =>
        below.Length <= place.Length && place.Take(below.Length).SequenceEqual(below);

    private IEnumerable<string> Below(string[] at) =>
        _places.Where(place => place.Length > at.Length && Lies(place, at)).Select(place => place[at.Length])
            .Distinct();

    private RegoValue? Document(string key, string[] at, List<ReferenceRule> rules, World world)
    {
        if (world.Known.TryGetValue(key, out var known))
            return known;
        var isObject = rules.Any(rule => rule.Rest.Length > 0 || rule.Place.Length > at.Length);
        var value = isObject ? Tree([.. rules.SelectMany(rule => Facts(rule, null, world, at.Length))], 0)
            : rules[0].Rule.Head.Element is not null
                ? ReferenceValues.SetOf(rules.SelectMany(rule => Facts(rule, null, world, at.Length))
                    .Select(fact => fact.Path[^1]))
            : Only(rules, null, world);
        world.Known[key] = value;
        return value;
    }

    private RegoValue? Only(List<ReferenceRule> rules, RegoValue[]? arguments, World world)
    {
        var values = Values(rules.Where(rule => !rule.Rule.IsDefault));
        if (values.Count == 0)
            values = Values(rules.Where(rule => rule.Rule.IsDefault));
        return values.Count switch
        {
            0 => null,
            1 => values[0],
            _ => throw new ReferenceError("eval_conflict_error"),
        };

        List<RegoValue> Values(IEnumerable<ReferenceRule> some) => [.. ReferenceValues.SetOf(
            some.SelectMany(rule => Facts(rule, arguments, world, rule.Place.Length)).Select(fact => fact.Path[^1]))];
    }

    /// <summary>An object of the facts that share the first keys of their paths.</summary>
    private static RegoValue Tree(IReadOnlyList<Fact> facts, int depth)
    {
        var members = new List<KeyValuePair<RegoValue, RegoValue>>();
        foreach (var key in ReferenceValues.SetOf(facts.Select(fact => fact.Path[depth])))
        {
            var below = facts.Where(fact => ReferenceValues.Same(fact.Path[depth], key)).ToList();
            var ends = below.Where(fact => fact.Path.Length == depth + 2).ToList();
            if (ends.Count == 0)
            {
                members.Add(new(key, Tree(below, depth + 1)));
                continue;
            }

            var values = ReferenceValues.SetOf(ends.Select(fact => fact.Path[^1]));
            var isSet = ends.All(fact => fact.IsElement);
            if (ends.Count != below.Count || (!isSet && (values.Count > 1 || ends.Any(fact => fact.IsElement))))
                throw new ReferenceError("eval_conflict_error");
            members.Add(new(key, isSet ? values : values.First()));
        }

        return ReferenceValues.ObjectOf(members);
    }

    /// <summary>What one rule says: the keys below its document, then the value or element.</summary>
    private List<Fact> Facts(ReferenceRule rule, RegoValue[]? arguments, World world, int depth)
    {
        var (head, place) = (rule.Rule.Head, new Place(world, rule.Module));
        var constant = rule.Place[depth..].Select(word => new Term.Literal(RegoString.Of(word), head.Span));
        Term[] path = [.. constant, .. rule.Rest];
        foreach (var (lines, value) in Branches(rule.Rule))
        {
            var (body, heads) = ReferenceBodies.WithHeads(lines, [.. path, head.Element ?? value]);
            var facts = new List<Fact>();
            foreach (var taken in Take(head.Arguments, arguments, place))
            {
                var open = ReferenceBodies.Open(body, rule.Module, taken);
                facts.AddRange(Terms.Bodies.Solve(body, place, open)
                    .SelectMany(solution => Terms.All(heads, place, solution))
                    .Select(all => new Fact(all.Values, head.Element is not null)));
            }

            if (facts.Count > 0)
                return facts;
        }

        return [];
    }

    private List<Bindings> Take(Term[]? parameters, RegoValue[]? arguments, Place place)
    {
        if (parameters is null)
            return [Bindings.Empty];
        var open = Bindings.Empty.Declare(parameters.SelectMany(ReferenceNames.OfPattern).Distinct());
        return Terms.Match(new Term.Array(parameters, parameters[0].Span), RegoArray.Of(arguments), place, open);
    }

    private static IEnumerable<(Expression[] Body, Term Value)> Branches(Rule rule)
    {
        var yes = new Term.Literal(RegoBoolean.True, rule.Span);
        return rule.Alternatives.Select(branch => (branch.Body, branch.Value ?? yes))
            .Prepend((rule.Body, rule.Head.Value ?? yes));
    }

    private sealed record Fact(RegoValue[] Path, bool IsElement);
}
