using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Writ.Protocol;
using Writ.Server.Storage;

namespace Writ.Server.Audit;

/// <summary>
/// The canonical bytes of a record: one JSON object, members in ordinal order, no white space, absent members left
/// out (the members' order and escaping of RFC 8785 for the characters that occur). docs/audit.md is the schema.
/// </summary>
internal static class RecordBody
{
    private static readonly JsonWriterOptions Options = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    public static byte[] Write(AuditEvent e, string outcome, string? reason, string? grantDigest, DateTimeOffset at)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            Member(json, "actor"u8, e.Actor);
            json.WriteNumber("at"u8, at.ToMicros());
            Member(json, "decision_id"u8, e.DecisionId);
            if (e.Detail.Count > 0) WriteDetail(json, e);
            if (e.ExpiresAt is { } expires) json.WriteNumber("expires_at"u8, expires);
            Member(json, "grant"u8, grantDigest);
            Member(json, "jti"u8, e.Jti);
            json.WriteString("kind"u8, e.Kind);
            json.WriteString("outcome"u8, outcome);
            Member(json, "reason"u8, reason);
            Member(json, "request_id"u8, e.RequestId);
            Member(json, "subject"u8, e.Subject);
            Member(json, "task"u8, e.Task);
            json.WriteNumber("v"u8, 1);
            json.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>What the index keeps of a record.</summary>
    public static RecordIndexRow Index(RecordRow row)
    {
        using var document = JsonDocument.Parse(row.Body);
        var json = document.RootElement;
        return new RecordIndexRow
        {
            Idx = row.Idx,
            At = json.GetProperty("at").GetInt64(),
            Kind = json.GetProperty("kind").GetString()!,
            Outcome = json.GetProperty("outcome").GetString()!,
            DecisionId = Text(json, "decision_id"),
            Subject = Text(json, "subject"),
            Actor = Text(json, "actor"),
            Task = Text(json, "task"),
            Jti = Text(json, "jti"),
            ExpiresAt = json.TryGetProperty("expires_at", out var expires) ? expires.GetInt64() : null,
        };
    }

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

    private static string? Text(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) ? value.GetString() : null;

    private static void Member(Utf8JsonWriter json, ReadOnlySpan<byte> name, string? value)
    {
        if (value is not null) json.WriteString(name, value);
    }

    private static void WriteDetail(Utf8JsonWriter json, AuditEvent e)
    {
        json.WriteStartObject("detail"u8);
        foreach (var (name, value) in e.Detail) json.WriteString(name, value);
        json.WriteEndObject();
    }
}
