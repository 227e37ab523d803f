namespace Writ.Rego.Tests.Generated;

/// <summary>Writes terms that are well formed and mostly safe; many are undefined.</summary>
internal sealed class TermGenerator(Chance chance, List<GeneratedRule> rules)
{
    private static readonly string[] Keys = ["a", "b", "c", "d"];
    private int _made;

    public BodyGenerator Bodies { get; set; } = null!;

    public string Package { get; set; } = "";

    public string Fresh() => $"v{_made++}";

    /// <summary>A name for a variable: mostly new, at times that of one further out, which it hides.</summary>
    public string Name(GeneratorScope? outer) =>
        outer is { Bound.Count: > 0 } && chance.OneIn(6) ? Bound(outer) : Fresh();

    public string Key() => chance.Of(Keys);

    public string Term(GeneratorScope scope, int depth)
    {
        if (depth <= 0 || chance.OneIn(5))
            return Leaf(scope);
        switch (chance.Below(16))
        {
            case 0 or 1 or 2:
                return Reference("input", scope);
            case 3 or 4:
                return Reference("data.base", scope);
            case 5 or 6 or 7:
                return Rule(scope);
            case 8:
                return Call(scope, depth);
            case 9:
                return Arithmetic(scope, depth);
            case 10:
                return $"[{Terms(scope, depth)}]";
            case 11:
                return chance.OneIn(5) ? "set()" : $"{{{Term(scope, depth - 1)}, {Terms(scope, depth)}}}";
            case 12:
                return $"{{\"{Key()}\": {Term(scope, depth - 1)}, \"e\": {Term(scope, depth - 1)}}}";
            case 13 or 14:
                return Comprehension(scope, depth);
            default:
                return $"$\"<{{{Term(new GeneratorScope(scope), depth - 1)}}}|{{{Leaf(scope)}}}>\"";
        }
    }

    public string Reference(string root, GeneratorScope scope)
    {
        var text = root;
        for (var i = chance.Below(3); i >= 0; i--)
        {
            text += chance.Below(7) switch
            {
                0 or 1 => $".{Key()}",
                2 => $"[\"{Key()}\"]",
                3 => $"[{chance.Below(3)}]",
                _ => Step(scope),
            };
        }

        return text;
    }

    /// <summary>The checker of types knows nothing of these, and so has nothing against them.</summary>
    public string Untyped(GeneratorScope scope) => Reference(chance.Of("input", "data.base", "input"), scope);

    public string Bound(GeneratorScope scope) => scope.Bound[chance.Below(scope.Bound.Count)];

    public string Scalar() => chance.Of("1", "2", "3", "0", "\"a\"", "\"b\"", "\"c\"", "true", "false", "null", "1.0");

    public GeneratedRule? Pick(bool isFunction)
    {
        var some = rules.Where(rule => rule.Arguments > 0 == isFunction).ToArray();
        return some.Length == 0 ? null : some[chance.Below(some.Length)];
    }

    public string Path(GeneratedRule rule) =>
        rule.Package == Package && chance.OneIn(2) ? rule.Name : $"data.{rule.Package}.{rule.Name}";

    private string Step(GeneratorScope scope) => scope.Bound.Count > 0 && chance.OneIn(3) ? $"[{Bound(scope)}]"
        : scope.CanBind ? $"[{Binding(scope)}]"
        : $"[input.{Key()}]";

    private string Binding(GeneratorScope scope)
    {
        if (chance.OneIn(2))
            return "_";
        var name = Fresh();
        scope.BindNext(name);
        return name;
    }

    private string Leaf(GeneratorScope scope) => chance.Below(4) switch
    {
        0 => Scalar(),
        1 => $"input.{Key()}",
        _ => scope.Bound.Count > 0 ? Bound(scope) : Scalar(),
    };

    private string Terms(GeneratorScope scope, int depth) =>
        string.Join(", ", Enumerable.Range(0, 1 + chance.Below(2)).Select(_ => Term(scope, depth - 1)));

    private string Rule(GeneratorScope scope) => Pick(isFunction: false) is { } rule
        ? !rule.IsOpen || chance.OneIn(2) ? Path(rule) : $"{Path(rule)}{Step(scope)}"
        : Reference("input", scope);

    private string Call(GeneratorScope scope, int depth)
    {
        if (chance.OneIn(2) && Pick(isFunction: true) is { } function)
        {
            var arguments = Enumerable.Range(0, function.Arguments).Select(_ => Term(scope, depth - 1));
            return $"{Path(function)}({string.Join(", ", arguments)})";
        }

        var one = Untyped(scope);
        return chance.Below(8) switch
        {
            0 => $"object.get({one}, \"{Key()}\", {Scalar()})",
            1 => $"array.concat([{one}], [{Leaf(scope)}])",
            2 => $"type_name({one})",
            3 => $"sprintf(\"%v\", [{one}])",
            4 => $"({one} < {Leaf(scope)})",
            5 => $"({one} in {Term(scope, depth - 1)})",
            6 => $"object.keys({one})",
            _ => $"count({one})",
        };
    }

    private string Arithmetic(GeneratorScope scope, int depth)
    {
        if (chance.OneIn(2))
            return $"({Untyped(scope)} {chance.Of("+", "-", "*")} {(chance.OneIn(2) ? "2" : Untyped(scope))})";
        var inner = new GeneratorScope(scope);
        var set = $"{{{Term(inner, depth - 1)} | {Untyped(inner)}}}";
        return $"({set} {chance.Of("|", "&", "-")} {{{Term(scope, depth - 1)}, {Leaf(scope)}}})";
    }

    private string Comprehension(GeneratorScope outer, int depth)
    {
        var scope = new GeneratorScope(outer);
        var body = string.Join("; ", Bodies.Body(scope, outer, 1 + chance.Below(2), depth - 1));
        scope.CanBind = chance.OneIn(4);
        return chance.Below(3) switch
        {
            0 => $"[{Head()} | {body}]",
            1 => $"{{{Head()} | {body}}}",
            _ => $"{{{Head()}: {Head()} | {body}}}",
        };

        string Head() => chance.OneIn(3) ? $"[{Term(scope, depth - 1)}]" : Leaf(scope);
    }
}
