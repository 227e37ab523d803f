using Writ.Rego.Builtins;
using Writ.Rego.Types;
using Writ.Rego.Values;

namespace Writ.Rego.Tests.Builtins;

/// <summary>Operands that nobody would write: a built-in answers, or fails in its own words.</summary>
public class BuiltinFuzzTests(ITestOutputHelper output)
{
    private const int Short = 300;
    private const int Long = 50_000;

    private static readonly string[] Texts =
    [
        "", "a", "0", "-1", "1e999", "true", "null", "{}", "[1,2", "{\"a\": [1, {\"b\": null}]}", "a/b/0", "/", "~1~0",
        "10.0.0.0/8", "::1/128", "1.2.3.4", "a.b.c", "eyJhbGciOiJIUzI1NiJ9.e30.x", "{\"kty\":\"oct\",\"k\":\"AA\"}",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "AAAA", "aGVsbG8=", "(a+)+$", "[a-z]{3,5}",
        "(?i)x|y*", "\\pL[[:alpha:]]", "*.{a,b}[!c]?", "%d %s %v %5.2f %[2]*.[1]*f %!", "{{.a}}{{range .b}}{{end}}",
        "{{if $x}}", "{ a(b: [1, {c: \"d\"}]) @e { ...f ... on G { h } } }", "type Q { a(b: Int = 1): [Q!]! @c }",
        "schema { query: Q } extend enum E { A }", "2006-01-02T15:04:05Z07:00", "2020-02-30T10:00:00+01:00", "1h2.5m",
        "Europe/Berlin", "../../etc/passwd", "1.0.0-rc.1+x", "5Mi", "1e5k", "&x [*x, *x]", "a: &a [1]\nb: *a",
        "<<: {c: 1}",
        "{\"type\": \"object\", \"$ref\": \"#\"}", "urn:<.*>:<[a-z>", "<", "\ud83d\ude00\u00e9\ufffd", "\udc80\udcff",
    ];

    [Fact]
    [Trait("Soak", "builtins")]
    public void No_builtin_throws_anything_but_its_own_error()
    {
        var rounds = Soak.Rounds(Short, Long);
        var dice = new Dice((ulong)rounds * 2_654_435_761);
        var (answers, failures) = (0, 0);
        foreach (var builtin in BuiltinRegistry.Standard.All.OrderBy(one => one.Name, StringComparer.Ordinal))
        {
            for (var i = 0; i < rounds; i++)
            {
                RegoValue[] operands = [.. builtin.Type.Arguments.Select(type => Make(dice, type, 0))];
                try
                {
                    answers += Call(builtin, operands) is null ? 0 : 1;
                }
                catch (BuiltinError)
                {
                    failures++;
                }
                catch (Exception error)
                {
                    Assert.Fail($"{builtin.Name}({string.Join<RegoValue>(", ", operands)}): {error}");
                }
            }
        }

        output.WriteLine($"{answers} answers, {failures} failures");
        Assert.True(answers > 0 && failures > 0);
    }

    private static RegoValue? Call(Builtin builtin, RegoValue[] operands)
    {
        var context = new BuiltinContext { MaxItems = 10_000, MaxTextLength = 100_000 };
        var result = builtin.Invoke(context, operands);
        result?.ToJson();
        return result;
    }

    /// <summary>Mostly of the type that is asked for: what is not ends at the first check.</summary>
    private static RegoValue Make(Dice dice, RegoType type, int depth)
    {
        if (dice.Roll(20) == 0 || depth > 4)
        {
            return Anything(dice, depth);
        }

        var count = depth > 3 ? 0 : dice.Roll(4);
        switch (type)
        {
            case RegoType.Any { Of: { Count: > 0 } some }:
                return Make(dice, some[dice.Roll(some.Count)], depth);
            case RegoType.Array array:
                var more = array.Dynamic is null ? 0 : count;
                return RegoArray.Of(array.Static.Select(item => Make(dice, item, depth + 1))
                    .Concat(Enumerable.Range(0, more).Select(_ => Make(dice, array.Dynamic!, depth + 1))));
            case RegoType.Set set:
                return RegoSet.Of([.. Enumerable.Range(0, count).Select(_ => Make(dice, set.Of, depth + 1))]);
            case RegoType.Object { Dynamic: var dynamic } map:
                var builder = new RegoObject.Builder();
                foreach (var (key, value) in map.Static)
                {
                    builder.Set(key, Make(dice, value, depth + 1));
                }

                for (var i = 0; i < count && dynamic is var (keys, values); i++)
                {
                    builder.Set(Make(dice, keys, depth + 1), Make(dice, values, depth + 1));
                }

                return builder.Build();
            case RegoType.Scalar { Name: "string" }:
                return Text(dice);
            case RegoType.Scalar { Name: "number" }:
                return Number(dice);
            default:
                return Anything(dice, depth);
        }
    }

    private static RegoValue Anything(Dice dice, int depth) => dice.Roll(depth > 3 ? 5 : 8) switch
    {
        0 => RegoNull.Instance,
        1 => RegoBoolean.Of(dice.Roll(2) == 0),
        2 or 3 => Number(dice),
        4 => Text(dice),
        5 => RegoArray.Of(Enumerable.Range(0, dice.Roll(4)).Select(_ => Anything(dice, depth + 1))),
        6 => RegoSet.Of([.. Enumerable.Range(0, dice.Roll(4)).Select(_ => Anything(dice, depth + 1))]),
        _ => new RegoObject.Builder().Set(Text(dice), Anything(dice, depth + 1)).Build(),
    };

    private static RegoString Text(Dice dice)
    {
        var text = Texts[dice.Roll(Texts.Length)];
        return (dice.Roll(4), text.Length) switch
        {
            (0, _) => RegoString.Of(text + Texts[dice.Roll(Texts.Length)]),
            (1, > 0) => RegoString.Of(text.Remove(dice.Roll(text.Length), 1)),
            (2, > 0) => RegoString.Of(text.Insert(dice.Roll(text.Length), ((char)(32 + dice.Roll(96))).ToString())),
            _ => RegoString.Of(text),
        };
    }

    private static RegoNumber Number(Dice dice) => dice.Roll(8) switch
    {
        0 => RegoNumber.Of(long.MaxValue - dice.Roll(2)),
        1 => RegoNumber.Of(long.MinValue + dice.Roll(2)),
        2 => RegoNumber.Parse("1e30000"),
        3 => RegoNumber.Parse("-1e-30000"),
        4 => RegoNumber.Parse($"{dice.Roll(1000)}.{dice.Roll(1000)}"),
        5 => RegoNumber.Parse("123456789012345678901234567890"),
        _ => RegoNumber.Of(dice.Roll(40) - 10),
    };

    /// <summary>The same throws for the same seed.</summary>
    private sealed class Dice(ulong seed)
    {
        private ulong _state = seed;

        public int Roll(int sides)
        {
            _state = (_state * 6_364_136_223_846_793_005) + 1_442_695_040_888_963_407;
            return (int)((_state >> 33) % (ulong)sides);
        }
    }
}
