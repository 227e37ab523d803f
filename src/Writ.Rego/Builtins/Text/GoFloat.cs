using System.Globalization;
using System.Numerics;
using Decimal = Writ.Rego.Values.Decimal;

namespace Writ.Rego.Builtins.Text;

/// <summary>Binary fractions as Go prints them, without their sign: exact digits, ties to even.</summary>
internal static class GoFloat
{
    /// <summary>%f: so many places after the point.</summary>
    public static string Fixed(double value, int places)
    {
        var (digits, point) = Exact(value);
        (digits, point) = Round(digits, point, point + places);
        digits = point < 0 ? new string('0', -point) + digits : digits;
        point = Math.Max(point, 0);
        digits = digits.PadRight(point + places, '0');
        var whole = point == 0 ? "0" : digits[..point];
        return places == 0 ? whole : $"{whole}.{digits.Substring(point, places)}";
    }

    /// <summary>%e: one digit before the point.</summary>
    public static string Scientific(double value, int places, char mark)
    {
        var (digits, point) = Exact(value);
        (digits, point) = Round(digits, point, places + 1);
        return WithExponent(digits.PadRight(places + 1, '0'), value == 0 ? 1 : point, mark);
    }

    /// <summary>%g: the fewest digits that give the same number, or so many; large and small ones as %e.</summary>
    public static string General(double value, int? precision, char mark)
    {
        var (digits, point) = precision is null ? Fewest(value) : Exact(value);
        var limit = 6;
        if (precision is { } asked)
        {
            asked = Math.Max(asked, 1);
            (digits, point) = Round(digits, point, asked);
            digits = digits.TrimEnd('0');
            limit = asked > digits.Length && digits.Length >= point ? digits.Length : asked;
        }

        if (value == 0)
        {
            return "0";
        }

        if (point - 1 < -4 || point - 1 >= limit)
        {
            return WithExponent(digits, point, mark);
        }

        return Decimal.Shortest(digits, point, int.MaxValue);
    }

    private static string WithExponent(string digits, int point, char mark)
    {
        var fraction = digits.Length > 1 ? "." + digits[1..] : "";
        var exponent = Math.Abs(point - 1).ToString("00", CultureInfo.InvariantCulture);
        return $"{digits[0]}{fraction}{mark}{(point - 1 < 0 ? '-' : '+')}{exponent}";
    }

    /// <summary>All digits of a number, and how many stand before the point.</summary>
    private static (string Digits, int Point) Exact(double value)
    {
        var bits = BitConverter.DoubleToInt64Bits(Math.Abs(value));
        var exponent = (int)(bits >> 52);
        var mantissa = (bits & 0xF_FFFF_FFFF_FFFF) | (exponent == 0 ? 0 : 1L << 52);
        exponent = Math.Max(exponent, 1) - 1075;
        var places = exponent < 0 ? -exponent : 0;
        var whole = exponent < 0 ? mantissa * BigInteger.Pow(5, places) : (BigInteger)mantissa << exponent;
        if (whole.IsZero)
        {
            return ("", 0);
        }

        var digits = whole.ToString(CultureInfo.InvariantCulture);
        return (digits.TrimEnd('0'), digits.Length - places);
    }

    private static (string Digits, int Point) Fewest(double value)
    {
        var parts = Decimal.TryParse(Math.Abs(value).ToString("R", CultureInfo.InvariantCulture))!.Value;
        var digits = parts.Digits.ToString(CultureInfo.InvariantCulture);
        return (digits.TrimEnd('0'), digits.Length + parts.Exponent);
    }

    /// <summary>The first so many digits.</summary>
    private static (string Digits, int Point) Round(string digits, int point, int count)
    {
        if (count < 0 || count >= digits.Length)
        {
            return count < 0 ? ("", point - Math.Min(0, point)) : (digits, point);
        }

        var isTie = digits[count] == '5' && count + 1 == digits.Length;
        var isOdd = count > 0 && (digits[count - 1] - '0') % 2 == 1;
        var raises = isTie ? isOdd : digits[count] >= '5';
        if (!raises)
        {
            return (digits[..count], point);
        }

        var kept = count == 0 ? BigInteger.Zero : BigInteger.Parse(digits[..count], CultureInfo.InvariantCulture);
        var raised = (kept + 1).ToString(CultureInfo.InvariantCulture).PadLeft(count, '0');
        return (raised, point + raised.Length - count);
    }
}
