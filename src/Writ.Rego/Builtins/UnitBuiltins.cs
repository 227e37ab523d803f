using System.Globalization;
using System.Numerics;
using Writ.Rego.Values;

namespace Writ.Rego.Builtins;

/// <summary>Amounts with units: 10G, 4Ki, 200m.</summary>
internal static class UnitBuiltins
{
    private const int ExponentDigits = 6;
    private const int DecimalPlaces = 10;

    public static IEnumerable<Builtin> All =>
    [
        new("units.parse", "(string) => number", Parse),
        new("units.parse_bytes", "(string) => number", ParseBytes),
    ];

    private static RegoNumber Parse(BuiltinContext context, Operands a)
    {
        var text = a.Text(0).Replace("\"", "", StringComparison.Ordinal);
        var (amount, unit) = Cut("units.parse", text, "no amount provided");

        // The first letter's case tells m from M.
        unit = unit.Length > 1 ? unit[..1] + unit[1..].ToLowerInvariant() : unit;
        var isMilli = unit is "m";
        var factor = isMilli ? BigInteger.One : Factor(unit, isShort: true)
            ?? throw BuiltinError.Failed($"units.parse: unit {unit} not recognized");
        var (digits, exponent) = Amount(amount, "units.parse: could not parse amount to a number");
        (digits, exponent) = (digits * factor, isMilli ? exponent - 3 : exponent);
        if (exponent >= -DecimalPlaces)
        {
            return RegoNumber.Create(digits, exponent, null);
        }

        var divisor = BigInteger.Pow(10, -exponent - DecimalPlaces);
        var rounded = (digits + (digits.Sign * divisor / 2)) / divisor;
        return RegoNumber.Create(rounded, -DecimalPlaces, null);
    }

    private static RegoNumber ParseBytes(BuiltinContext context, Operands a)
    {
        var text = a.Text(0).ToLowerInvariant().Replace("\"", "", StringComparison.Ordinal);
        var (amount, unit) = Cut("units.parse_bytes", text, "no byte amount provided");
        var factor = Factor(unit.Length > 1 && unit.EndsWith('b') ? unit[..^1] : unit, isShort: false)
            ?? throw BuiltinError.Failed($"units.parse_bytes: byte unit {unit} not recognized");
        var (digits, exponent) = Amount(amount, "units.parse_bytes: could not parse byte amount to a number");
        var product = BigFloat.Of(RegoNumber.Create(digits, exponent, null)) * BigFloat.Of(factor);
        return RegoNumber.Of(product.Truncate());
    }

    /// <summary>Powers of 1000, or with an i of 1024.</summary>
    private static BigInteger? Factor(string unit, bool isShort)
    {
        if (unit.Length == 0)
        {
            return BigInteger.One;
        }

        var isBinary = unit.Length == 2 && unit[1] == 'i';
        var letters = isShort ? "kmgtpeKMGTPE" : "kmgtpe";
        var power = letters.IndexOf(unit[0], StringComparison.Ordinal) % 6;
        return power < 0 || (unit.Length > 1 && !isBinary)
            ? null
            : BigInteger.Pow(isBinary ? 1024 : 1000, power + 1);
    }

    /// <summary>The number, which may have an exponent, and the unit after it.</summary>
    private static (string Amount, string Unit) Cut(string name, string text, string missing)
    {
        if (text.Contains(' ', StringComparison.Ordinal))
        {
            throw BuiltinError.Failed($"{name}: spaces not allowed in resource strings");
        }

        var end = 0;
        for (; end < text.Length; end++)
        {
            if (text[end] is 'e' or 'E')
            {
                if (end + 1 == text.Length || !(char.IsAsciiDigit(text[end + 1]) || text[end + 1] is '+' or '-'))
                {
                    break;
                }

                end += text[end + 1] is '+' or '-' ? 1 : 0;
                var last = end + 1;
                while (last < text.Length && char.IsAsciiDigit(text[last]))
                {
                    last++;
                }

                if (last - end - 1 > ExponentDigits)
                {
                    throw BuiltinError.Failed($"{name}: exponent too large");
                }
            }
            else if (!char.IsAsciiDigit(text[end]) && text[end] is not ('.' or '+' or '-'))
            {
                break;
            }
        }

        return end == 0 ? throw BuiltinError.Failed($"{name}: {missing}") : (text[..end], text[end..]);
    }

    private static (BigInteger Digits, int Exponent) Amount(string text, string message)
    {
        var mark = text.IndexOfAny(['e', 'E']);
        var (number, power) = mark < 0 ? (text, "0") : (text[..mark], text[(mark + 1)..]);
        var point = number.IndexOf('.', StringComparison.Ordinal);
        var digits = point < 0 ? number : number.Remove(point, 1);
        if (digits.Length > RegoNumber.LargestExponent
            || !BigInteger.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
            || !int.TryParse(power, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var exponent))
        {
            throw BuiltinError.Failed(message);
        }

        exponent -= point < 0 ? 0 : number.Length - point - 1;
        return Math.Abs(exponent) <= RegoNumber.LargestExponent
            ? (value, exponent)
            : throw BuiltinError.Limit($"a number of more than {RegoNumber.LargestExponent} digits");
    }
}
