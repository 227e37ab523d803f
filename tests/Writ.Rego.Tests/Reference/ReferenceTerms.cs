using Writ.Rego.Builtins;
using Writ.Rego.Tree;
using Writ.Rego.Values;

namespace Writ.Rego.Tests.Reference;

/// <summary>Terms: all the values that one has, each with its bindings.</summary>
internal sealed class ReferenceTerms
{
    private readonly ReferenceDocuments _documents;
    private readonly ReferenceBodies _bodies;
    private readonly int _maxSteps;
    private int _steps;

    public ReferenceTerms(ReferenceDocuments documents, int maxSteps)
    {
        (_documents, _maxSteps) = (documents, maxSteps);
        _bodies = new ReferenceBodies(this);
    }

    public ReferenceBodies Bodies => _bodies;

    public bool IsStrict { get; init; }

    /// <summary>
    /// Errors in what need not be looked at, as the second operand when the first is undefined: they may come or not.
    /// </summary>
    public HashSet<string> PossibleErrors { get; } = new(StringComparer.Ordinal);

    public List<Answer> Eval(Term term, Place place, Bindings bindings)
    {
        if (++_steps > _maxSteps)
            throw new ReferenceError("too many steps");
        switch (term)
        {
            case Term.Literal literal:
                return [new(literal.Value, bindings)];
            case Term.Variable variable when bindings.Find(variable.Name) is { } found:
                return [new(found.Value ?? throw new NotYet(variable.Name), bindings)];
            case Term.Variable variable:
                return Global(variable, [], place, bindings);
            case Term.Reference { Head: Term.Variable head } reference when bindings.Find(head.Name) is null:
                return Global(head, reference.Path, place, bindings);
            case Term.Reference reference:
                return [.. Eval(reference.Head, place, bindings)
                    .SelectMany(found => Follow(found.Value, reference.Path, place, found.Bindings))];
            case Term.Call call:
                return [.. All(call.Arguments, place, bindings).SelectMany(arguments =>
                    Call(Name(call.Function, place), arguments.Values, place)
                        .Select(value => new Answer(value, arguments.Bindings)))];
            case Term.Array array:
                return [.. All(array.Items, place, bindings)
                    .Select(items => new Answer(RegoArray.Of(items.Values), items.Bindings))];
            case Term.Set set:
                return [.. All(set.Items, place, bindings)
                    .Select(items => new Answer(ReferenceValues.SetOf(items.Values), items.Bindings))];
            case Term.Object map:
                return [.. All([.. map.Items.Select(item => item.Key), .. map.Items.Select(item => item.Value)],
                    place, bindings).Select(all => new Answer(Object(all.Values), all.Bindings))];
            case Term.Comprehension comprehension:
                return [new(Comprehend(comprehension, place, bindings), bindings)];
            default:
                return [new(Fill((Term.Template)term, place, bindings), bindings)];
        }
    }

    /// <summary>The bindings under which a pattern equals a value.</summary>
    public List<Bindings> Match(Term pattern, RegoValue value, Place place, Bindings bindings)
    {
        switch (pattern)
        {
            case Term.Variable variable when bindings.Find(variable.Name) is { Value: null }:
                return [bindings.Bind(variable.Name, value)];
            case Term.Array array:
                return value is RegoArray items && items.Count == array.Items.Length
                    ? MatchAll([.. array.Items.Select((item, i) => (item, items[i]))], place, bindings)
                    : [];
            case Term.Object map:
                if (value is not RegoObject found)
                    return [];
                var keys = All([.. map.Items.Select(item => item.Key)], place, bindings);
                return found.Count != map.Items.Length ? [] : [.. keys.SelectMany(all =>
                    all.Values.All(key => ReferenceValues.Get(found, key) is not null)
                        ? MatchAll(
                            [.. map.Items.Select((item, i) =>
                                (item.Value, ReferenceValues.Get(found, all.Values[i])!))],
                            place, all.Bindings)
                        : [])];
            default:
                return [.. Eval(pattern, place, bindings)
                    .Where(found => ReferenceValues.Same(found.Value, value)).Select(found => found.Bindings)];
        }
    }

    /// <summary>All combinations of the values of some terms.</summary>
    public List<(RegoValue[] Values, Bindings Bindings)> All(
        IReadOnlyList<Term> terms, Place place, Bindings bindings)
    {
        List<(RegoValue[] Values, Bindings Bindings)> all = [([], bindings)];
        foreach (var term in terms)
        {
            if (all.Count == 0)
                Try(() => Eval(term, place, bindings));
            all = [.. all.SelectMany(before => Eval(term, place, before.Bindings)
                .Select(found => ((RegoValue[])[.. before.Values, found.Value], found.Bindings)))];
        }

        return all;
    }

