using System.Numerics;
using Writ.Rego.Values;

namespace Writ.Rego.Builtins;

/// <summary>Integers of any size as bits, negative ones in two's complement.</summary>
internal static class BitBuiltins
{
    private const int MostBits = RegoNumber.LargestExponent * 3;
    private const string Binary = "(number, number) => number";

    public static IEnumerable<Builtin> All =>
    [
        new("bits.and", Binary, (_, a) => RegoNumber.Of(a.BigInteger(0) & a.BigInteger(1))),
        new("bits.or", Binary, (_, a) => RegoNumber.Of(a.BigInteger(0) | a.BigInteger(1))),
        new("bits.xor", Binary, (_, a) => RegoNumber.Of(a.BigInteger(0) ^ a.BigInteger(1))),
        new("bits.negate", "(number) => number", (_, a) => RegoNumber.Of(~a.BigInteger(0))),
        new("bits.lsh", Binary, (_, a) => RegoNumber.Of(ShiftLeft(a.BigInteger(0), Shift(a)))),
        new("bits.rsh", Binary, (_, a) => RegoNumber.Of(a.BigInteger(0) >> Shift(a))),
    ];

    private static BigInteger ShiftLeft(BigInteger value, int shift) => value.GetBitLength() + shift <= MostBits
        ? value << shift
        : throw BuiltinError.Limit($"an integer of more than {MostBits} bits");

    private static int Shift(Operands a)
    {
        a.BigInteger(0);
        var shift = a.BigInteger(1);
        if (shift.Sign < 0)
        {
            throw Operands.Invalid(1, "must be an unsigned integer number but got a negative integer");
        }

        return shift > MostBits ? throw BuiltinError.Limit($"a shift by more than {MostBits} bits") : (int)shift;
    }
}
