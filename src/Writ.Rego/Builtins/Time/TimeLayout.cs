namespace Writ.Rego.Builtins.Time;

/// <summary>
/// Go's layouts: how the moment Mon Jan 2 15:04:05 -0700 MST 2006 would be written. Cut into fields and the text
/// between them.
/// </summary>
internal static class TimeLayout
{
    /// <summary>Longer texts come first where one begins another.</summary>
    private static readonly (string Text, TimeField Field)[] Fields =
    [
        ("January", TimeField.LongMonth), ("Jan", TimeField.Month), ("Monday", TimeField.LongWeekday),
        ("Mon", TimeField.Weekday), ("MST", TimeField.ZoneName), ("002", TimeField.ZeroDayOfYear),
        ("01", TimeField.ZeroMonth), ("02", TimeField.ZeroDay), ("03", TimeField.ZeroHour12),
        ("04", TimeField.ZeroMinute), ("05", TimeField.ZeroSecond), ("06", TimeField.Year), ("15", TimeField.Hour),
        ("1", TimeField.NumberMonth), ("2006", TimeField.LongYear), ("2", TimeField.Day),
        ("__2", TimeField.PaddedDayOfYear), ("_2", TimeField.PaddedDay), ("3", TimeField.Hour12),
        ("4", TimeField.Minute), ("5", TimeField.Second), ("PM", TimeField.UpperHalf), ("pm", TimeField.LowerHalf),
        ("-070000", TimeField.OffsetWithSeconds), ("-07:00:00", TimeField.ColonOffsetWithSeconds),
        ("-0700", TimeField.Offset), ("-07:00", TimeField.ColonOffset), ("-07", TimeField.ShortOffset),
        ("Z070000", TimeField.ZuluWithSeconds), ("Z07:00:00", TimeField.ColonZuluWithSeconds),
        ("Z0700", TimeField.Zulu), ("Z07:00", TimeField.ColonZulu), ("Z07", TimeField.ShortZulu),
    ];

    private static readonly Dictionary<string, string> Named = new(StringComparer.Ordinal)
    {
        ["ANSIC"] = "Mon Jan _2 15:04:05 2006",
        ["UnixDate"] = "Mon Jan _2 15:04:05 MST 2006",
        ["RubyDate"] = "Mon Jan 02 15:04:05 -0700 2006",
        ["RFC822"] = "02 Jan 06 15:04 MST",
        ["RFC822Z"] = "02 Jan 06 15:04 -0700",
        ["RFC850"] = "Monday, 02-Jan-06 15:04:05 MST",
        ["RFC1123"] = "Mon, 02 Jan 2006 15:04:05 MST",
        ["RFC1123Z"] = "Mon, 02 Jan 2006 15:04:05 -0700",
        ["RFC3339"] = Rfc3339,
        ["RFC3339Nano"] = Rfc3339Nano,
    };

    public const string Rfc3339 = "2006-01-02T15:04:05Z07:00";
    public const string Rfc3339Nano = "2006-01-02T15:04:05.999999999Z07:00";

    /// <summary>The layout that a name stands for, or the layout itself.</summary>
    public static string Resolve(string layout) => Named.GetValueOrDefault(layout, layout);

    /// <summary>The next field of a layout, and how much text stands before it; none at the end.</summary>
    public static LayoutPart Next(string layout, int start)
    {
        for (var i = start; i < layout.Length; i++)
        {
            var (text, field) = At(layout, i);
            if (field != TimeField.None)
            {
                return new LayoutPart(layout[start..i], text, field, i + text.Length);
            }
        }

        return new LayoutPart(layout[start..], "", TimeField.None, layout.Length);
    }

    private static (string Text, TimeField Field) At(string layout, int i)
    {
        var rest = layout.AsSpan(i);
        if (rest[0] is '.' or ',')
        {
            return Fraction(rest);
        }

        // Go reads _2006 as an underscore before the year.
        if (rest.StartsWith("_2006"))
        {
            return ("", TimeField.None);
        }

        foreach (var (text, field) in Fields)
        {
            if (!rest.StartsWith(text, StringComparison.Ordinal))
            {
                continue;
            }

            var isInWord = field == TimeField.Month && rest.Length > 3 && char.IsAsciiLetterLower(rest[3]);
            return isInWord ? ("", TimeField.None) : (text, field);
        }

        return ("", TimeField.None);
    }

    /// <summary>A point and zeros or nines, when no further digit follows.</summary>
    private static (string Text, TimeField Field) Fraction(ReadOnlySpan<char> rest)
    {
        if (rest.Length < 2 || rest[1] is not ('0' or '9'))
        {
            return ("", TimeField.None);
        }

        var end = 1;
        while (end < rest.Length && rest[end] == rest[1])
        {
            end++;
        }

        return end < rest.Length && char.IsAsciiDigit(rest[end])
            ? ("", TimeField.None)
            : (rest[..end].ToString(), rest[1] == '0' ? TimeField.Fraction : TimeField.TrimmedFraction);
    }
}
