using System.Globalization;
using System.Numerics;
using System.Text;
using Writ.Rego.Values;

namespace Writ.Rego.Builtins.Text;

/// <summary>One argument under one verb; null when they do not fit.</summary>
internal static class FormatVerbs
{
    public static string? Show(GoFormat.Argument argument, Rune verb, FormatFlags flags)
    {
        if (!verb.IsAscii)
        {
            return null;
        }

        return argument switch
        {
            { Integer: { } integer, Type: "int" } => ShowInteger(integer, (char)verb.Value, flags),
            { Integer: { } integer } => ShowBigInteger(integer, (char)verb.Value, flags),
            { Fraction: { } fraction } => ShowFraction(fraction, (char)verb.Value, flags),
            _ => ShowText(argument.Text!, (char)verb.Value, flags),
        };
    }

    private static string? ShowInteger(BigInteger value, char verb, FormatFlags flags) => verb switch
    {
        'v' or 'd' => Digits(value, 10, "", flags),
        'b' => Digits(value, 2, flags.Sharp ? "0b" : "", flags),
        'o' => Digits(value, 8, flags.Sharp ? "0" : "", flags),
        'O' => Digits(value, 8, "0o", flags),
        'x' => Digits(value, 16, flags.Sharp ? "0x" : "", flags),
        'X' => Digits(value, 16, flags.Sharp ? "0X" : "", flags, upper: true),
        'c' => flags.Padded(RuneOf(value).ToString()),
        'q' => flags.Padded(QuotedRune(RuneOf(value))),
        'U' => flags.PaddedWithSpaces("U+" + Upper(value).PadLeft(4, '0')
            + (flags.Sharp ? $" '{RuneOf(value)}'" : "")),
        _ => null,
    };

    private static string Upper(BigInteger value) => GoFormat.Integer(value, 16).ToUpperInvariant();

    private static string? ShowBigInteger(BigInteger value, char verb, FormatFlags flags) => verb switch
    {
        's' => Digits(value, 10, "", flags),
        'v' or 'd' or 'b' or 'o' or 'O' or 'x' or 'X' => ShowInteger(value, verb, flags),
        _ => null,
    };

    private static string Digits(BigInteger value, int radix, string prefix, FormatFlags flags, bool upper = false)
    {
        var digits = GoFormat.Integer(BigInteger.Abs(value), radix);
        digits = upper ? digits.ToUpperInvariant() : digits;
        if (flags.Precision is { } least)
        {
            digits = least == 0 && value.IsZero ? "" : digits.PadLeft(least, '0');
            flags.Zero = false;
        }

        return flags.Signed(value.Sign < 0, prefix + digits);
    }

    private static Rune RuneOf(BigInteger value) =>
        value >= 0 && value <= 0x10FFFF && Rune.IsValid((int)value) ? new Rune((int)value) : Rune.ReplacementChar;

    private static string QuotedRune(Rune rune) => rune.Value switch
    {
        '\'' => @"'\''",
        '"' => "'\"'",
        _ => $"'{TermText.Quote(rune.ToString())[1..^1]}'",
    };

    private static string? ShowFraction(double value, char verb, FormatFlags flags)
    {
        var text = verb switch
        {
            'v' => GoFloat.General(value, flags.Precision, 'e'),
            'g' or 'G' => GoFloat.General(value, flags.Precision, verb == 'g' ? 'e' : 'E'),
            'e' or 'E' => GoFloat.Scientific(value, flags.Precision ?? 6, verb),
            'f' or 'F' => GoFloat.Fixed(value, flags.Precision ?? 6),
            _ => null,
        };
        return text is null ? null : flags.Signed(double.IsNegative(value), text);
    }

    private static string? ShowText(string value, char verb, FormatFlags flags) => verb switch
    {
        'v' or 's' => flags.Padded(Cut(value, flags)),
        'q' => flags.Padded(flags.Sharp && !value.Contains('`', StringComparison.Ordinal)
            ? $"`{Cut(value, flags)}`"
            : TermText.Quote(Cut(value, flags))),
        'x' or 'X' => flags.Padded(Hex(value, verb, flags)),
        _ => null,
    };

    private static string Cut(string value, FormatFlags flags) =>
        flags.Precision is { } most ? value[..ByteText.IndexOfCodePoint(value, most)] : value;

    private static string Hex(string value, char verb, FormatFlags flags)
    {
        var bytes = ByteText.Encode(value).AsSpan();
        bytes = flags.Precision is { } most && most < bytes.Length ? bytes[..most] : bytes;
        var prefix = flags.Sharp ? $"0{verb}" : "";
        var shown = new List<string>(bytes.Length);
        foreach (var one in bytes)
        {
            shown.Add(one.ToString(verb == 'x' ? "x2" : "X2", CultureInfo.InvariantCulture));
        }

        return flags.Space
            ? string.Join(' ', shown.Select(one => prefix + one))
            : (shown.Count > 0 ? prefix : "") + string.Concat(shown);
    }
}
