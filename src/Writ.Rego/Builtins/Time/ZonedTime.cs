namespace Writ.Rego.Builtins.Time;

/// <summary>
/// A moment in a time zone: seconds and nanoseconds since 1970, the offset in force and its abbreviation.
/// </summary>
internal readonly record struct ZonedTime(long Seconds, int Nanoseconds, int OffsetSeconds, string Zone)
{
    private const long Billion = 1_000_000_000;
    private const int SecondsOfDay = 86_400;

    /// <summary>Days since 1970 on the wall's calendar.</summary>
    public long Day => FloorDivide(Seconds + OffsetSeconds, SecondsOfDay);

    public int SecondOfDay => (int)(Seconds + OffsetSeconds - (Day * SecondsOfDay));

    public int Hour => SecondOfDay / 3600;

    public int Minute => SecondOfDay / 60 % 60;

    public int Second => SecondOfDay % 60;

    public DayOfWeek DayOfWeek => (DayOfWeek)(int)((((Day + 4) % 7) + 7) % 7);

    public (long Year, int Month, int Day) Date => ToDate(Day);

    public int DayOfYear => (int)(Day - ToDay(Date.Year, 1, 1)) + 1;

    public static ZonedTime Utc(long nanoseconds)
    {
        var seconds = FloorDivide(nanoseconds, Billion);
        return new(seconds, (int)(nanoseconds - (seconds * Billion)), 0, "UTC");
    }

    /// <summary>Days since 1970 of a date, whose month and day may lie outside their usual bounds.</summary>
    public static long ToDay(long year, long month, long day)
    {
        year += FloorDivide(month - 1, 12);
        month = ((((month - 1) % 12) + 12) % 12) + 1;
        var shifted = month <= 2 ? year - 1 : year;
        var era = FloorDivide(shifted, 400);
        var yearOfEra = shifted - (era * 400);
        var dayOfYear = (((153 * (month + (month > 2 ? -3 : 9))) + 2) / 5) + day - 1;
        return (era * 146_097) + (yearOfEra * 365) + (yearOfEra / 4) - (yearOfEra / 100) + dayOfYear - 719_468;
    }

    /// <summary>The same moment elsewhere.</summary>
    public ZonedTime In(TimeZoneInfo zone)
    {
        var clamped = Math.Clamp(Seconds, DateTimeOffset.MinValue.ToUnixTimeSeconds() + SecondsOfDay,
            DateTimeOffset.MaxValue.ToUnixTimeSeconds() - SecondsOfDay);
        var moment = DateTimeOffset.FromUnixTimeSeconds(clamped);
        var name = zone.IsDaylightSavingTime(moment) ? zone.DaylightName : zone.StandardName;
        return this with { OffsetSeconds = (int)zone.GetUtcOffset(moment).TotalSeconds, Zone = name };
    }

    /// <summary>Nanoseconds since 1970, if they have 64 bits: from 1677 to 2262.</summary>
    public long? ToNanoseconds()
    {
        var total = ((Int128)Seconds * Billion) + Nanoseconds;
        return total >= long.MinValue && total <= long.MaxValue ? (long)total : null;
    }

    private static (long Year, int Month, int Day) ToDate(long days)
    {
        days += 719_468;
        var era = FloorDivide(days, 146_097);
        var dayOfEra = days - (era * 146_097);
        var yearOfEra = (dayOfEra - (dayOfEra / 1460) + (dayOfEra / 36_524) - (dayOfEra / 146_096)) / 365;
        var dayOfYear = dayOfEra - ((365 * yearOfEra) + (yearOfEra / 4) - (yearOfEra / 100));
        var shifted = ((5 * dayOfYear) + 2) / 153;
        var day = (int)(dayOfYear - (((153 * shifted) + 2) / 5)) + 1;
        var month = (int)(shifted < 10 ? shifted + 3 : shifted - 9);
        return (yearOfEra + (era * 400) + (month <= 2 ? 1 : 0), month, day);
    }

    private static long FloorDivide(long value, long divisor) =>
        (value / divisor) - (value % divisor < 0 ? 1 : 0);
}
