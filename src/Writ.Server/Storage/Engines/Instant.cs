namespace Writ.Server.Storage;

/// <summary>Times are stored as integer microseconds since the Unix epoch, UTC, on both engines.</summary>
public static class Instant
{
    public static long ToMicros(this DateTimeOffset time) => (time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / 10;

    public static DateTimeOffset FromMicros(long micros) =>
        micros >= MaxMicros ? DateTimeOffset.MaxValue : DateTimeOffset.UnixEpoch.AddTicks(micros * 10);

    /// <summary>A stored time as the management API writes it (RFC 3339).</summary>
    public static string Text(long micros) => FromMicros(micros).ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", null);

    /// <summary>Stands for "for ever" in the store.</summary>
    public static readonly long MaxMicros = DateTimeOffset.MaxValue.ToMicros();
}
