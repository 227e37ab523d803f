using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Writ.Protocol;

namespace Writ.Client;

/// <summary>A decision as the spool keeps it and the broker takes it (docs/access.md): one JSON object.</summary>
internal static class DecisionEntry
{
    private const int MaxName = 256;
    private const int MaxId = 2048;
    private const int MaxWords = 100;
    private const int MaxContext = 4096; // characters

    private static readonly JsonWriterOptions Options = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    internal static byte[] Write(
        DecisionQuestion question, LocalDecision decision, DecisionBundle? bundle, DateTimeOffset now)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(buffer, Options))
        {
            writer.WriteStartObject();
            writer.WriteNumber("at"u8, (now - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond);
            writer.WriteBoolean("decision"u8, decision.IsAllowed);
            Text(writer, "code", decision.Code, MaxName);
            Text(writer, "subject_type", question.SubjectType, MaxName);
            Text(writer, "subject_id", question.Subject, MaxId);
            Text(writer, "action", question.Action, MaxName);
            writer.WriteString("resource_type"u8, "resource"u8);
            Text(writer, "resource_id", question.Resource, MaxId);
            Text(writer, "identifier", question.Identifier, MaxId);
            Words(writer, "datatypes", question.Datatypes ?? []);
            Text(writer, "task", question.Token?.Claims.TaskId, MaxName);
            writer.WriteString("policy"u8, bundle?.PolicyDigest ?? "none");
            writer.WriteNumber("registry"u8, bundle?.Version ?? 0);
            if (!decision.Obligations.IsEmpty)
            {
                writer.WritePropertyName("obligations"u8);
                decision.Obligations.WriteTo(writer);
            }

            Words(writer, "rules", decision.Rules);
            Words(writer, "reasons", decision.Reasons);
            Words(writer, "missing", decision.Missing);
            if (question.Context is { ValueKind: JsonValueKind.Object } context)
                writer.WriteString("context"u8, Clean(ContextOf(context.GetRawText())));

            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    // What is longer than a record takes was refused for that; its beginning says enough.
    private static void Text(Utf8JsonWriter writer, string name, string? text, int most)
    {
        if (text is null)
            return;
        writer.WriteString(name, text.Length == 0 ? "?" : Clean(text.Length <= most ? text : text[..most]));
    }

    // What is too long to be recorded can be told again by its hash.
    private static string ContextOf(string text) => text.Length <= MaxContext
        ? text
        : "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    // The broker takes no U+0000 and no half of a pair: what it cannot take would be no record.
    private static string Clean(string text) =>
        text.Contains('\0', StringComparison.Ordinal) || text.Any(char.IsSurrogate)
            ? string.Concat(text.EnumerateRunes().Select(rune => rune.Value == 0 ? Rune.ReplacementChar : rune))
            : text;

    private static void Words(Utf8JsonWriter writer, string name, IReadOnlyList<string> words)
    {
        if (words.Count == 0)
            return;
        writer.WriteStartArray(name);
        foreach (var word in words.Take(MaxWords))
            writer.WriteStringValue(Clean(word.Length <= MaxName ? word : word[..MaxName]));
        writer.WriteEndArray();
    }
}
