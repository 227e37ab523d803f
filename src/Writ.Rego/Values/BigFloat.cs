using System.Globalization;
using System.Numerics;

namespace Writ.Rego.Values;

/// <summary>
/// Mantissa × 2^Exponent with a mantissa of 64 bits, rounded to the nearest even: the arithmetic that the language
/// prescribes for what is not an integer (0.1 + 0.2 is 0.3 in it).
/// </summary>
internal readonly record struct BigFloat
{
    private const int Precision = 64;

    private readonly BigInteger _mantissa;
    private readonly int _exponent;

    private BigFloat(BigInteger mantissa, int exponent)
    {
        _mantissa = mantissa;
        _exponent = exponent;
    }

    public bool IsZero => _mantissa.IsZero;

    public bool IsNegative => _mantissa.Sign < 0;

    /// <summary>The nearest one to a number whose size is within <see cref="RegoNumber.LargestExponent" />.</summary>
    public static BigFloat Of(RegoNumber number)
    {
        var (digits, exponent) = number.ToDecimal();
        return exponent >= 0
            ? Round(digits * BigInteger.Pow(10, exponent), 0)
            : Quotient(digits, BigInteger.Pow(10, -exponent), 0);
    }

    public static BigFloat Of(BigInteger value) => Round(value, 0);

    public static BigFloat operator +(BigFloat left, BigFloat right)
    {
        var exponent = Math.Min(left._exponent, right._exponent);
        return Round(
            (left._mantissa << (left._exponent - exponent)) + (right._mantissa << (right._exponent - exponent)),
            exponent);
    }

    public static BigFloat operator -(BigFloat left, BigFloat right) => left + -right;

    public static BigFloat operator -(BigFloat value) => new(-value._mantissa, value._exponent);

    public static BigFloat operator *(BigFloat left, BigFloat right) =>
        Round(left._mantissa * right._mantissa, left._exponent + right._exponent);

    public static BigFloat operator /(BigFloat left, BigFloat right) =>
        Quotient(left._mantissa, right._mantissa, left._exponent - right._exponent);

    /// <summary>Without its fraction, toward zero.</summary>
    public BigInteger Truncate() =>
        _exponent >= 0 ? _mantissa << _exponent : BigInteger.Divide(_mantissa, BigInteger.One << -_exponent);

    /// <summary>The number with the fewest digits that rounds to this; an integer is written out in full.</summary>
    public RegoNumber ToNumber()
    {
        if (_mantissa.IsZero)
        {
            return RegoNumber.Zero;
        }

        var whole = Truncate();
        var isInteger = Round(whole, 0) == this;
        var (digits, point) = Shortest();
        var value = BigInteger.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture);
        return isInteger && whole >= long.MinValue && whole <= long.MaxValue
            ? RegoNumber.Of(whole)
            : RegoNumber.Create(IsNegative ? -value : value, point - digits.Length, null);
    }

    /// <summary>
    /// The decimal digits are cut, or rounded up, at the first place where the result lies nearer to this than half
    /// the last bit: as Go prints such numbers.
    /// </summary>
    private (string Digits, int Point) Shortest()
    {
        var twice = BigInteger.Abs(_mantissa) << (Precision + 1 - (int)BigInteger.Abs(_mantissa).GetBitLength());
        var exponent = _exponent - (Precision + 1 - (int)BigInteger.Abs(_mantissa).GetBitLength());
        var (digits, point) = Expand(twice, exponent);
        var (lower, _) = Expand(twice - 1, exponent);
        var (upper, _) = Expand(twice + 1, exponent);
        var isInclusive = ((twice >> 1) & 1).IsZero;
        for (var i = 0; i < digits.Length; i++)
        {
            var (low, digit, high) = (At(lower, i), digits[i], At(upper, i));
            var mayCut = low != digit || (isInclusive && i + 1 == lower.Length);
            var mayRaise = digit != high && (isInclusive || digit + 1 < high || i + 1 < upper.Length);
            if (mayCut && mayRaise)
            {
                return RoundAt(digits, point, i + 1);
            }

            if (mayCut || mayRaise)
            {
                return mayCut ? Trim(digits[..(i + 1)], point) : Raise(digits[..(i + 1)], point);
            }
        }

        return (digits, point);
    }

    private static (string Digits, int Point) RoundAt(string digits, int point, int count)
    {
        if (count >= digits.Length)
        {
            return (digits, point);
        }

        var isHalf = digits[count] == '5' && count + 1 == digits.Length;
        var raises = isHalf ? (digits[count - 1] - '0') % 2 == 1 : digits[count] >= '5';
        return raises ? Raise(digits[..count], point) : Trim(digits[..count], point);
    }

    private static (string Digits, int Point) Raise(string digits, int point)
    {
        var raised = (BigInteger.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture) + 1)
            .ToString(CultureInfo.InvariantCulture);
        return Trim(raised, point + raised.Length - digits.Length);
    }

    private static (string Digits, int Point) Trim(string digits, int point)
    {
        var trimmed = digits.TrimEnd('0');
        return trimmed is "" ? ("0", 1) : (trimmed, point);
    }

    private static char At(string digits, int index) => index < digits.Length ? digits[index] : '0';

    /// <summary>All decimal digits of a binary fraction, and how many stand before the point.</summary>
    private static (string Digits, int Point) Expand(BigInteger mantissa, int exponent)
    {
        var places = exponent < 0 ? -exponent : 0;
        var value = exponent < 0 ? mantissa * BigInteger.Pow(5, places) : mantissa << exponent;
        var digits = value.ToString(CultureInfo.InvariantCulture);
        return Trim(digits, digits.Length - places);
    }

    private static BigFloat Quotient(BigInteger dividend, BigInteger divisor, int exponent)
    {
        var shift = Math.Max(0, Precision + 2 + (int)(divisor.GetBitLength() - dividend.GetBitLength()));
        var quotient = BigInteger.DivRem(dividend << shift, divisor, out var remainder);
        if (!remainder.IsZero)
        {
            // A last bit for all that follows, so that rounding sees that it is no half.
            quotient = (quotient << 1) + (dividend.Sign * divisor.Sign);
            shift++;
        }

        return Round(quotient, exponent - shift);
    }

    private static BigFloat Round(BigInteger mantissa, int exponent)
    {
        if (mantissa.IsZero)
        {
            return new BigFloat(mantissa, 0);
        }

        var size = BigInteger.Abs(mantissa);
        var excess = (int)size.GetBitLength() - Precision;
        if (excess > 0)
        {
            var kept = size >> excess;
            var rest = (size - (kept << excess)).CompareTo(BigInteger.One << (excess - 1));
            size = rest > 0 || (rest == 0 && !kept.IsEven) ? kept + 1 : kept;
            exponent += excess;
        }

        // One form for each value: an odd mantissa.
        var zeros = TrailingZeros(size);
        size >>= zeros;
        return new BigFloat(mantissa.Sign < 0 ? -size : size, exponent + zeros);
    }

    private static int TrailingZeros(BigInteger value) => (int)ulong.TrailingZeroCount(
        (ulong)(value & ulong.MaxValue)) is < 64 and var low ? low : 64;
}
