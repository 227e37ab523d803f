using System.Globalization;
using Writ.Rego.Builtins.Patterns;
using Writ.Rego.Values;

namespace Writ.Rego.Builtins.Time;

/// <summary>Time in nanoseconds since 1970, dates, durations.</summary>
internal static class TimeBuiltins
{
    private const string Moment = "any<number, array<number, string>>";

    private static readonly PatternCache<TimeZoneInfo> Zones = new(FindZone);

    public static IEnumerable<Builtin> All =>
    [
        new("time.now_ns", "() => number", (c, _) => RegoNumber.Of(c.NowNanoseconds)) { IsDeterministic = false },
        new("time.parse_ns", "(string, string) => number", (_, a) =>
            ToNumber(TimeReader.Read(TimeLayout.Resolve(a.Text(0)), a.Text(1)))),
        new("time.parse_rfc3339_ns", "(string) => number", (_, a) =>
            ToNumber(TimeReader.Read(TimeLayout.Rfc3339, a.Text(0)))),
        new("time.parse_duration_ns", "(string) => number", (_, a) => RegoNumber.Of(Duration.Parse(a.Text(0)))),
        new("time.date", $"({Moment}) => array<number, number, number>", Date),
        new("time.clock", $"({Moment}) => array<number, number, number>", (_, a) =>
            Read(a, 0, out var _) is var time ? Numbers(time.Hour, time.Minute, time.Second) : null),
        new("time.weekday", $"({Moment}) => string", (_, a) => RegoString.Of(
            CultureInfo.InvariantCulture.DateTimeFormat.GetDayName(Read(a, 0, out var _).DayOfWeek))),
        new("time.format", "(any<number, array<number, string>, array<number, string, string>>) => string", Format),
        new("time.add_date", "(number, number, number, number) => number", AddDate),
        new(
            "time.diff", $"({Moment}, {Moment}) => array<number, number, number, number, number, number>", Difference),
    ];

    private static RegoArray Date(BuiltinContext context, Operands a)
    {
        var (year, month, day) = Read(a, 0, out var _).Date;
        return Numbers(year, month, day);
    }

    private static RegoString Format(BuiltinContext context, Operands a)
    {
        var time = Read(a, 0, out var _);
        var layout = a[0] is RegoArray { Count: > 2 } parts
            ? (parts[2] as RegoString ?? throw Wrong(parts[2], "string")).Value
            : "";
        return RegoString.Of(TimePrinter.Print(
            time, layout.Length == 0 ? TimeLayout.Rfc3339Nano : TimeLayout.Resolve(layout)));
    }

    private static RegoNumber AddDate(BuiltinContext context, Operands a)
    {
        var time = Read(a, 0, out var _);
        var (years, months, days) = (Bounded(a, 1), Bounded(a, 2), Bounded(a, 3));
        var (year, month, day) = time.Date;
        var moved = ZonedTime.ToDay(year + years, month + months, day + days);
        return ToNumber(time with { Seconds = time.Seconds + ((moved - time.Day) * 86_400) });
    }

    /// <summary>Beyond this no result has 64 bits; smaller than that no sum overflows.</summary>
    private static long Bounded(Operands a, int index) => Math.Clamp(a.Integer(index), -1_000_000, 1_000_000);

    /// <summary>
    /// Years, months, days, hours, minutes and seconds from the earlier to the later, in the first's zone.
    /// </summary>
    private static RegoArray Difference(BuiltinContext context, Operands a)
    {
        var (first, second) = (Read(a, 0, out var zone), Read(a, 1, out var _));
        second = second.In(zone);
        var isReversed = (first.Seconds, first.Nanoseconds).CompareTo((second.Seconds, second.Nanoseconds)) > 0;
        var (from, to) = isReversed ? (second, first) : (first, second);
        var (start, end) = (from.Date, to.Date);
        long[] parts =
        [
            end.Year - start.Year, end.Month - start.Month, end.Day - start.Day, to.Hour - from.Hour,
            to.Minute - from.Minute, to.Second - from.Second,
        ];
        var daysInMonth = ZonedTime.ToDay(start.Year, start.Month + 1, 1) - ZonedTime.ToDay(start.Year, start.Month, 1);
        ReadOnlySpan<long> sizes = [0, 12, daysInMonth, 24, 60, 60];
        for (var i = parts.Length - 1; i > 0; i--)
        {
            if (parts[i] < 0)
            {
                parts[i] += sizes[i];
                parts[i - 1]--;
            }
        }

        return Numbers(parts);
    }

    private static ZonedTime Read(Operands a, int index, out TimeZoneInfo zone)
    {
        zone = TimeZoneInfo.Utc;
        var value = a[index];
        if (value is RegoArray { Count: > 0 } parts)
        {
            value = parts[0];
            if (parts.Count > 1)
            {
                zone = ZoneOf((parts[1] as RegoString ?? throw Wrong(parts[1], "string")).Value);
            }
        }
        else if (value is not RegoNumber)
        {
            throw Wrong(value, "either number (ns) or [number (ns), string (tz)]");
        }

        var number = value as RegoNumber ?? throw Wrong(value, "number");
        var time = number.TryGetInt64(out var nanoseconds)
            ? ZonedTime.Utc(nanoseconds)
            : throw BuiltinError.Failed("timestamp too big");
        return ReferenceEquals(zone, TimeZoneInfo.Utc) ? time : time.In(zone);
    }

    private static BuiltinError Wrong(RegoValue value, string expected) =>
        Operands.Invalid(0, $"must be {expected} but got {value.KindName}");

    private static TimeZoneInfo ZoneOf(string name) => name switch
    {
        "" or "UTC" => TimeZoneInfo.Utc,
        "Local" => TimeZoneInfo.Local,
        _ => Zones.Get(name),
    };

    private static TimeZoneInfo FindZone(string name) =>
        !name.Contains("..", StringComparison.Ordinal) && !name.StartsWith('/')
            && TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone)
            ? zone
            : throw BuiltinError.Failed($"unknown time zone {name}");

    private static RegoNumber ToNumber(ZonedTime time) => time.ToNanoseconds() is { } nanoseconds
        ? RegoNumber.Of(nanoseconds)
        : throw BuiltinError.Failed("time outside of valid range");

    private static RegoArray Numbers(params ReadOnlySpan<long> values)
    {
        var numbers = new RegoValue[values.Length];
        for (var i = 0; i < numbers.Length; i++)
        {
            numbers[i] = RegoNumber.Of(values[i]);
        }

        return RegoArray.Own(numbers);
    }
}
