namespace Writ.Rego.Tests.Generated;

/// <summary>Writes bodies: an expression a line, each of which binds what later ones may use.</summary>
internal sealed class BodyGenerator(Chance chance, TermGenerator terms)
{
    /// <summary>Some expressions; what they bind is in the scope afterwards.</summary>
    public List<string> Body(GeneratorScope scope, GeneratorScope? outer, int count, int depth)
    {
        var lines = new List<string>();
        for (var i = 0; i < count; i++)
        {
            lines.Add(Expression(scope, lines.Count == 0 ? outer : null, depth));
            scope.EndExpression();
        }

        if (chance.OneIn(5) && !lines.Any(line => line.Contains(":=") || line.Contains("some ")))
            lines.Reverse();
        return lines;
    }

    private string Expression(GeneratorScope scope, GeneratorScope? outer, int depth)
    {
        var plain = Plain(scope, outer, depth);
        return chance.OneIn(8) && !plain.StartsWith("some v", StringComparison.Ordinal)
            ? $"{plain} {With(scope, depth)}" : plain;
    }

    private string Plain(GeneratorScope scope, GeneratorScope? outer, int depth)
    {
        var kind = chance.Below(15);
        if (kind is 6 or 7)
            return $"not {Negated(scope, depth)}";
        if (kind == 8)
            return Every(scope, depth);
        var term = terms.Term(scope, depth);
        switch (kind)
        {
            case 0 or 1:
                return $"{Declare(scope, outer, term)} := {term}";
            case 2:
                return $"some {Declare(scope, outer, term)} in {term}";
            case 3:
                return $"some {Declare(scope, outer, term)}, {Pattern(scope, outer, term)} in {term}";
            case 4:
                return $"{term} {chance.Of("==", "!=", "<", ">=")} {terms.Term(scope, depth - 1)}";
            case 5:
                return $"{term} in {terms.Term(scope, depth - 1)}";
            case 9:
                return $"{Pattern(scope, outer, term)} := {term}";
            case 10:
                return $"{Unified(scope)} = {term}";
            case 11:
                return $"[{Fresh(scope)}, {terms.Untyped(scope)}] = [{terms.Scalar()}, {Unified(scope)}]";
            case 12:
                return $"walk({term}, [{Unified(scope)}, {Unified(scope)}])";
            case 13 when terms.Pick(isFunction: false) is { IsOpen: true } rule:
                return $"{term} != {terms.Path(rule)}[{Unified(scope)}]";
            default:
                return term;
        }
    }

    /// <summary>A new variable, whose name must not occur in what it is made from.</summary>
    private string Declare(GeneratorScope scope, GeneratorScope? outer, string from)
    {
        var name = terms.Name(outer);
        while (from.Contains(name, StringComparison.Ordinal) || (outer is null && scope.Bound.Contains(name)))
        {
            name = terms.Fresh();
        }

        scope.BindNext(name);
        return name;
    }

    private string Pattern(GeneratorScope scope, GeneratorScope? outer, string from) => chance.Below(5) switch
    {
        0 => $"[{Declare(scope, outer, from)}, _]",
        1 => $"{{\"{terms.Key()}\": {Declare(scope, null, from + "v")}}}",
        _ => Declare(scope, null, from),
    };

    private string Unified(GeneratorScope scope)
    {
        if (chance.OneIn(4) && scope.Bound.Count > 0)
            return terms.Bound(scope);
        var name = terms.Fresh();
        scope.BindNext(name);
        return chance.Below(8) switch
        {
            0 => $"[{name}, {terms.Scalar()}]",
            1 => $"{{\"{terms.Key()}\": {name}, \"e\": _}}",
            2 => $"[count({name}), {name}]",
            _ => name,
        };
    }

    private string Fresh(GeneratorScope scope)
    {
        var name = terms.Fresh();
        scope.BindNext(name);
        return name;
    }

    private string Negated(GeneratorScope scope, int depth)
    {
        var inner = new GeneratorScope(scope) { CanBind = false };
        var term = terms.Term(inner, depth - 1);
        return chance.Below(3) switch
        {
            0 => $"{term} == {terms.Term(inner, 1)}",
            1 => $"{term} in {terms.Term(inner, 1)}",
            _ => term,
        };
    }

    private string Every(GeneratorScope outer, int depth)
    {
        var canBind = outer.CanBind;
        outer.CanBind = false;
        var domain = terms.Term(outer, depth - 1);
        outer.CanBind = canBind;
        var scope = new GeneratorScope(outer);
        var (key, value) = (terms.Fresh(), terms.Fresh());
        scope.Bind(value);
        var head = value;
        if (chance.OneIn(2))
        {
            scope.Bind(key);
            head = $"{key}, {value}";
        }

        var test = head == value ? value : $"[{head}]";
        string[] body =
        [
            $"{test} {chance.Of("!=", "!=", ">")} {terms.Term(scope, depth - 1)}",
            .. Body(scope, outer, chance.Below(2), depth - 1),
        ];
        return $"every {head} in {domain} {{ {string.Join("; ", body)} }}";
    }

    private string With(GeneratorScope scope, int depth)
    {
        var inner = new GeneratorScope(scope) { CanBind = false };
        var value = terms.Term(inner, depth - 1);
        switch (chance.Below(8))
        {
            case 0 or 1:
                return $"with input as {value}";
            case 2 or 3:
                return $"with input.{terms.Key()} as {value}";
            case 4:
                return $"with data.base.{terms.Key()} as {value}";
            case 5 when terms.Pick(isFunction: false) is { } rule:
                return $"with data.{rule.Package}.{rule.Name} as {value}";
            case 6 when terms.Pick(isFunction: true) is { } function:
                var other = terms.Pick(isFunction: true)!;
                var mock = other.Arguments == function.Arguments && chance.OneIn(2)
                    ? $"data.{other.Package}.{other.Name}" : value;
                return $"with data.{function.Package}.{function.Name} as {mock}";
            case 7:
                return $"with count as {(chance.OneIn(2) ? "type_name" : value)}";
            default:
                return $"with input as {value} with input.{terms.Key()} as {terms.Scalar()}";
        }
    }
}
