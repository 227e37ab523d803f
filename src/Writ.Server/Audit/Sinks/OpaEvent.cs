using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Writ.Protocol;
using Writ.Server.Storage;

namespace Writ.Server.Audit;

/// <summary>A record as an event of OPA's decision log (docs/opa.md).</summary>
internal static class OpaEvent
{
    private const string Query = "policy.query";
    private const string Rfc3339 = "yyyy-MM-ddTHH:mm:ss.ffffffZ";
    private static readonly string Version = typeof(OpaEvent).Assembly.GetName().Version!.ToString(3);

    /// <summary>The event; null: nothing was decided.</summary>
    /// <param name="row">The record.</param>
    /// <param name="trustDomain">Whose log it is.</param>
    /// <param name="isBare">Without what may be large: input and result.</param>
    public static byte[]? Of(RecordRow row, string trustDomain, bool isBare = false)
    {
        using var document = JsonDocument.Parse(row.Body);
        var record = document.RootElement;
        if (StrictJson.TextOf(record, "decision_id"u8) is not { } id) return null;
        var detail = record.TryGetProperty("detail"u8, out var given) ? given : default;
        var kind = StrictJson.TextOf(record, "kind"u8)!;
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            WriteLabels(json, trustDomain);
            json.WriteString("decision_id"u8, id);
            if (Text(detail, kind is Query ? "queried_policy"u8 : "policy"u8) is { } policy) WriteBundle(json, policy);
            json.WriteString("path"u8, Text(detail, "path"u8) ?? "writ/decision");
            var erased = WriteContent(json, record, detail, kind, isBare);
            if (erased.Count > 0)
            {
                json.WriteStartArray("erased"u8);
                foreach (var pointer in erased) json.WriteStringValue(pointer);
                json.WriteEndArray();
            }
            if (StrictJson.TextOf(record, "actor"u8) is { } actor) json.WriteString("requested_by"u8, actor);
            json.WriteString("timestamp"u8, Instant.FromMicros(record.GetProperty("at"u8).GetInt64())
                .UtcDateTime.ToString(Rfc3339, CultureInfo.InvariantCulture));
            WriteCustom(json, row, record, kind);
            json.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Input and result; answers what of them was left out (as JSON pointers).</summary>
    private static List<string> WriteContent(
        Utf8JsonWriter json, JsonElement record, JsonElement detail, string kind, bool isBare)
    {
        var erased = new List<string>();
        var input = Text(detail, kind is Query ? "input"u8 : "policy_input"u8) ?? Text(detail, "question"u8);
        if (isBare && input is not null) erased.Add("/input");
        else WriteJson(json, "input"u8, input);
        var isLeftOut = isBare || Text(detail, "result_sha256"u8) is not null;
        if (kind is Query && IsYes(record))
        {
            if (isLeftOut) erased.Add("/result");
            else WriteJson(json, "result"u8, Text(detail, "result"u8));
            if (Text(detail, "fault"u8) is { } fault) WriteError(json, fault);
            return erased;
        }
        json.WriteStartObject("result"u8);
        json.WriteBoolean("allow"u8, IsYes(record));
        if (StrictJson.TextOf(record, "reason"u8) is { } reason) json.WriteString("reason"u8, reason);
        WriteWords(json, "rules"u8, Text(detail, "policy_rules"u8));
        WriteWords(json, "reasons"u8, Text(detail, "policy_reasons"u8));
        WriteWords(json, "missing"u8, Text(detail, "policy_missing"u8));
        WriteJson(json, "obligations"u8, Text(detail, "policy_obligations"u8));
        if (isBare && Text(detail, "results"u8) is not null) erased.Add("/result/results");
        else WriteJson(json, "results"u8, Text(detail, "results"u8));
        json.WriteEndObject();
        if (Text(detail, "policy_fault"u8) is { } failed) WriteError(json, failed);
        return erased;
    }

    private static bool IsYes(JsonElement record) => StrictJson.TextOf(record, "outcome"u8) is "allow";

    private static void WriteLabels(Utf8JsonWriter json, string trustDomain)
    {
        json.WriteStartObject("labels"u8);
        json.WriteString("app"u8, "writ"u8);
        json.WriteString("id"u8, trustDomain);
        json.WriteString("version"u8, Version);
        json.WriteEndObject();
    }

    private static void WriteBundle(Utf8JsonWriter json, string revision)
    {
        json.WriteStartObject("bundles"u8);
        json.WriteStartObject("writ"u8);
        json.WriteString("revision"u8, revision);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteError(Utf8JsonWriter json, string message)
    {
        json.WriteStartObject("error"u8);
        json.WriteString("message"u8, message);
        json.WriteEndObject();
    }

    /// <summary>What OPA has no word for; the index tells what came twice.</summary>
    private static void WriteCustom(Utf8JsonWriter json, RecordRow row, JsonElement record, string kind)
    {
        json.WriteStartObject("custom"u8);
        json.WriteNumber("index"u8, row.Idx);
        json.WriteString("kind"u8, kind);
        foreach (var name in (string[])["subject", "task", "jti", "grant"])
            if (record.TryGetProperty(name, out var value)) json.WriteString(name, value.GetString());
        json.WriteEndObject();
    }

    private static void WriteWords(Utf8JsonWriter json, ReadOnlySpan<byte> name, string? words)
    {
        if (words is null) return;
        json.WriteStartArray(name);
        foreach (var word in words.Split(' ')) json.WriteStringValue(word);
        json.WriteEndArray();
    }

    /// <summary>JSON that the record keeps as text; what is none stays a text.</summary>
    private static void WriteJson(Utf8JsonWriter json, ReadOnlySpan<byte> name, string? text)
    {
        if (text is null) return;
        json.WritePropertyName(name);
        if (StrictJson.TryParse(Encoding.UTF8.GetBytes(text), 64, out var value, out _)) value.WriteTo(json);
        else json.WriteStringValue(text);
    }

    private static string? Text(JsonElement detail, ReadOnlySpan<byte> name) =>
        detail.ValueKind == JsonValueKind.Object ? StrictJson.TextOf(detail, name) : null;
}
