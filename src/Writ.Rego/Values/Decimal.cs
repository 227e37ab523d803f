using System.Globalization;
using System.Numerics;
using System.Text;

namespace Writ.Rego.Values;

/// <summary>
/// Digits × 10^Exponent, exact. An integer that is written without an exponent has Exponent 0 whatever its zeros, so
/// that equal numbers have equal parts: see <see cref="Normalize" />.
/// </summary>
internal readonly record struct Decimal(BigInteger Digits, int Exponent)
{
    /// <summary>Beyond this many digits integers keep their zeros in the exponent.</summary>
    private const int WrittenOut = 400;

    /// <summary>A longer text is no number: reading one takes time that grows faster than its length.</summary>
    private const int LongestText = 20_000;

    private long PlacesBeforePoint => CountDigits(Digits) + (long)Exponent;

    /// <summary>Reads JSON's syntax of numbers; null when it is not, or the exponent is beyond all use.</summary>
    public static Decimal? TryParse(ReadOnlySpan<char> text)
    {
        var rest = text is ['-', ..] ? text[1..] : text;
        var whole = Digit(rest);
        if (whole == 0 || text.Length > LongestText || (whole > 1 && rest[0] == '0'))
        {
            return null;
        }

        var digits = new StringBuilder(text.Length).Append(rest[..whole]);
        rest = rest[whole..];
        long exponent = 0;
        if (rest is ['.', ..])
        {
            var places = Digit(rest[1..]);
            digits.Append(rest[1..(places + 1)]);
            exponent -= places;
            rest = rest[(places + 1)..];
            if (places == 0)
            {
                return null;
            }
        }

        if (rest is ['e' or 'E', ..])
        {
            if (!TryReadExponent(rest[1..], out var written))
            {
                return null;
            }

            exponent += written;
            rest = [];
        }

        if (!rest.IsEmpty || Math.Abs(exponent) > int.MaxValue / 2)
        {
            return null;
        }

        var value = digits.Length < 19
            ? long.Parse(digits.ToString(), NumberStyles.None, CultureInfo.InvariantCulture)
            : BigInteger.Parse(digits.ToString(), NumberStyles.None, CultureInfo.InvariantCulture);
        return new Decimal(text[0] == '-' ? -value : value, (int)exponent);
    }

    /// <summary>
    /// The form in which equal numbers are the same: no zeros at the end but those of a usual integer.
    /// </summary>
    public static (BigInteger Digits, int Exponent) Normalize(BigInteger digits, int exponent)
    {
        if (digits.IsZero)
        {
            return (digits, 0);
        }

        if (exponent > 0 && CountDigits(digits) + exponent <= WrittenOut)
        {
            return (digits * BigInteger.Pow(10, exponent), 0);
        }

        if (exponent == 0 && CountDigits(digits) <= WrittenOut)
        {
            return (digits, 0);
        }

        if (exponent >= 0 || digits.IsEven)
        {
            (digits, exponent) = WithoutZeros(digits, exponent);
        }

        return exponent > 0 && CountDigits(digits) + exponent <= WrittenOut
            ? (digits * BigInteger.Pow(10, exponent), 0)
            : (digits, exponent);
    }

    public static int CountDigits(BigInteger digits)
    {
        digits = BigInteger.Abs(digits);
        if (digits.IsZero)
        {
            return 1;
        }

        // Exact but for what lies next to a power of ten, which alone is worth making that power.
        var size = BigInteger.Log10(digits);
        var nearest = Math.Round(size);
        if (Math.Abs(size - nearest) > 1e-6)
        {
            return (int)size + 1;
        }

        return digits >= BigInteger.Pow(10, (int)nearest) ? (int)nearest + 1 : (int)nearest;
    }

    public static int Compare(Decimal left, Decimal right)
    {
        if (left.Digits.Sign != right.Digits.Sign || left.Digits.IsZero)
        {
            return left.Digits.Sign.CompareTo(right.Digits.Sign);
        }

        var (size, other) = (left.PlacesBeforePoint, right.PlacesBeforePoint);
        if (size != other)
        {
            return size.CompareTo(other) * left.Digits.Sign;
        }

        // As many digits before the point: the exponents differ by no more than the digits that are there.
        return left.Exponent >= right.Exponent
            ? (left.Digits * BigInteger.Pow(10, left.Exponent - right.Exponent)).CompareTo(right.Digits)
            : left.Digits.CompareTo(right.Digits * BigInteger.Pow(10, right.Exponent - left.Exponent));
    }

    /// <summary>As Go prints a computed number: digits alone for integers, else %g with the fewest digits.</summary>
    public override string ToString()
    {
        if (Exponent >= 0)
        {
            return Digits.ToString(CultureInfo.InvariantCulture)
                + (Exponent <= RegoNumber.LargestExponent ? new string('0', Exponent) : $"e+{Exponent}");
        }

        var digits = BigInteger.Abs(Digits).ToString(CultureInfo.InvariantCulture);
        var sign = Digits.Sign < 0 ? "-" : "";
        return sign + Shortest(digits, digits.Length + Exponent, 6);
    }

    /// <summary>Go's %g of digits whose point lies at an index, with scientific notation from 10^large on.</summary>
    internal static string Shortest(string digits, int point, int large)
    {
        if (point - 1 < -4 || point - 1 >= large)
        {
            var fraction = digits.Length > 1 ? "." + digits[1..] : "";
            var exponent = Math.Abs(point - 1).ToString("00", CultureInfo.InvariantCulture);
            return $"{digits[0]}{fraction}e{(point - 1 < 0 ? '-' : '+')}{exponent}";
        }

        return point switch
        {
            <= 0 => "0." + new string('0', -point) + digits,
            _ when point >= digits.Length => digits + new string('0', point - digits.Length),
            _ => digits[..point] + "." + digits[point..],
        };
    }

    private static int Digit(ReadOnlySpan<char> text)
    {
        var end = text.IndexOfAnyExceptInRange('0', '9');
        return end < 0 ? text.Length : end;
    }

    private static bool TryReadExponent(ReadOnlySpan<char> text, out long exponent)
    {
        exponent = 0;
        var digits = text is ['+' or '-', ..] ? text[1..] : text;
        if (digits.IsEmpty || Digit(digits) != digits.Length)
        {
            return false;
        }

        digits = digits.TrimStart('0');
        if (digits.Length > 10)
        {
            return false;
        }

        exponent = digits.IsEmpty ? 0 : long.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture);
        exponent = text[0] == '-' ? -exponent : exponent;
        return true;
    }

    /// <summary>
    /// Takes off zeros at the end in steps of halving size: a million of them cost no million divisions.
    /// </summary>
    private static (BigInteger Digits, int Exponent) WithoutZeros(BigInteger digits, int exponent)
    {
        for (var step = HighestStep(digits); step > 0; step /= 2)
        {
            var power = BigInteger.Pow(10, step);
            while (true)
            {
                var quotient = BigInteger.DivRem(digits, power, out var remainder);
                if (!remainder.IsZero)
                {
                    break;
                }

                (digits, exponent) = (quotient, exponent + step);
            }
        }

        return (digits, exponent);
    }

    private static int HighestStep(BigInteger digits) =>
        (int)BitOperations.RoundUpToPowerOf2((uint)CountDigits(digits)) / 2;
}
