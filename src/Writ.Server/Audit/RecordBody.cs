using System.Buffers;
using System.Buffers.Text;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using Writ.Protocol;
using Writ.Server.Storage;

namespace Writ.Server.Audit;

/// <summary>
/// The bytes of a record (docs/audit.md is the schema): its core, which stays for ever and is hashed into the log's
/// tree, and its detail, which can be erased. Each is one JSON object: members in ordinal order, no white space,
/// absent members left out (the members' order and escaping of RFC 8785 for the characters that occur).
/// </summary>
internal static class RecordBody
{
    private const string Ourselves = "writ";
    private const string Scheme = "spiffe://";

    private static readonly SearchValues<char> SpiffeCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_/");

    private static readonly SearchValues<char> IdCharacters =
        SearchValues.Create("0123456789abcdefghjkmnpqrstvwxyz"); // as IdSource writes them

    private static readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> Kinds =
        IdentityKind.All.ToHashSet(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();

    private static readonly JsonWriterOptions Options = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    // A record is written on the thread that appends it, in one go: what it is written with is made once for each.
    [ThreadStatic]
    private static Pen? _pen;

    public static RecordBytes Write(
        AuditEvent e, string outcome, string? reason, string? grantDigest, DateTimeOffset at)
    {
        var pen = _pen ??= new Pen();
        var detail = WriteDetail(pen, e);
        var json = pen.Begin();
        json.WriteStartObject();
        if (IsOfCore(e.Actor)) json.WriteString("actor"u8, e.Actor);
        json.WriteNumber("at"u8, at.ToMicros());
        Member(json, "decision_id"u8, e.DecisionId);
        if (detail is not null) WriteCommitment(json, detail);
        if (e.Erased.Count > 0) WriteErased(json, e.Erased);
        if (e.ExpiresAt is { } expires) json.WriteNumber("expires_at"u8, expires);
        Member(json, "grant"u8, grantDigest);
        Member(json, "jti"u8, e.Jti);
        json.WriteString("kind"u8, e.Kind);
        if (e.Log.Count > 0) WriteTexts(json, "log"u8, e.Log);
        json.WriteString("outcome"u8, outcome);
        Member(json, "reason"u8, reason);
        Member(json, "request_id"u8, e.RequestId);
        if (IsOfCore(e.Subject)) json.WriteString("subject"u8, e.Subject);
        if (IsTask(e.Task)) json.WriteString("task"u8, e.Task);
        json.WriteNumber("v"u8, 2);
        json.WriteEndObject();
        return new RecordBytes(pen.End(), detail);
    }

    /// <summary>Whether a name is certainly no person's: it is not erased with what is. Users and operators are
    /// persons; so may be whoever bears a name that says nothing to us.</summary>
    internal static bool IsOfCore([NotNullWhen(true)] string? name)
    {
        if (name is null or Ourselves or EnrolmentRow.Bootstrap) return name is not null;
        if (name.Length > SpiffeId.MaxLength || !name.StartsWith(Scheme, StringComparison.Ordinal)) return false;
        var id = name.AsSpan(Scheme.Length);
        if (id.ContainsAnyExcept(SpiffeCharacters) || id.IndexOf('/') is not (> 0 and var slash)) return false;
        var path = id[(slash + 1)..];
        return path.IndexOf('/') is > 0 and var end && Kinds.Contains(path[..end]);
    }

    /// <summary>Whether it is an id as we make them: what a caller wrote in its place may be anything.</summary>
    private static bool IsTask([NotNullWhen(true)] string? id) =>
        id is { Length: 31 } && id.StartsWith("task_", StringComparison.Ordinal)
        && !id.AsSpan(5).ContainsAnyExcept(IdCharacters);

    /// <summary>The salt and what can be erased; null: nothing.</summary>
    private static byte[]? WriteDetail(Pen pen, AuditEvent e)
    {
        var actor = e.Actor is not null && !IsOfCore(e.Actor);
        var subject = e.Subject is not null && !IsOfCore(e.Subject);
        var task = e.Task is not null && !IsTask(e.Task);
        if (!actor && !subject && !task && e.Detail.Count == 0) return null;
        var json = pen.BeginSalted();
        json.WriteStartObject();
        if (actor) json.WriteString("actor"u8, e.Actor);
        if (e.Detail.Count > 0) WriteTexts(json, "detail"u8, e.Detail);
        if (subject) json.WriteString("subject"u8, e.Subject);
        if (task) json.WriteString("task"u8, e.Task);
        json.WriteEndObject();
        return pen.End();
    }

    private static void WriteTexts(
        Utf8JsonWriter json, ReadOnlySpan<byte> name, ImmutableSortedDictionary<string, string> texts)
    {
        json.WriteStartObject(name);
        foreach (var (key, value) in texts) json.WriteString(key, value);
        json.WriteEndObject();
    }

    /// <summary>The core commits to the detail, and tells nothing of it to whoever has no salt.</summary>
    private static void WriteCommitment(Utf8JsonWriter json, byte[] detail)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(detail, hash);
        Span<byte> text = stackalloc byte[44];
        var length = Base64Url.EncodeToUtf8(hash, text);
        json.WriteString("detail_hash"u8, text[..length]);
    }

