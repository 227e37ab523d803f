using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace Writ.Protocol;

/// <summary>
/// A message of the revocation feed: the payload of a JWS of type <see cref="Typ"/>. Times are integer microseconds
/// since 1970 in UTC.
/// </summary>
public abstract record RevocationFeedMessage
{
    /// <summary>The media type of a feed message.</summary>
    public const string Typ = "writ-feed+jwt";

    private RevocationFeedMessage(string epoch, long index)
    {
        Epoch = epoch;
        Index = index;
    }

    /// <summary>Changes when the broker's history does (restore): indexes of two epochs cannot be compared.</summary>
    public string Epoch { get; }

    /// <summary>The position in the broker's log that the reader has reached with this message.</summary>
    public long Index { get; }

    /// <summary>The payload.</summary>
    public byte[] ToPayload() => JsonBytes.Write(writer => RevocationFeedText.Write(writer, this));

    /// <summary>Reads a verified message.</summary>
    public static bool TryParse(
        JwsToken verified,
        [NotNullWhen(true)] out RevocationFeedMessage? message,
        [NotNullWhen(false)] out string? error)
    {
        message = null;
        error = verified.Header.HasType(Typ)
            ? RevocationFeedText.Read(verified.Payload, out message)
            : "not a feed message";
        return error is null;
    }

    /// <summary>Everything that still matters; the first message, and again after a gap.</summary>
    public sealed record Snapshot(string Epoch, long Index, ImmutableArray<RevocationEntry> Entries)
        : RevocationFeedMessage(Epoch, Index)
    {
        /// <inheritdoc/>
        public bool Equals(Snapshot? other) =>
            base.Equals(other) && Entries.AsSpan().SequenceEqual(other!.Entries.AsSpan());

        /// <inheritdoc/>
        public override int GetHashCode() => HashCode.Combine(Epoch, Index, Entries.Length);
    }

    /// <summary>One more revocation.</summary>
    public sealed record Revoked(string Epoch, long Index, RevocationEntry Entry) : RevocationFeedMessage(Epoch, Index);

    /// <summary>Nothing new up to here, and the replica is sure of it.</summary>
    public sealed record Heartbeat(string Epoch, long Index, DateTimeOffset At) : RevocationFeedMessage(Epoch, Index);
}
