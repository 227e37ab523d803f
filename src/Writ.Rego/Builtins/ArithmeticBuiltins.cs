using System.Numerics;
using Writ.Rego.Values;

namespace Writ.Rego.Builtins;

/// <summary>
/// Integers are exact, whatever their size; all else is computed with 64 bits of mantissa. A fraction that comes out
/// whole is an integer again.
/// </summary>
internal static class ArithmeticBuiltins
{
    private const string Binary = "(number, number) => number";
    private const string Unary = "(number) => number";

    private delegate BigFloat Inexact(BigFloat left, BigFloat right);

    public static IEnumerable<Builtin> All =>
    [
        new("plus", Binary, (_, a) => Add(a.Number(0), a.Number(1))) { Infix = "+" },
        new("minus", "(any<number, set[any]>, any<number, set[any]>) => any<number, set[any]>", Minus) { Infix = "-" },
        new("mul", Binary, (_, a) => Multiply(a.Number(0), a.Number(1))) { Infix = "*" },
        new("div", Binary, (_, a) => Divide(a.Number(0), a.Number(1))) { Infix = "/" },
        new("rem", Binary, (_, a) => Remainder(a.Number(0), a.Number(1))) { Infix = "%" },
        new("abs", Unary, (_, a) => a.Number(0) is var n && n < RegoNumber.Zero ? Subtract(RegoNumber.Zero, n) : n),
        new("round", Unary, (_, a) => Whole(a.Number(0), Round)),
        new("ceil", Unary, (_, a) => Whole(a.Number(0), Ceiling)),
        new("floor", Unary, (_, a) => Whole(a.Number(0), Floor)),
    ];

    public static RegoNumber Add(RegoNumber left, RegoNumber right) =>
        left.TryGetInt64(out var x) && right.TryGetInt64(out var y) && !Overflows(x, y, out var sum)
            ? RegoNumber.Of(sum)
            : Compute(left, right, BigInteger.Add, (a, b) => a + b);

    public static RegoNumber Multiply(RegoNumber left, RegoNumber right) =>
        left.TryGetInt64(out var x) && right.TryGetInt64(out var y) && Math.BigMul(x, y, out var low) == low >> 63
            ? RegoNumber.Of(low)
            : Compute(left, right, BigInteger.Multiply, (a, b) => a * b);

    private static RegoNumber Subtract(RegoNumber left, RegoNumber right) =>
        left.TryGetInt64(out var x) && right.TryGetInt64(out var y) && y != long.MinValue
            && !Overflows(x, -y, out var difference)
            ? RegoNumber.Of(difference)
            : Compute(left, right, BigInteger.Subtract, (a, b) => a - b);

    private static RegoValue Minus(BuiltinContext context, Operands a) => (a[0], a[1]) switch
    {
        (RegoNumber left, RegoNumber right) => Subtract(left, right),
        (RegoSet left, RegoSet right) => SetBuiltins.Difference(left, right),
        (RegoNumber, _) => throw a.Wrong(1, "number"),
        (RegoSet, _) => throw a.Wrong(1, "set"),
        _ => throw a.Wrong(0, "number", "set"),
    };

    private static RegoNumber Divide(RegoNumber left, RegoNumber right)
    {
        if (right.Equals(RegoNumber.Zero))
        {
            throw BuiltinError.Failed("divide by zero");
        }

        if (left.TryGetInt64(out var x) && right.TryGetInt64(out var y) && y != -1 && x % y == 0)
        {
            return RegoNumber.Of(x / y);
        }

        CheckSize(left, right);
        return (BigFloat.Of(left) / BigFloat.Of(right)).ToNumber();
    }

    private static RegoNumber Remainder(RegoNumber left, RegoNumber right)
    {
        if (left.TryGetInt64(out var x) && right.TryGetInt64(out var y) && y is not 0 and not -1)
        {
            return RegoNumber.Of(x % y);
        }

        CheckSize(left, right);
        if (!left.TryGetBigInteger(out var dividend) || !right.TryGetBigInteger(out var divisor))
        {
            throw BuiltinError.Failed("modulo on floating-point number");
        }

        return divisor.IsZero
            ? throw BuiltinError.Failed("modulo by zero")
            : RegoNumber.Of(BigInteger.Remainder(dividend, divisor));
    }

    private static RegoNumber Compute(
        RegoNumber left, RegoNumber right, Func<BigInteger, BigInteger, BigInteger> exact, Inexact inexact)
    {
        CheckSize(left, right);
        return left.TryGetBigInteger(out var x) && right.TryGetBigInteger(out var y)
            ? RegoNumber.Of(exact(x, y))
            : inexact(BigFloat.Of(left), BigFloat.Of(right)).ToNumber();
    }

    private static RegoNumber Whole(RegoNumber number, Func<RegoNumber, BigInteger> round)
    {
        CheckSize(number, number);
        return number.IsInteger ? number : RegoNumber.Of(round(number));
    }

    /// <summary>Half away from zero, after rounding to 64 bits as all arithmetic does.</summary>
    private static BigInteger Round(RegoNumber number)
    {
        var value = BigFloat.Of(number);
        var half = BigFloat.Of(RegoNumber.Parse("0.5"));
        return (value.IsNegative ? value - half : value + half).Truncate();
    }

    private static BigInteger Ceiling(RegoNumber number)
    {
        var whole = BigFloat.Of(number).Truncate();
        return number > RegoNumber.Of(whole) ? whole + 1 : whole;
    }

    private static BigInteger Floor(RegoNumber number)
    {
        var whole = BigFloat.Of(number).Truncate();
        return number < RegoNumber.Of(whole) ? whole - 1 : whole;
    }

    private static bool Overflows(long left, long right, out long sum)
    {
        sum = unchecked(left + right);
        return ((left ^ sum) & (right ^ sum)) < 0;
    }

    /// <summary>Numbers of hostile size can be compared and printed; computing with them would take for ever.</summary>
    private static void CheckSize(RegoNumber left, RegoNumber right)
    {
        Work.Tick((left.Size + right.Size) >> 4);
        if (Math.Abs(left.Magnitude) > RegoNumber.LargestExponent
            || Math.Abs(right.Magnitude) > RegoNumber.LargestExponent)
        {
            throw BuiltinError.Limit($"a number of more than {RegoNumber.LargestExponent} digits");
        }
    }
}