    private static void WriteErased(Utf8JsonWriter json, IReadOnlyList<(long From, long To)> ranges)
    {
        json.WriteStartArray("erased"u8);
        foreach (var (from, to) in ranges)
        {
            json.WriteStartArray();
            json.WriteNumberValue(from);
            json.WriteNumberValue(to);
            json.WriteEndArray();
        }
        json.WriteEndArray();
    }

    private static void Member(Utf8JsonWriter json, ReadOnlySpan<byte> name, string? value)
    {
        if (value is not null) json.WriteString(name, value);
    }

    /// <summary>What one thread writes its records with.</summary>
    private sealed class Pen
    {
        private readonly ArrayBufferWriter<byte> _buffer = new(4096);
        private readonly Utf8JsonWriter _json;
        private readonly byte[] _salts = new byte[64 * RecordRow.SaltSize]; // many for one call of the random source
        private int _used;

        public Pen()
        {
            _json = new Utf8JsonWriter(_buffer, Options);
            _used = _salts.Length;
        }

        public Utf8JsonWriter Begin()
        {
            _buffer.ResetWrittenCount();
            _json.Reset();
            return _json;
        }

        public Utf8JsonWriter BeginSalted()
        {
            Begin();
            if (_used == _salts.Length)
            {
                RandomNumberGenerator.Fill(_salts);
                _used = 0;
            }
            _buffer.Write(_salts.AsSpan(_used, RecordRow.SaltSize));
            _used += RecordRow.SaltSize;
            return _json;
        }

        public byte[] End()
        {
            _json.Flush();
            var written = _buffer.WrittenSpan.ToArray();
            if (_buffer.Capacity > Most) _pen = null; // one large record does not keep its room for ever
            return written;
        }

        private const int Most = 256 * 1024;
    }

    /// <summary>What the index keeps of a record.</summary>
    public static RecordIndexRow Index(RecordRow row) => RecordReading.Of(row);

    /// <summary>Who is to be told of it: of a yes, whom the policy names, as far as they are few. What cannot be read
    /// tells nobody, and holds nothing up.</summary>
    public static IEnumerable<NoticeRow> Notices(RecordRow row, RecordIndexRow index)
    {
        if (index.Outcome != "allow" || row.Body.AsSpan().IndexOf("notify"u8) < 0) return [];
        using var document = JsonDocument.Parse(row.Body);
        if (!document.RootElement.TryGetProperty("detail", out var detail)
            || !detail.TryGetProperty(PolicyDetail.Obligations, out var said)) return [];
        return Told(said.GetString()!).Distinct(StringComparer.Ordinal).Take(MostTold).Select(whom => new NoticeRow
        {
            Idx = row.Idx,
            Whom = whom,
            At = index.At,
            Kind = index.Kind,
            Subject = index.Subject,
            Actor = index.Actor,
            Task = index.Task,
            DecisionId = index.DecisionId,
        }).ToArray();
    }

    private const int MostTold = 16; // of one record: APIs that decide by themselves report what they like

    private static List<string> Told(string obligations)
    {
        var told = new List<string>();
        try
        {
            foreach (var one in JsonElement.Parse(obligations).EnumerateArray())
                if (one.ValueKind == JsonValueKind.Object && one.TryGetProperty(Obligation.Notify.Word, out var whom)
                    && whom.ValueKind == JsonValueKind.String && RecordIndexRow.Fit(whom.GetString()) is { } text)
                    told.Add(text);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            told.Clear();
        }
        return told;
    }
}
