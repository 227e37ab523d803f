using Writ.Rego.Values;

namespace Writ.Rego.Builtins;

/// <summary>One value of many.</summary>
internal static class AggregateBuiltins
{
    private const string Numbers = "(any<array[number], set[number]>) => number";
    private const string Collection = "(any<array[any], set[any]>)";

    public static IEnumerable<Builtin> All =>
    [
        new("count", "(any<string, array[any], object[any: any], set[any]>) => number", Count),
        new("sum", Numbers, (_, a) => Fold(a, RegoNumber.Zero, ArithmeticBuiltins.Add)),
        new("product", Numbers, (_, a) => Fold(a, RegoNumber.One, ArithmeticBuiltins.Multiply)),
        new("max", $"{Collection} => any", (_, a) => Best(a, 1)),
        new("min", $"{Collection} => any", (_, a) => Best(a, -1)),
        new("sort", $"{Collection} => array[any]", Sort),
        new("all", $"{Collection} => boolean", (_, a) => RegoBoolean.Of(!Unordered(a).ContainsAnyExcept(True)))
        {
            IsDeprecated = true,
        },
        new("any", $"{Collection} => boolean", (_, a) => RegoBoolean.Of(Unordered(a).Contains(RegoBoolean.True)))
        {
            IsDeprecated = true,
        },
    ];

    private static RegoValue[] True => [RegoBoolean.True];

    private static RegoNumber Count(BuiltinContext context, Operands a) => RegoNumber.Of(a[0] switch
    {
        RegoArray array => array.Count,
        RegoSet set => set.Count,
        RegoObject map => map.Count,
        RegoString text => ByteText.Length(text.Value),
        _ => throw a.Wrong(0, "array", "object", "set", "string"),
    });

    private static RegoNumber Fold(Operands a, RegoNumber start, Func<RegoNumber, RegoNumber, RegoNumber> combine)
    {
        foreach (var item in Ordered(a))
        {
            Work.Tick();
            start = combine(start, item as RegoNumber ?? throw a.WrongItem(0, item, "number"));
        }

        return start;
    }

    private static RegoValue? Best(Operands a, int direction)
    {
        RegoValue? best = null;
        foreach (var item in Unordered(a))
        {
            if (best is null || item.CompareTo(best) * direction > 0)
            {
                best = item;
            }
        }

        return best;
    }

    private static RegoArray Sort(BuiltinContext context, Operands a)
    {
        var sorted = Ordered(a).ToArray();
        if (a[0] is RegoArray)
        {
            Array.Sort(sorted, (left, right) =>
            {
                Work.Tick();
                return left.CompareTo(right);
            });
        }

        return RegoArray.Own(sorted);
    }

    private static ReadOnlySpan<RegoValue> Ordered(Operands a) => a[0] switch
    {
        RegoArray array => array.Span,
        RegoSet set => set.ToArray(),
        _ => throw a.Wrong(0, "set", "array"),
    };

    private static ReadOnlySpan<RegoValue> Unordered(Operands a) =>
        a[0] is RegoSet set ? set.Unordered : Ordered(a);
}
