using System.Globalization;

namespace Writ.Cli;

/// <summary>A time that was given as such, or as a span before now.</summary>
internal static class SinceOption
{
    /// <summary>The time, as RFC 3339 writes it.</summary>
    public static string Of(string text, TimeProvider time)
    {
        if (Field.TryParseSpan(text) is { } span)
            return (time.GetUtcNow() - span).ToString("O", CultureInfo.InvariantCulture);
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out _)
            ? text
            : throw new UsageException($"“{text}” is neither a span (30m, 8h) nor a time (2030-01-31T12:00:00Z).");
    }
}
