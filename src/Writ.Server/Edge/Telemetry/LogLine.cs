using System.Buffers;
using System.Diagnostics;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Writ.Server.Edge;

/// <summary>
/// The log as JSON, an object a line, with the members that .NET's own formatter gives it, and <c>TraceId</c> and
/// <c>SpanId</c> where it was written within a trace. Scopes are left out: they would hold the request's raw path.
/// </summary>
internal sealed class LogLine(TimeProvider time) : ConsoleFormatter(FormatName)
{
    public const string FormatName = "writ";

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public override void Write<TState>(
        in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            json.WriteString("Timestamp"u8, time.GetUtcNow().UtcDateTime);
            json.WriteNumber("EventId"u8, logEntry.EventId.Id);
            json.WriteString("LogLevel"u8, logEntry.LogLevel.ToString());
            json.WriteString("Category"u8, logEntry.Category);
            json.WriteString("Message"u8, logEntry.Formatter(logEntry.State, logEntry.Exception));
            if (logEntry.Exception is { } exception) json.WriteString("Exception"u8, exception.ToString());
            if (Activity.Current is { IdFormat: ActivityIdFormat.W3C } span)
            {
                json.WriteString("TraceId"u8, span.TraceId.ToHexString());
                json.WriteString("SpanId"u8, span.SpanId.ToHexString());
            }
            WriteState(json, logEntry.State);
            json.WriteEndObject();
        }
        textWriter.WriteLine(Encoding.UTF8.GetString(buffer.WrittenSpan));
    }

    private static void WriteState<TState>(Utf8JsonWriter json, TState state)
    {
        if (state is not IReadOnlyCollection<KeyValuePair<string, object?>> { Count: > 0 } values) return;
        json.WriteStartObject("State"u8);
        foreach (var (name, value) in values)
            json.WriteString(name, Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture));
        json.WriteEndObject();
    }
}
