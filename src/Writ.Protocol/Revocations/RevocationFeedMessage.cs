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

    /// <summary>
    /// Everything that still matters, in one message or in several that follow each other; the first that a reader is
    /// told, and again after a gap. It holds when all parts have come.
    /// </summary>
    public sealed record Snapshot(string Epoch, long Index, ImmutableArray<RevocationEntry> Entries)
        : RevocationFeedMessage(Epoch, Index)
    {
        /// <summary>Names the snapshot: parts of two of them never make one.</summary>
        public string Id { get; init; } = "";

        /// <summary>Which part this is, counted from 0.</summary>
        public long Part { get; init; }

        /// <summary>Whether no part comes after this one.</summary>
        public bool IsLast { get; init; } = true;

        /// <summary>
        /// The same snapshot in parts whose entries are at most so many bytes of JSON, but at least one entry; at least
        /// one part.
        /// </summary>
        /// <param name="id">Names the snapshot; see <see cref="Id"/>.</param>
        /// <param name="bytes">The most that the entries of one part take.</param>
        public IReadOnlyList<Snapshot> InParts(string id, int bytes)
        {
            var parts = new List<Snapshot>();
            var from = 0;
            foreach (var length in RevocationFeedText.Cut(Entries, bytes))
            {
                parts.Add(this with
                {
                    Entries = Entries.Slice(from, length),
                    Id = id,
                    Part = parts.Count,
                    IsLast = from + length == Entries.Length,
                });
                from += length;
            }

            return parts;
        }

        /// <inheritdoc/>
        public bool Equals(Snapshot? other) =>
            base.Equals(other) && Id == other!.Id && Part == other.Part && IsLast == other.IsLast
            && Entries.AsSpan().SequenceEqual(other.Entries.AsSpan());

        /// <inheritdoc/>
        public override int GetHashCode() => HashCode.Combine(Epoch, Index, Id, Part, Entries.Length);
    }

    /// <summary>One more revocation.</summary>
    public sealed record Revoked(string Epoch, long Index, RevocationEntry Entry) : RevocationFeedMessage(Epoch, Index);

    /// <summary>Nothing new up to here, and the replica is sure of it.</summary>
    public sealed record Heartbeat(string Epoch, long Index, DateTimeOffset At) : RevocationFeedMessage(Epoch, Index)
    {
        /// <summary>The version of the registry that the replica sees: what was pulled at an older one (docs/access.md)
        /// may have changed since. Null: it does not say.</summary>
        public long? Registry { get; init; }
    }
}
