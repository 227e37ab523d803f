using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Writ.Server.Audit;

/// <summary>
/// Records as OpenTelemetry's logs, in the JSON encoding of OTLP 1.x over HTTP. By hand: the SDK's exporter drops what
/// its queue cannot hold, and tells nobody what has arrived.
/// </summary>
internal static class OtlpLogs
{
    private const int MaxDepth = 32;
    private static readonly string Version = typeof(OtlpLogs).Assembly.GetName().Version!.ToString(3);

    private static readonly JsonWriterOptions Options = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    /// <summary>One LogRecord.</summary>
    /// <param name="entry">The record.</param>
    /// <param name="text">It in its form: JSON becomes the body's own structure.</param>
    /// <param name="form">The form.</param>
    public static byte[] Record(LogEntry entry, byte[] text, Form form)
    {
        var buffer = new ArrayBufferWriter<byte>(2 * text.Length);
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            var nanoseconds = (entry.At * 1000).ToString(CultureInfo.InvariantCulture);
            json.WriteString("timeUnixNano"u8, nanoseconds);
            json.WriteString("observedTimeUnixNano"u8, nanoseconds);
            var (severity, word) = Severity(entry);
            json.WriteNumber("severityNumber"u8, severity);
            json.WriteString("severityText"u8, word);
            json.WriteString("eventName"u8, "writ." + entry.Kind);
            if (entry.Detail("trace_id"u8) is { Length: 32 } trace) json.WriteString("traceId"u8, trace);
            json.WritePropertyName("body"u8);
            if (form.IsJson)
            {
                using var body = JsonDocument.Parse(text);
                WriteValue(json, body.RootElement, MaxDepth);
            }
            else
            {
                WriteText(json, text);
            }
            WriteAttributes(json, entry, form.TrustDomain);
            json.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>An ExportLogsServiceRequest of such records.</summary>
    public static void Write(Stream to, IReadOnlyList<byte[]> records, string trustDomain)
    {
        using var json = new Utf8JsonWriter(to, Options);
        json.WriteStartObject();
        json.WriteStartArray("resourceLogs"u8);
        json.WriteStartObject();
        json.WriteStartObject("resource"u8);
        json.WriteStartArray("attributes"u8);
        Attribute(json, "service.name"u8, "writ");
        Attribute(json, "service.namespace"u8, trustDomain);
        Attribute(json, "service.version"u8, Version);
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteStartArray("scopeLogs"u8);
        json.WriteStartObject();
        json.WriteStartObject("scope"u8);
        json.WriteString("name"u8, "writ.audit"u8);
        json.WriteString("version"u8, Version);
        json.WriteEndObject();
        json.WriteStartArray("logRecords"u8);
        foreach (var record in records) json.WriteRawValue(record, skipInputValidation: true);
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>How many records it took the others of, for good (partial_success): they are not to be sent again.
    /// </summary>
    public static long Refused(ReadOnlySpan<byte> answer)
    {
        try
        {
            var reader = new Utf8JsonReader(answer);
            using var json = JsonDocument.ParseValue(ref reader);
            if (json.RootElement.ValueKind != JsonValueKind.Object
                || !json.RootElement.TryGetProperty("partialSuccess"u8, out var partial)
                || partial.ValueKind != JsonValueKind.Object
                || !partial.TryGetProperty("rejectedLogRecords"u8, out var count)) return 0;
            // 64-bit integers are texts in proto3's JSON; some write numbers.
            return count.ValueKind switch
            {
                JsonValueKind.Number when count.TryGetInt64(out var number) => number,
                JsonValueKind.String when long.TryParse(
                    count.GetString(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) => number,
                _ => 0,
            };
        }
        catch (JsonException)
        {
            return 0; // an empty answer, or another encoding: 2xx is what counts
        }
    }

    private static (int Number, string Word) Severity(LogEntry entry) =>
        OcsfKinds.Of(entry.Kind).SeverityOf(entry.IsYes) switch
        {
            <= 1 => (9, "INFO"),
            2 => (10, "INFO2"),
            3 => (13, "WARN"),
            _ => (17, "ERROR"),
        };

    private static void WriteAttributes(Utf8JsonWriter json, LogEntry entry, string trustDomain)
    {
        json.WriteStartArray("attributes"u8);
        // By which a receiver tells what came twice.
        var index = entry.Index.ToString(CultureInfo.InvariantCulture);
        Attribute(json, "log.record.uid"u8, $"{trustDomain}/{index}");
        json.WriteStartObject();
        json.WriteString("key"u8, "writ.index"u8);
        json.WriteStartObject("value"u8);
        json.WriteString("intValue"u8, index);
        json.WriteEndObject();
        json.WriteEndObject();
        Attribute(json, "writ.kind"u8, entry.Kind);
        Attribute(json, "writ.outcome"u8, entry.IsYes ? "allow" : "deny");
        Attribute(json, "writ.reason"u8, entry.Reason);
        Attribute(json, "writ.actor"u8, entry.Actor);
        Attribute(json, "writ.subject"u8, entry.Subject);
        Attribute(json, "writ.task"u8, entry.Text("task"u8));
        Attribute(json, "writ.decision_id"u8, entry.Text("decision_id"u8));
        json.WriteEndArray();
    }

    private static void Attribute(Utf8JsonWriter json, ReadOnlySpan<byte> name, string? value)
    {
        if (value is null) return;
        json.WriteStartObject();
        json.WriteString("key"u8, name);
        json.WriteStartObject("value"u8);
        json.WriteString("stringValue"u8, value);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteText(Utf8JsonWriter json, ReadOnlySpan<byte> text)
    {
        json.WriteStartObject();
        json.WriteString("stringValue"u8, text);
        json.WriteEndObject();
    }

    /// <summary>JSON as an AnyValue.</summary>
    private static void WriteValue(Utf8JsonWriter json, JsonElement value, int depth)
    {
        json.WriteStartObject();
        switch (value.ValueKind)
        {
            case JsonValueKind.Object when depth > 0:
                json.WriteStartObject("kvlistValue"u8);
                json.WriteStartArray("values"u8);
                foreach (var member in value.EnumerateObject())
                {
                    json.WriteStartObject();
                    json.WriteString("key"u8, member.Name);
                    json.WritePropertyName("value"u8);
                    WriteValue(json, member.Value, depth - 1);
                    json.WriteEndObject();
                }
                json.WriteEndArray();
                json.WriteEndObject();
                break;
            case JsonValueKind.Array when depth > 0:
                json.WriteStartObject("arrayValue"u8);
                json.WriteStartArray("values"u8);
                foreach (var item in value.EnumerateArray()) WriteValue(json, item, depth - 1);
                json.WriteEndArray();
                json.WriteEndObject();
                break;
            case JsonValueKind.True or JsonValueKind.False:
                json.WriteBoolean("boolValue"u8, value.GetBoolean());
                break;
            case JsonValueKind.Number when value.TryGetInt64(out var number):
                json.WriteString("intValue"u8, number.ToString(CultureInfo.InvariantCulture));
                break;
            case JsonValueKind.Number:
                json.WriteNumber("doubleValue"u8, value.GetDouble());
                break;
            case JsonValueKind.Null:
                break;
            default:
                json.WriteString(
                    "stringValue"u8, value.ValueKind == JsonValueKind.String ? value.GetString() : value.GetRawText());
                break;
        }
        json.WriteEndObject();
    }
}
