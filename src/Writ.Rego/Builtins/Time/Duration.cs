using System.Buffers;
using System.Globalization;
using System.Numerics;
using Writ.Rego.Values;

namespace Writ.Rego.Builtins.Time;

/// <summary>Durations as Go writes them, <c>1h15m30.918s</c>, and with days, weeks and years: <c>1w2d</c>.</summary>
internal static class Duration
{
    private static readonly Dictionary<string, long> Units = new(StringComparer.Ordinal)
    {
        ["ns"] = 1,
        ["us"] = 1_000,
        ["\u00B5s"] = 1_000,
        ["\u03BCs"] = 1_000,
        ["ms"] = 1_000_000,
        ["s"] = 1_000_000_000,
        ["m"] = 60_000_000_000,
        ["h"] = 3_600_000_000_000,
        ["d"] = 24 * 3_600_000_000_000,
        ["w"] = 7 * 24 * 3_600_000_000_000,
        ["y"] = 365 * 24 * 3_600_000_000_000,
    };

    private static readonly SearchValues<char> AmountCharacters = SearchValues.Create(".0123456789");

    /// <summary>In nanoseconds.</summary>
    public static long Parse(string text)
    {
        var rest = text.AsSpan();
        var isNegative = rest is ['-', ..];
        rest = rest is ['-' or '+', ..] ? rest[1..] : rest;
        if (rest is "0")
        {
            return 0;
        }

        var total = rest.IsEmpty ? throw Invalid(text) : BigInteger.Zero;
        while (!rest.IsEmpty)
        {
            total += ReadPart(text, ref rest);
        }

        total = isNegative ? -total : total;
        return total >= long.MinValue && total <= long.MaxValue ? (long)total : throw Invalid(text);
    }

    private static BigInteger ReadPart(string text, ref ReadOnlySpan<char> rest)
    {
        var whole = TakeDigits(ref rest);
        var fraction = "";
        if (rest is ['.', ..])
        {
            rest = rest[1..];
            fraction = TakeDigits(ref rest);
        }

        if (whole.Length + fraction.Length is 0 or > 100)
        {
            throw Invalid(text);
        }

        var end = rest.IndexOfAny(AmountCharacters);
        var unit = rest[..(end < 0 ? rest.Length : end)].ToString();
        rest = rest[unit.Length..];
        if (unit.Length == 0)
        {
            throw BuiltinError.Failed($"time: missing unit in duration {TermText.Quote(text)}");
        }

        if (!Units.TryGetValue(unit, out var size))
        {
            throw BuiltinError.Failed(
                $"time: unknown unit {TermText.Quote(unit)} in duration {TermText.Quote(text)}");
        }

        var digits = BigInteger.Parse("0" + whole + fraction, NumberStyles.None, CultureInfo.InvariantCulture);
        return digits * size / BigInteger.Pow(10, fraction.Length);
    }

    private static string TakeDigits(ref ReadOnlySpan<char> rest)
    {
        var end = rest.IndexOfAnyExceptInRange('0', '9');
        var digits = rest[..(end < 0 ? rest.Length : end)].ToString();
        rest = rest[digits.Length..];
        return digits;
    }

    private static BuiltinError Invalid(string text) =>
        BuiltinError.Failed($"time: invalid duration {TermText.Quote(text)}");
}
