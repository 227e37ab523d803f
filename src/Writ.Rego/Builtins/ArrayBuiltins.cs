using Writ.Rego.Values;

namespace Writ.Rego.Builtins;

/// <summary>Arrays, and ranges of numbers.</summary>
internal static class ArrayBuiltins
{
    public static IEnumerable<Builtin> All =>
    [
        new("array.concat", "(array[any], array[any]) => array[any]", Concat),
        new("array.slice", "(array[any], number, number) => array[any]", Slice),
        new("array.reverse", "(array[any]) => array[any]", Reverse),
        new("array.flatten", "(array[any]) => array[any]", Flatten),
        new("numbers.range", "(number, number) => array[number]", (c, a) =>
            Range(c, a.BigInteger(0), a.BigInteger(1), 1)),
        new("numbers.range_step", "(number, number, number) => array[number]", RangeStep),
    ];

    private static RegoArray Concat(BuiltinContext context, Operands a)
    {
        var (left, right) = (a.Array(0), a.Array(1));
        context.CheckItems((long)left.Count + right.Count);
        Work.Tick((left.Count + right.Count) >> 6);
        return left.Count == 0 ? right : right.Count == 0 ? left : RegoArray.Own([.. left.Span, .. right.Span]);
    }

    private static RegoArray Slice(BuiltinContext context, Operands a)
    {
        var array = a.Array(0);
        var (start, stop) = (a.Integer(1), a.Integer(2));
        stop = Math.Clamp(stop, 0, array.Count);
        start = Math.Clamp(start, 0, stop);
        return start == 0 && stop == array.Count ? array : RegoArray.Of(array.Span[(int)start..(int)stop]);
    }

    private static RegoArray Reverse(BuiltinContext context, Operands a)
    {
        var items = a.Array(0).Span.ToArray();
        Array.Reverse(items);
        return RegoArray.Own(items);
    }

    /// <summary>One level: items that are arrays give their items.</summary>
    private static RegoArray Flatten(BuiltinContext context, Operands a)
    {
        var flat = new List<RegoValue>(a.Array(0).Count);
        foreach (var item in a.Array(0))
        {
            if (item is RegoArray inner)
            {
                context.CheckItems((long)flat.Count + inner.Count);
                flat.AddRange(inner.Span);
            }
            else
            {
                flat.Add(item);
            }
        }

        return RegoArray.Own([.. flat]);
    }

    private static RegoArray RangeStep(BuiltinContext context, Operands a)
    {
        var (start, stop, step) = (a.BigInteger(0), a.BigInteger(1), a.BigInteger(2));
        return step.Sign > 0
            ? Range(context, start, stop, step)
            : throw BuiltinError.Failed("numbers.range_step: step must be a positive number above zero");
    }

    /// <summary>From one to the other, both included, upward or downward.</summary>
    private static RegoArray Range(
        BuiltinContext context,
        System.Numerics.BigInteger start,
        System.Numerics.BigInteger stop,
        System.Numerics.BigInteger step)
    {
        var distance = System.Numerics.BigInteger.Abs(stop - start) / step;

        // Long numbers count for several items.
        var weight = 1 + (Math.Max(start.GetBitLength(), stop.GetBitLength()) / 512);
        context.CheckItems(distance > int.MaxValue ? int.MaxValue : ((long)distance + 1) * weight);
        var items = new RegoValue[(int)distance + 1];
        step = stop < start ? -step : step;
        for (var i = 0; i < items.Length; i++, start += step)
        {
            Work.Tick();
            items[i] = RegoNumber.Of(start);
        }

        return RegoArray.Own(items);
    }
}
