using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Numerics;

namespace Writ.Rego.Values;

/// <summary>
/// A decimal number of any size: digits × 10^exponent, compared exactly. What was read keeps its text (1.0 is printed
/// as 1.0) and yet equals every other text of the same number.
/// </summary>
public sealed class RegoNumber : RegoValue
{
    /// <summary>
    /// Numbers with more decimal places, or zeros before the point, can be compared, not computed with.
    /// </summary>
    internal const int LargestExponent = 20_000;

    private const int FirstShared = -256;
    private const int LastShared = 4096;

    private static readonly RegoNumber[] Shared =
        [.. Enumerable.Range(FirstShared, LastShared - FirstShared + 1).Select(value => new RegoNumber(value))];

    private readonly long _digits;
    private readonly object? _more;
    private readonly int _exponent;

    private RegoNumber(long value) => _digits = value;

    private RegoNumber(BigInteger digits, int exponent, string? text)
    {
        var isSmall = digits >= long.MinValue && digits <= long.MaxValue;
        _digits = isSmall ? (long)digits : 0;
        _more = isSmall ? text : new Wide(digits, text);
        _exponent = exponent;
    }

    /// <summary>Zero.</summary>
    public static RegoNumber Zero { get; } = Of(0);

    /// <summary>One.</summary>
    public static RegoNumber One { get; } = Of(1);

    /// <inheritdoc />
    public override RegoKind Kind => RegoKind.Number;

    /// <summary>Whether the value has no fraction, however it is written.</summary>
    public bool IsInteger => _exponent >= 0;

    /// <summary>Whether it is written as an integer: digits only.</summary>
    internal bool IsWrittenAsInteger => IsInteger && Text is null;

    /// <summary>The power of ten of the first digit: an estimate of the size.</summary>
    internal int Magnitude => _digits == 0 && _more is not Wide ? 0 : DigitCount + _exponent;

    /// <summary>How many bytes its digits have: an estimate of the work with it.</summary>
    internal int Size => _more is Wide wide ? wide.Digits.GetByteCount() : 8;

    private string? Text => _more as string ?? (_more as Wide)?.Text;

    private BigInteger Digits => _more is Wide wide ? wide.Digits : _digits;

    private int DigitCount => Decimal.CountDigits(Digits);

    /// <summary>An integer.</summary>
    public static RegoNumber Of(long value) =>
        value is >= FirstShared and <= LastShared ? Shared[value - FirstShared] : new RegoNumber(value);

    /// <summary>An integer of any size.</summary>
    public static RegoNumber Of(BigInteger value) =>
        value >= long.MinValue && value <= long.MaxValue ? Of((long)value) : Create(value, 0, null);

    /// <summary>A finite binary fraction, as its shortest decimal text.</summary>
    public static RegoNumber Of(double value) =>
        Parse(value.ToString("R", CultureInfo.InvariantCulture));

    /// <summary>Reads a number in JSON's syntax.</summary>
    /// <param name="text">Digits with an optional sign, fraction and exponent.</param>
    /// <exception cref="FormatException">The text is no number.</exception>
    public static RegoNumber Parse(ReadOnlySpan<char> text) =>
        TryParse(text, out var number) ? number : throw new FormatException($"not a number: {text}");

    /// <inheritdoc cref="Parse" />
    public static bool TryParse(ReadOnlySpan<char> text, [NotNullWhen(true)] out RegoNumber? number)
    {
        number = null;
        if (text.Length is > 0 and < 19 && IsPlain(text))
        {
            number = Of(long.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture));
            return true;
        }

        if (Decimal.TryParse(text) is not { } parts)
        {
            return false;
        }

        number = Create(parts.Digits, parts.Exponent, null);
        if (!IsUsualFraction(text) && !text.SequenceEqual(number.CanonicalText()))
        {
            number = Create(parts.Digits, parts.Exponent, text.ToString());
        }

        return true;
    }

    /// <summary>The value, when it is an integer of 64 bits.</summary>
    public bool TryGetInt64(out long value)
    {
        value = _digits;
        if (_exponent == 0 && _more is not Wide)
        {
            return true;
        }

        return _exponent is > 0 and < 19 && TryGetBigInteger(out var big)
            && big >= long.MinValue && big <= long.MaxValue && (value = (long)big) == big;
    }

    /// <summary>The value, when it is an integer of at most some 20,000 digits.</summary>
    public bool TryGetBigInteger(out BigInteger value)
    {
        value = default;
        if (_exponent < 0 || _exponent > LargestExponent)
        {
            return false;
        }

        value = Digits * BigInteger.Pow(10, _exponent);
        return true;
    }

    /// <summary>The nearest binary fraction; infinite when it is too large.</summary>
    public double ToDouble() => _exponent == 0 && _more is not Wide
        ? _digits
        : double.Parse(
            $"{Digits.ToString(CultureInfo.InvariantCulture)}e{_exponent}", NumberStyles.Float,
            CultureInfo.InvariantCulture);

    /// <inheritdoc />
    public override bool Equals(RegoValue? other) =>
        ReferenceEquals(this, other)
        || (other is RegoNumber number && _digits == number._digits && _exponent == number._exponent
            && (_more as Wide)?.Digits == (number._more as Wide)?.Digits);

    /// <inheritdoc />
    public override int GetHashCode()
    {
        var digits = _more is Wide wide ? wide.Digits.GetHashCode() : _digits;
        return Mix.Of((int)digits, (int)(digits >> 32) ^ _exponent);
    }

    /// <summary>The text as it was read, or as computed numbers are printed.</summary>
    internal string ToText() => Text ?? CanonicalText();

    /// <summary>Digits and exponent, the digits not divisible by ten.</summary>
    internal Decimal ToDecimal() => new(Digits, _exponent);

    /// <summary>A computed number, whose text is the canonical one unless given.</summary>
    internal static RegoNumber Create(BigInteger digits, int exponent, string? text)
    {
        (digits, exponent) = Decimal.Normalize(digits, exponent);
        return text is null && exponent == 0 && digits >= FirstShared && digits <= LastShared
            ? Of((long)digits)
            : new RegoNumber(digits, exponent, text);
    }

    private protected override int CompareSameKind(RegoValue other)
    {
        var number = (RegoNumber)other;
        return _exponent == 0 && number._exponent == 0 && _more is not Wide && number._more is not Wide
            ? _digits.CompareTo(number._digits)
            : Decimal.Compare(ToDecimal(), number.ToDecimal());
    }

    private string CanonicalText() => _exponent == 0 && _more is not Wide
        ? _digits.ToString(CultureInfo.InvariantCulture)
        : ToDecimal().ToString();

    /// <summary>Fractions that are printed as they were read, seen without printing them.</summary>
    private static bool IsUsualFraction(ReadOnlySpan<char> text)
    {
        var digits = text is ['-', ..] ? text[1..] : text;
        var point = digits.IndexOf('.');
        return point is > 0 and <= 6 && digits[0] != '0' && digits[^1] != '0' && !digits.ContainsAny('e', 'E');
    }

    private static bool IsPlain(ReadOnlySpan<char> text)
    {
        var digits = text[0] == '-' ? text[1..] : text;
        return digits is not [] and not ['0', _, ..] && !digits.ContainsAnyExceptInRange('0', '9') && text is not "-0";
    }

    private sealed record Wide(BigInteger Digits, string? Text);
}
