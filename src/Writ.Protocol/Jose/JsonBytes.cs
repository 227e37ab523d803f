using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Writ.Protocol;

/// <summary>
/// Writes JSON into a byte array: minimal, and no character escaped that JSON itself does not want escaped.
/// </summary>
internal static class JsonBytes
{
    internal static readonly JsonWriterOptions Options = new()
    {
        // The default encoder also escapes for HTML, which these bytes never enter.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    internal static byte[] Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(buffer, Options))
            write(writer);
        return buffer.WrittenSpan.ToArray();
    }
}