    /// <summary>What an evaluation may do that looks further than this one.</summary>
    public void Try(params ReadOnlySpan<Action> works)
    {
        foreach (var work in works)
        {
            try
            {
                work();
            }
            catch (ReferenceError error)
            {
                PossibleErrors.Add($"!{error.Code}");
            }
            catch (NotYet)
            {
                // Nobody gets that far.
            }
        }
    }

    /// <summary>The members that a path leads to; a variable in it takes each key in turn.</summary>
    public List<Answer> Follow(RegoValue from, ReadOnlySpan<Term> path, Place place, Bindings bindings)
    {
        if (path.IsEmpty)
            return [new(from, bindings)];
        var found = new List<Answer>();
        foreach (var (key, value) in ReferenceValues.Members(from))
        {
            foreach (var matched in Match(path[0], key, place, bindings))
            {
                found.AddRange(Follow(value, path[1..], place, matched));
            }
        }

        return found;
    }

    /// <summary>Whether a call has one argument more than the function takes, which stands for the result.</summary>
    public bool HasOutput(Term.Call call, Place place)
    {
        var name = Name(call.Function, place);
        var arity = _documents.Arity(name)
            ?? (BuiltinRegistry.Standard.TryGet(name, out var builtin) ? builtin.Type.Arguments.Count : 0);
        return call.Arguments.Length == arity + 1;
    }

    public List<(World World, Bindings At)> Worlds(WithModifier[] modifiers, Place place, Bindings bindings)
    {
        List<(World World, Bindings At)> worlds = [(place.World with { Known = [] }, bindings)];
        foreach (var with in modifiers)
        {
            worlds = [.. worlds.SelectMany(world => Change(world.World, with, place, world.At))];
        }

        return worlds;
    }

    private IEnumerable<(World World, Bindings At)> Change(
        World world, WithModifier with, Place place, Bindings bindings)
    {
        var root = with.Target as Term.Variable ?? (Term.Variable)((Term.Reference)with.Target).Head;
        var path = with.Target is Term.Reference reference ? reference.Path : [];
        if (root.Name != "input" && (root.Name != "data" || _documents.Arity(Name(with.Target, place)) is not null))
            return Mocked(world, with, place, bindings);
        return All([.. path, with.Value], place, bindings).Select(all =>
        {
            var (keys, value) = (all.Values[..^1], all.Values[^1]);
            if (root.Name == "input")
                return (world with { Input = Put(world.Input, keys, value) }, all.Bindings);
            string[] words = [.. keys.Select(key => ((RegoString)key).Value)];
            return (
                world with { Data = Put(world.Data, keys, value), Replaced = [.. world.Replaced, words] },
                all.Bindings);
        });
    }

    private IEnumerable<(World World, Bindings At)> Mocked(
        World world, WithModifier with, Place place, Bindings bindings)
    {
        var target = Name(with.Target, place);
        if (with.Value is Term.Variable or Term.Reference { Head: Term.Variable })
        {
            var name = Name(with.Value, place);
            if (_documents.Arity(name) is not null || BuiltinRegistry.Standard.TryGet(name, out _))
                return [(With(new World.Mock(null, name)), bindings)];
        }

        return Eval(with.Value, place, bindings)
            .Select(found => (With(new World.Mock(found.Value, null)), found.Bindings));

        World With(World.Mock mock) => world with
        {
            Mocks = new Dictionary<string, World.Mock>(world.Mocks) { [target] = mock },
        };
    }

    private static RegoValue Put(RegoValue? into, ReadOnlySpan<RegoValue> path, RegoValue value)
    {
        if (path.IsEmpty)
            return value;
        if (into is not (null or RegoObject))
            throw new ReferenceError("eval_with_merge_error");
        var key = path[0];
        var others = into is RegoObject map ? map.Where(item => !ReferenceValues.Same(item.Key, key)) : [];
        var below = Put(ReferenceValues.Get(into, key), path[1..], value);
        return ReferenceValues.ObjectOf(others.Append(KeyValuePair.Create(key, below)));
    }

    private List<Bindings> MatchAll(
        IReadOnlyCollection<(Term Pattern, RegoValue Value)> pairs, Place place, Bindings bindings) =>
        pairs.Count == 0
            ? [bindings]
            : _bodies.Solve(
                [.. pairs.Select(pair => new Expression.Unify(
                    pair.Pattern, new Term.Literal(pair.Value, pair.Pattern.Span), false, false, [],
                    pair.Pattern.Span))],
                place, bindings);

