using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;

namespace Writ.Protocol;

/// <summary>The JSON of feed messages. Unknown kinds and members are refused: they might revoke.</summary>
internal static class RevocationFeedText
{
    private const long MaxMicroseconds = (NumericDate.MaxSeconds * 1_000_000) + 999_999;

    internal static void Write(Utf8JsonWriter writer, RevocationFeedMessage message)
    {
        writer.WriteStartObject();
        writer.WriteString("kind"u8, KindOf(message));
        writer.WriteString("epoch"u8, message.Epoch);
        writer.WriteNumber("index"u8, message.Index);
        switch (message)
        {
            case RevocationFeedMessage.Snapshot snapshot:
                writer.WriteString("id"u8, snapshot.Id);
                writer.WriteNumber("part"u8, snapshot.Part);
                writer.WriteBoolean("last"u8, snapshot.IsLast);
                writer.WriteStartArray("entries"u8);
                foreach (var entry in snapshot.Entries)
                    WriteEntry(writer, entry);
                writer.WriteEndArray();
                break;
            case RevocationFeedMessage.Revoked revoked:
                writer.WritePropertyName("entry"u8);
                WriteEntry(writer, revoked.Entry);
                break;
            case RevocationFeedMessage.Heartbeat heartbeat:
                writer.WriteNumber("at"u8, ToMicroseconds(heartbeat.At));
                if (heartbeat.Registry is { } version)
                    writer.WriteNumber("registry"u8, version);
                break;
        }

        writer.WriteEndObject();
    }

    /// <summary>How many entries make each part of at most so many bytes; one part at least, one entry in each at
    /// least if there is any.</summary>
    internal static IEnumerable<int> Cut(ImmutableArray<RevocationEntry> entries, int bytes)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using var writer = new Utf8JsonWriter(buffer, JsonBytes.Options);
        var (count, size) = (0, 0);
        foreach (var entry in entries)
        {
            WriteEntry(writer, entry);
            writer.Flush();
            var length = buffer.WrittenCount + 1; // with the comma behind it
            writer.Reset();
            buffer.ResetWrittenCount();
            if (count > 0 && size + length > bytes)
            {
                yield return count;
                (count, size) = (0, 0);
            }

            count++;
            size += length;
        }

