using System.Text;

namespace Writ.Rego.Tests.Generated;

/// <summary>Writes whole policies: two packages of rules of all kinds, each using those before it.</summary>
internal sealed class PolicyGenerator
{
    private readonly Chance _chance;
    private readonly List<GeneratedRule> _rules = [];
    private readonly TermGenerator _terms;
    private readonly BodyGenerator _bodies;

    public PolicyGenerator(ulong seed)
    {
        _chance = new Chance(seed);
        _terms = new TermGenerator(_chance, _rules);
        _bodies = _terms.Bodies = new BodyGenerator(_chance, _terms);
    }

    public GeneratedPolicy Generate()
    {
        string[] modules = [Module("other", 2 + _chance.Below(3)), Module("test", 3 + _chance.Below(5))];
        var queries = _rules.Where(rule => rule.Arguments == 0).Select(rule => $"data.{rule.Package}.{rule.Name}");
        var data = $"{{\"base\": {Json(3)}, \"test\": {{\"a\": {Json(1)}}}}}";
        return new GeneratedPolicy(modules, [.. queries, "data.other", "data.test"], data, Json(3));
    }

    private string Module(string package, int count)
    {
        _terms.Package = package;
        var text = new StringBuilder($"package {package}\n\n");
        for (var i = 0; i < count; i++)
        {
            var name = $"{package[0]}{i}";
            var kind = _chance.Below(7);
            text.Append(kind switch
            {
                0 or 1 => Complete(name),
                2 => Keyed(name),
                3 => Set(name),
                4 => Object(name),
                5 => Deep(name),
                _ => Function(package, name),
            });
            if (_rules.All(rule => rule.Name != name))
                _rules.Add(new GeneratedRule(package, name, 0, kind > 2));
        }

        return text.ToString();
    }

    private string Complete(string name)
    {
        var text = new StringBuilder();
        if (_chance.OneIn(3))
            text.Append($"default {name} := {_terms.Scalar()}\n\n");
        var only = _chance.OneIn(2) ? _terms.Scalar() : null;
        for (var i = _chance.Below(3); i >= 0; i--)
        {
            text.Append(Rule(scope => $"{name} := {only ?? _terms.Term(scope, 2)}", hasElse: _chance.OneIn(4)));
        }

        return text.ToString();
    }

    /// <summary>Many rules that differ in what they compare one input with.</summary>
    private string Keyed(string name)
    {
        var (text, key, same) = (new StringBuilder(), _terms.Key(), _chance.OneIn(2));
        foreach (var value in new[] { "1", "2", "\"a\"", "\"b\"", "true", "null", "[1]", "{\"a\", \"b\"}" })
        {
            if (_chance.OneIn(4))
                continue;
            var test = value[0] == '{' ? $"input.{key} in {value}" : $"input.{key} == {value}";
            text.Append(Rule(_ => same ? $"{name} := 7" : $"{name} := {value}", first: test));
        }

        return text.Append(_chance.OneIn(2) ? Rule(_ => $"{name} := 7") : $"default {name} := 8\n\n").ToString();
    }

    private string Set(string name) => string.Concat(Enumerable.Range(0, 1 + _chance.Below(3))
        .Select(_ => Rule(scope => $"{name} contains {_terms.Term(scope, 1)}")));

    private string Object(string name) => string.Concat(Enumerable.Range(0, 1 + _chance.Below(3))
        .Select(_ => Rule(scope => $"{name}[{_terms.Term(scope, 0)}] := {_terms.Term(scope, 1)}")));

    private string Deep(string name)
    {
        var kind = _chance.Below(4);
        return string.Concat(Enumerable.Range(0, 1 + _chance.Below(3)).Select(i => Rule(scope => kind switch
        {
            0 => $"{name}.{_terms.Key()}[{_terms.Term(scope, 0)}] := {_terms.Term(scope, 1)}",
            1 => $"{name}[{_terms.Term(scope, 0)}].{_terms.Key()} := {_terms.Term(scope, 1)}",
            2 => $"{name}[{_terms.Term(scope, 0)}] contains {_terms.Term(scope, 1)}",
            _ => $"{name}.k{i} := {_terms.Term(scope, 1)}",
        })));
    }

    private string Function(string package, string name)
    {
        var (text, arity) = (new StringBuilder(), 1 + _chance.Below(2));
        if (_chance.OneIn(4))
            text.Append($"default {name}({string.Join(", ", Enumerable.Repeat("_", arity))}) := {_terms.Scalar()}\n\n");
        var isKeyed = _chance.OneIn(2);
        for (var i = isKeyed ? 5 : _chance.Below(2); i >= 0; i--)
        {
            var scope = new GeneratorScope(null);
            var arguments = Enumerable.Range(0, arity).Select(at => Argument(scope, isKeyed && at == 0)).ToArray();
            scope.EndExpression();
            text.Append(Rule(
                inner => $"{name}({string.Join(", ", arguments)}) := {_terms.Term(inner, 1)}", scope: scope));
        }

        _rules.Add(new GeneratedRule(package, name, arity, false));
        return text.ToString();
    }

    private string Argument(GeneratorScope scope, bool isConstant)
    {
        var name = _terms.Fresh();
        if (isConstant)
            return _terms.Scalar();
        var shape = _chance.Below(6);
        if (shape is not (0 or 1))
            scope.BindNext(name);
        return shape switch
        {
            0 => "_",
            1 => _terms.Scalar(),
            2 => $"[{name}, _]",
            3 => $"{{\"{_terms.Key()}\": {name}}}",
            _ => name,
        };
    }

    private string Rule(
        Func<GeneratorScope, string> head, bool hasElse = false, string? first = null, GeneratorScope? scope = null)
    {
        var around = scope ?? new GeneratorScope(null);
        var inner = new GeneratorScope(around);
        var lines = _bodies.Body(inner, around, first is null ? 1 + _chance.Below(3) : _chance.Below(2), 2);
        if (first is not null)
            lines.Insert(0, first);
        inner.CanBind = false;
        var text = $"{head(inner)} if {{\n\t{string.Join("\n\t", lines)}\n}}";
        if (!hasElse)
            return $"{text}\n\n";
        var other = new GeneratorScope(around);
        lines = _bodies.Body(other, around, 1 + _chance.Below(2), 2);
        other.CanBind = false;
        return $"{text} else := {_terms.Term(other, 1)} if {{\n\t{string.Join("\n\t", lines)}\n}}\n\n";
    }

    private string Json(int depth)
    {
        if (depth == 0 || _chance.OneIn(6))
            return _chance.Of("1", "2", "3", "\"a\"", "\"b\"", "true", "null", "[]", "{}", "false");
        if (_chance.OneIn(3))
            return $"[{string.Join(", ", Enumerable.Range(0, _chance.Below(3)).Select(_ => Json(depth - 1)))}]";
        var keys = new[] { "a", "b", "c", "d" }.Where(_ => !_chance.OneIn(4));
        return $"{{{string.Join(", ", keys.Select(key => $"\"{key}\": {Json(depth - 1)}"))}}}";
    }
}
