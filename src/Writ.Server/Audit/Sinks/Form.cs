using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Writ.Server.Edge;
using Writ.Server.Storage;

namespace Writ.Server.Audit;

/// <summary>What records look like to a sink, and which of them it gets.</summary>
internal sealed class Form(SinkTarget target, string trustDomain)
{
    private static readonly JsonWriterOptions Options = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    public bool IsJson => target.Form is not "cef";

    public string TrustDomain => trustDomain;

    /// <summary>The record, if this sink gets such; else null.</summary>
    public LogEntry? Read(RecordRow row)
    {
        var entry = new LogEntry(row);
        if (target.Kinds.Count == 0 || entry.IsUnreadable) return entry;
        foreach (var beginning in target.Kinds)
            if (entry.Kind.StartsWith(beginning, StringComparison.Ordinal)) return entry;
        entry.Dispose();
        return null;
    }

    /// <summary>One line of UTF-8, without its end.</summary>
    /// <param name="entry">The record.</param>
    /// <param name="size">How much of it.</param>
    public byte[] Write(LogEntry entry, EntrySize size = EntrySize.Whole)
    {
        entry.Size = size;
        if (target.Form is "cef") return Encoding.UTF8.GetBytes(CefEvent.Of(entry, trustDomain));
        var buffer = new ArrayBufferWriter<byte>(2048);
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            if (target.Form is "ocsf") OcsfEvent.Write(json, entry, trustDomain);
            else WriteRecord(json, entry);
        }
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>The same JSON in ASCII alone, for those who take nothing else for sure.</summary>
    public static byte[] ToAscii(byte[] json)
    {
        if (Ascii.IsValid(json)) return json;
        var text = new StringBuilder(json.Length + 64);
        foreach (var c in Encoding.UTF8.GetString(json))
        {
            // Outside of strings JSON has none of these.
            if (char.IsAscii(c)) text.Append(c);
            else text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
        }
        return Encoding.ASCII.GetBytes(text.ToString());
    }

    /// <summary>Members of the record as its size has them: lists are not in what is bare, nor objects.</summary>
    public static void WriteMembers(Utf8JsonWriter json, LogEntry entry, Func<JsonProperty, bool> isWanted)
    {
        foreach (var member in entry.Root.EnumerateObject().Where(isWanted))
        {
            if (entry.Size is EntrySize.Whole || member.Value.ValueKind is JsonValueKind.Number) member.WriteTo(json);
            else if (member.Value.ValueKind is JsonValueKind.String && entry.Fit(member.Value.GetString()) is { } text)
                json.WriteString(member.Name, text);
        }
    }

    /// <summary>As GET /v1/records shows it.</summary>
    private static void WriteRecord(Utf8JsonWriter json, LogEntry entry)
    {
        json.WriteStartObject();
        json.WriteNumber("index"u8, entry.Index);
        json.WritePropertyName("record"u8);
        if (entry.Size is EntrySize.Whole)
        {
            json.WriteRawValue(entry.Body, skipInputValidation: true);
        }
        else
        {
            json.WriteStartObject();
            WriteMembers(json, entry, static _ => true);
            json.WriteEndObject();
            json.WriteBoolean("truncated"u8, true);
            json.WriteString("digest"u8, entry.Digest);
        }
        if (entry.IsErased) json.WriteBoolean("erased"u8, true);
        json.WriteEndObject();
    }
}