        yield return count;
    }

    internal static string? Read(JsonElement payload, out RevocationFeedMessage? message)
    {
        message = null;
        if (StrictJson.TextOf(payload, "epoch"u8) is not { Length: > 0 } epoch
            || !payload.TryGetProperty("index"u8, out var indexMember)
            || !TryInteger(indexMember, out var index)
            || StrictJson.TextOf(payload, "kind"u8) is not { } kind
            || payload.GetPropertyCount() != MembersOf(kind, payload))
        {
            return "the feed message lacks kind, epoch or index, or has a member too many";
        }

        message = kind switch
        {
            "snapshot" => ReadSnapshot(payload, epoch, index),
            "revoked" when payload.TryGetProperty("entry"u8, out var member) && TryEntry(member, out var entry) =>
                new RevocationFeedMessage.Revoked(epoch, index, entry!),
            "heartbeat" when TryTime(payload, "at"u8, out var at) && TryRegistry(payload, out var version) =>
                new RevocationFeedMessage.Heartbeat(epoch, index, at) { Registry = version },
            _ => null,
        };
        return message is null ? "the feed message is malformed or of an unknown kind" : null;
    }

    private static int MembersOf(string kind, JsonElement payload) =>
        kind == "snapshot" ? 7 : kind == "heartbeat" && payload.TryGetProperty("registry"u8, out _) ? 5 : 4;

    private static bool TryRegistry(JsonElement payload, out long? version)
    {
        version = null;
        if (!payload.TryGetProperty("registry"u8, out var member))
            return true;
        var isRead = TryInteger(member, out var number);
        version = number;
        return isRead;
    }

    private static RevocationFeedMessage.Snapshot? ReadSnapshot(JsonElement payload, string epoch, long index) =>
        StrictJson.TextOf(payload, "id"u8) is { } id
        && payload.TryGetProperty("part"u8, out var partMember)
        && TryInteger(partMember, out var part)
        && payload.TryGetProperty("last"u8, out var last)
        && last.ValueKind is (JsonValueKind.True or JsonValueKind.False)
        && TryEntries(payload, out var entries)
            ? new RevocationFeedMessage.Snapshot(epoch, index, entries)
            {
                Id = id,
                Part = part,
                IsLast = last.ValueKind == JsonValueKind.True,
            }
            : null;

    private static string KindOf(RevocationFeedMessage message) => message switch
    {
        RevocationFeedMessage.Snapshot => "snapshot",
        RevocationFeedMessage.Revoked => "revoked",
        _ => "heartbeat",
    };

    private static void WriteEntry(Utf8JsonWriter writer, RevocationEntry entry)
    {
        writer.WriteStartObject();
        writer.WriteString("kind"u8, entry.Handle.Kind);
        writer.WriteString("value"u8, entry.Handle.Value);
        if (entry.IssuedBefore != DateTimeOffset.MaxValue)
            writer.WriteNumber("issued_before"u8, ToMicroseconds(entry.IssuedBefore));
        writer.WriteNumber("matters_until"u8, ToMicroseconds(entry.MattersUntil));
        writer.WriteString("reason"u8, entry.Reason);
        writer.WriteEndObject();
    }

    private static bool TryEntries(JsonElement payload, out ImmutableArray<RevocationEntry> entries)
    {
        entries = [];
        if (!payload.TryGetProperty("entries"u8, out var array) || array.ValueKind != JsonValueKind.Array)
            return false;
        var builder = ImmutableArray.CreateBuilder<RevocationEntry>(array.GetArrayLength());
        foreach (var item in array.EnumerateArray())
        {
            if (!TryEntry(item, out var entry))
                return false;
            builder.Add(entry!);
        }

        entries = builder.MoveToImmutable();
        return true;
    }

    private static bool TryEntry(JsonElement item, out RevocationEntry? entry)
    {
        entry = null;
        if (item.ValueKind != JsonValueKind.Object
            || StrictJson.TextOf(item, "kind"u8) is not { } kind
            || !RevocationHandle.IsKind(kind)
            || StrictJson.TextOf(item, "value"u8) is not { Length: > 0 } value
            || StrictJson.TextOf(item, "reason"u8) is not { } reason
            || !TryTime(item, "matters_until"u8, out var mattersUntil))
        {
            return false;
        }

        var issuedBefore = DateTimeOffset.MaxValue;
        var isBounded = item.TryGetProperty("issued_before"u8, out _);
        if ((isBounded && !TryTime(item, "issued_before"u8, out issuedBefore))
            || item.GetPropertyCount() != (isBounded ? 5 : 4))
        {
            return false;
        }

        entry = new RevocationEntry(new RevocationHandle(kind, value), issuedBefore, mattersUntil, reason);
        return true;
    }

    private static bool TryTime(JsonElement parent, ReadOnlySpan<byte> name, out DateTimeOffset time)
    {
        time = default;
        if (!parent.TryGetProperty(name, out var member)
            || !TryInteger(member, out var microseconds)
            || microseconds > MaxMicroseconds)
        {
            return false;
        }

        time = DateTimeOffset.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond);
        return true;
    }

    private static bool TryInteger(JsonElement member, out long value)
    {
        value = 0;
        return member.ValueKind == JsonValueKind.Number && member.TryGetInt64(out value) && value >= 0;
    }

    // Rounded up: a revocation must not lose the part of a microsecond in which a token was issued. But never beyond
    // what is read back: one entry that a reader refuses would cost it the whole feed.
    private static long ToMicroseconds(DateTimeOffset time)
    {
        var ticks = (time - DateTimeOffset.UnixEpoch).Ticks;
        return Math.Min(
            MaxMicroseconds, (ticks + TimeSpan.TicksPerMicrosecond - 1) / TimeSpan.TicksPerMicrosecond);
    }
}
