using System.Globalization;
using System.Text;

namespace Writ.Rego.Builtins.Time;

/// <summary>Writes a moment in one of Go's layouts.</summary>
internal static class TimePrinter
{
    public static string Print(ZonedTime time, string layout)
    {
        var text = new StringBuilder();
        for (var at = 0; at < layout.Length;)
        {
            var part = TimeLayout.Next(layout, at);
            text.Append(part.Before).Append(Show(time, part));
            at = part.Next;
        }

        return text.ToString();
    }

    private static string Show(ZonedTime time, LayoutPart part)
    {
        var (year, month, day) = time.Date;
        var names = CultureInfo.InvariantCulture.DateTimeFormat;
        var hour12 = time.Hour % 12 == 0 ? 12 : time.Hour % 12;
        return part.Field switch
        {
            TimeField.LongMonth => names.GetMonthName(month),
            TimeField.Month => names.GetAbbreviatedMonthName(month),
            TimeField.NumberMonth => Digits(month, 1),
            TimeField.ZeroMonth => Digits(month, 2),
            TimeField.LongWeekday => names.GetDayName(time.DayOfWeek),
            TimeField.Weekday => names.GetAbbreviatedDayName(time.DayOfWeek),
            TimeField.Day => Digits(day, 1),
            TimeField.PaddedDay => Digits(day, 1).PadLeft(2),
            TimeField.ZeroDay => Digits(day, 2),
            TimeField.PaddedDayOfYear => Digits(time.DayOfYear, 1).PadLeft(3),
            TimeField.ZeroDayOfYear => Digits(time.DayOfYear, 3),
            TimeField.Hour => Digits(time.Hour, 2),
            TimeField.Hour12 => Digits(hour12, 1),
            TimeField.ZeroHour12 => Digits(hour12, 2),
            TimeField.Minute => Digits(time.Minute, 1),
            TimeField.ZeroMinute => Digits(time.Minute, 2),
            TimeField.Second => Digits(time.Second, 1),
            TimeField.ZeroSecond => Digits(time.Second, 2),
            TimeField.LongYear => Digits(year, 4),
            TimeField.Year => Digits(Math.Abs(year % 100), 2),
            TimeField.UpperHalf => time.Hour >= 12 ? "PM" : "AM",
            TimeField.LowerHalf => time.Hour >= 12 ? "pm" : "am",
            TimeField.ZoneName => time.Zone.Length > 0 ? time.Zone : Offset(time, TimeField.Offset),
            TimeField.Fraction => part.Text[0] + Places(time, part.Text.Length - 1),
            TimeField.TrimmedFraction => Trimmed(time, part.Text),
            TimeField.None => "",
            _ => Offset(time, part.Field),
        };
    }

    private static string Digits(long value, int least) =>
        value.ToString(new string('0', least), CultureInfo.InvariantCulture);

    private static string Fraction(ZonedTime time) =>
        time.Nanoseconds.ToString("000000000", CultureInfo.InvariantCulture);

    private static string Places(ZonedTime time, int count) => Fraction(time).PadRight(count, '0')[..count];

    private static string Trimmed(ZonedTime time, string text)
    {
        var fraction = Fraction(time);
        fraction = fraction[..Math.Min(text.Length - 1, fraction.Length)].TrimEnd('0');
        return fraction.Length == 0 ? "" : text[0] + fraction;
    }

    private static string Offset(ZonedTime time, TimeField field)
    {
        var isZulu = field is TimeField.Zulu or TimeField.ColonZulu or TimeField.ShortZulu or TimeField.ZuluWithSeconds
            or TimeField.ColonZuluWithSeconds;
        if (isZulu && time.OffsetSeconds == 0)
        {
            return "Z";
        }

        var colon = field is TimeField.ColonOffset or TimeField.ColonZulu or TimeField.ColonOffsetWithSeconds
            or TimeField.ColonZuluWithSeconds ? ":" : "";
        var size = Math.Abs(time.OffsetSeconds);
        var text = (time.OffsetSeconds < 0 ? "-" : "+") + Digits(size / 3600, 2);
        if (field is TimeField.ShortOffset or TimeField.ShortZulu)
        {
            return text;
        }

        text += colon + Digits(size / 60 % 60, 2);
        return field is TimeField.OffsetWithSeconds or TimeField.ColonOffsetWithSeconds or TimeField.ZuluWithSeconds
            or TimeField.ColonZuluWithSeconds
            ? text + colon + Digits(size % 60, 2)
            : text;
    }
}
