using System.Buffers;
using System.Text.Json;
using Writ.Server.Storage;

namespace Writ.Server.Records;

/// <summary>A record as lists and streams show it: its own bytes untouched, and beside them what it is found by, as far
/// as its members do not say it in one word each.</summary>
internal static class RecordDocument
{
    public static ReadOnlyMemory<byte> Of(RecordIndexRow index, RecordRow row)
    {
        var buffer = new ArrayBufferWriter<byte>(row.Body.Length + 512);
        using (var json = new Utf8JsonWriter(buffer)) Write(json, index, row);
        return buffer.WrittenMemory;
    }

    public static void Write(Utf8JsonWriter json, RecordIndexRow index, RecordRow row)
    {
        json.WriteStartObject();
        json.WriteNumber("index"u8, index.Idx);
        json.WriteString("time"u8, Instant.Text(index.At));
        Member(json, "on_behalf_of"u8, index.OnBehalfOf);
        Member(json, "workflow"u8, index.Workflow);
        Member(json, "policy"u8, index.Policy);
        Members(json, "approvals"u8, index, TermOf.Approval);
        Member(json, "approved_by"u8, index.ApprovedBy);
        Members(json, "chain"u8, index, TermOf.Chain);
        Members(json, "actions"u8, index, TermOf.Action);
        Members(json, "resources"u8, index, TermOf.Resource);
        Members(json, "credentials"u8, index, TermOf.Credential);
        if (index.Jti is not null && index.ExpiresAt is { } end)
        {
            json.WriteString("expires"u8, Instant.Text(end));
            json.WriteNumber("lifetime_seconds"u8, Math.Max(0, (end - index.At) / 1_000_000));
        }
        if (IsAsserted(index)) json.WriteBoolean("asserted"u8, true);
        if (row.IsErased) json.WriteBoolean("erased"u8, true);
        json.WritePropertyName("record"u8);
        json.WriteRawValue(row.Body, skipInputValidation: true);
        json.WriteEndObject();
    }

    /// <summary>Whether an API says so, and not the broker: what it reports of decisions of its own.</summary>
    public static bool IsAsserted(RecordIndexRow index) => index.Kind == "access.local";

    private static void Member(Utf8JsonWriter json, ReadOnlySpan<byte> name, string? value)
    {
        if (value is not null) json.WriteString(name, value);
    }

    private static void Members(Utf8JsonWriter json, ReadOnlySpan<byte> name, RecordIndexRow index, TermOf of)
    {
        var values = index.ValuesOf(of).ToArray();
        if (values.Length == 0) return;
        json.WriteStartArray(name);
        foreach (var value in values) json.WriteStringValue(value);
        json.WriteEndArray();
    }
}
