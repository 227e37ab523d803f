using System.Globalization;
using System.Text.RegularExpressions;

namespace Writ.Cli.Policies.Reports;

/// <summary>Spans of time as OPA's flags have them: <c>1m30s</c>, <c>500ms</c>.</summary>
internal static partial class GoDuration
{
    public static TimeSpan? TryParse(string text)
    {
        if (text == "0")
            return TimeSpan.Zero;
        if (Whole().Match(text) is not { Success: true } match)
            return null;
        var parts = match.Groups["number"].Captures.Zip(match.Groups["unit"].Captures, (number, unit) =>
            double.Parse(number.ValueSpan, CultureInfo.InvariantCulture) * Seconds(unit.Value));
        var seconds = parts.Sum();
        return seconds < TimeSpan.MaxValue.TotalSeconds / 2 ? TimeSpan.FromSeconds(seconds) : null;
    }

    /// <summary>As Go writes it, to the microsecond: <c>1.5ms</c>, <c>2.25s</c>.</summary>
    public static string Text(TimeSpan span)
    {
        var (value, unit) = span.TotalSeconds >= 1 ? (span.TotalSeconds, "s")
            : span.TotalMilliseconds >= 1 ? (span.TotalMilliseconds, "ms")
            : (span.TotalMicroseconds, "µs");
        return string.Create(CultureInfo.InvariantCulture, $"{value:0.######}{unit}");
    }

    private static double Seconds(string unit) => unit switch
    {
        "h" => 3600,
        "m" => 60,
        "s" => 1,
        "ms" => 1e-3,
        "us" or "µs" => 1e-6,
        _ => 1e-9,
    };

    [GeneratedRegex(
        @"^((?<number>\d{1,18}(\.\d{1,18})?)(?<unit>h|ms|m|s|us|µs|ns))+$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Whole();
}
