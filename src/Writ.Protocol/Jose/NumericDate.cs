using System.Text.Json;

namespace Writ.Protocol;

/// <summary>
/// Seconds since 1970 as JWT writes them (RFC 7519 §2): an integer or a finite decimal from 0 to the end of the
/// year 9999. A string, a negative or a huge number is no date.
/// </summary>
public static class NumericDate
{
    /// <summary>9999-12-31T23:59:59Z.</summary>
    public const long MaxSeconds = 253_402_300_799;

    /// <summary>Reads a date; fractions of a second are kept to 100 ns and cut, never rounded up.</summary>
    public static bool TryRead(JsonElement value, out DateTimeOffset date)
    {
        date = default;
        if (value.ValueKind != JsonValueKind.Number)
            return false;

        if (value.TryGetInt64(out var whole))
        {
            if (whole is < 0 or > MaxSeconds)
                return false;
            date = DateTimeOffset.FromUnixTimeSeconds(whole);
            return true;
        }

        if (!value.TryGetDecimal(out var seconds) || seconds is < 0 or > MaxSeconds)
            return false;

        date = DateTimeOffset.UnixEpoch.AddTicks((long)(seconds * TimeSpan.TicksPerSecond));
        return true;
    }

    /// <summary>Reads a member that must be present.</summary>
    public static bool TryRead(JsonElement parent, ReadOnlySpan<byte> name, out DateTimeOffset date)
    {
        date = default;
        return parent.TryGetProperty(name, out var member) && TryRead(member, out date);
    }

    /// <summary>Reads a member that may be absent; false only when it is there and is no date.</summary>
    public static bool TryReadOptional(JsonElement parent, ReadOnlySpan<byte> name, out DateTimeOffset? date)
    {
        date = null;
        if (!parent.TryGetProperty(name, out var member))
            return true;
        if (!TryRead(member, out var value))
            return false;
        date = value;
        return true;
    }
}