    private List<Answer> Global(Term.Variable head, Term[] path, Place place, Bindings bindings)
    {
        var words = place.Module.Find(head.Name) ?? throw new NotYet(head.Name);
        Term[] whole = [.. words[1..].Select(word => new Term.Literal(RegoString.Of(word), head.Span)), .. path];
        if (words[0] == "data")
            return _documents.Walk([], place.World.Data, whole, place, bindings);
        return place.World.Input is { } input ? Follow(input, whole, place, bindings) : [];
    }

    /// <summary>A function's full name: its path from <c>data</c>, or the built-in's.</summary>
    private static string Name(Term function, Place place)
    {
        var root = function as Term.Variable ?? (Term.Variable)((Term.Reference)function).Head;
        var path = function is Term.Reference reference
            ? reference.Path.Select(part => part is Term.Literal { Value: RegoString word } ? word.Value : "?")
            : [];
        return string.Join('.', (place.Module.Find(root.Name) ?? [root.Name]).Concat(path));
    }

    private IEnumerable<RegoValue> Call(string name, RegoValue[] arguments, Place place)
    {
        if (place.World.Mocks.TryGetValue(name, out var mock))
        {
            var real = new World(place.World.Input, place.World.Data) { Replaced = place.World.Replaced };
            return mock.Value is { } value ? [value] : Call(mock.Function!, arguments, place with { World = real });
        }

        if (_documents.Arity(name) is not null)
            return _documents.Call(name, arguments, place.World) is { } result ? [result] : [];
        switch (name)
        {
            case "equal":
                return [RegoBoolean.Of(ReferenceValues.Same(arguments[0], arguments[1]))];
            case "neq":
                return [RegoBoolean.Of(!ReferenceValues.Same(arguments[0], arguments[1]))];
            case "internal.member_2":
                return [RegoBoolean.Of(ReferenceValues.Members(arguments[1])
                    .Any(member => ReferenceValues.Same(member.Value, arguments[0])))];
            case "internal.member_3":
                return [RegoBoolean.Of(ReferenceValues.Get(arguments[2], arguments[0]) is { } at
                    && ReferenceValues.Same(at, arguments[1]))];
            default:
                return Invoke(name, arguments);
        }
    }

    private IEnumerable<RegoValue> Invoke(string name, RegoValue[] arguments)
    {
        Assert.True(BuiltinRegistry.Standard.TryGet(name, out var builtin), name);
        try
        {
            var result = builtin.Invoke(new BuiltinContext(), arguments);
            return result is null ? [] : builtin.IsRelation ? ((RegoArray)result).Span.ToArray() : [result];
        }
        catch (BuiltinError error)
        {
            return IsStrict || error.IsFatal ? throw new ReferenceError(error.Code) : [];
        }
    }

    private static RegoObject Object(RegoValue[] keysThenValues)
    {
        var half = keysThenValues.Length / 2;
        return ReferenceValues.ObjectOf(keysThenValues[..half].Zip(keysThenValues[half..], KeyValuePair.Create));
    }

    private RegoValue Comprehend(Term.Comprehension inner, Place place, Bindings bindings)
    {
        ReferenceBodies.Await(ReferenceNames.Of(inner, deep: true), bindings);
        Term[] heads = inner.Key is null ? [inner.Value] : [inner.Key, inner.Value];
        var (body, names) = ReferenceBodies.WithHeads(inner.Body, heads);
        var open = ReferenceBodies.Open(body, place.Module, bindings);
        var found = _bodies.Solve(body, place, open).SelectMany(solution => All(names, place, solution));
        return inner.Kind switch
        {
            CollectionKind.Array => RegoArray.Of(found.Select(one => one.Values[0])),
            CollectionKind.Set => ReferenceValues.SetOf(found.Select(one => one.Values[0])),
            _ => ReferenceValues.ObjectOf(found.Select(one => KeyValuePair.Create(one.Values[0], one.Values[1]))),
        };
    }

    private RegoString Fill(Term.Template template, Place place, Bindings bindings) =>
        RegoString.Of(string.Concat(template.Parts.Select(part =>
        {
            if (part.Term is null)
                return part.Text;
            ReferenceBodies.Await(ReferenceNames.Of(part.Term, deep: true), bindings);
            var (body, names) = ReferenceBodies.WithHeads([], [part.Term]);
            var open = ReferenceBodies.Open(body, place.Module, bindings);
            var values = ReferenceValues.SetOf(_bodies.Solve(body, place, open)
                .SelectMany(solution => All(names, place, solution)).Select(found => found.Values[0])).ToList();
            return values.Count switch
            {
                0 => "<undefined>",
                1 => values[0] is RegoString text ? text.Value : values[0].ToString(),
                _ => throw new ReferenceError("eval_conflict_error"),
            };
        })));
}
