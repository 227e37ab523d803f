using System.Buffers;
using System.Text.Json;

namespace Writ.Server.Access;

/// <summary>Many questions out of one body, each with the members that all of them share.</summary>
/// <param name="Questions">Each as if it had been sent alone.</param>
/// <param name="StopsAt">The decision after which no more is asked; null: all are.</param>
internal sealed record EvaluationsForm(IReadOnlyList<JsonElement> Questions, bool? StopsAt)
{
    /// <summary>The most questions of one body.</summary>
    public const int Most = 100;

    /// <summary>The most bytes of all questions together, each with what they share: each becomes a record.</summary>
    private const long MaxBytes = 512 * 1024;

    private static readonly string[] Names = ["type", "id", "name"];

    private static readonly string[] Shared = ["subject", "action", "resource", "context"];

    /// <summary>What is asked; null without a fault: it is one question like any other.</summary>
    public static (EvaluationsForm? Form, string? Fault) Read(JsonElement body)
    {
        if (!body.TryGetProperty("evaluations"u8, out var list)) return (null, null);
        if (list.ValueKind != JsonValueKind.Array) return (null, "evaluations is an array.");
        if (list.GetArrayLength() == 0) return (null, null);
        if (list.GetArrayLength() > Most) return (null, $"evaluations are at most {Most}.");
        if (list.EnumerateArray().Any(item => item.ValueKind != JsonValueKind.Object))
            return (null, "evaluations hold objects.");
        if (!TryReadStop(body, out var stopsAt))
            return (null, "evaluations_semantic is execute_all, deny_on_first_deny or permit_on_first_permit.");
        var questions = new List<JsonElement>();
        var bytes = 0L;
        foreach (var item in list.EnumerateArray())
        {
            questions.Add(Merge(body, item, ref bytes));
            if (bytes > MaxBytes) return (null, $"evaluations are at most {MaxBytes} bytes with what they share.");
        }
        return (new EvaluationsForm(questions, stopsAt), null);
    }

    private static bool TryReadStop(JsonElement body, out bool? stopsAt)
    {
        stopsAt = null;
        if (!body.TryGetProperty("options"u8, out var options)) return true;
        if (options.ValueKind != JsonValueKind.Object) return false;
        if (!options.TryGetProperty("evaluations_semantic"u8, out var word)) return true;
        if (word.ValueKind != JsonValueKind.String) return false;
        switch (word.GetString())
        {
            case "execute_all": return true;
            case "deny_on_first_deny": stopsAt = false; return true;
            case "permit_on_first_permit": stopsAt = true; return true;
            default: return false;
        }
    }

    private static JsonElement Merge(JsonElement body, JsonElement own, ref long bytes)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            foreach (var member in Shared)
                if (own.TryGetProperty(member, out var value) || body.TryGetProperty(member, out value))
                {
                    json.WritePropertyName(member);
                    Write(json, value, member != "context" && body.TryGetProperty(member, out var of) ? of : default);
                }
            json.WriteEndObject();
        }
        bytes += buffer.WrittenCount;
        return JsonElement.Parse(buffer.WrittenSpan);
    }

    /// <summary>What a question has of its own replaces what is shared, whole; but for the names that it must have and
    /// has not (the working group's certification plan, 3.2.7).</summary>
    private static void Write(Utf8JsonWriter json, JsonElement own, JsonElement shared)
    {
        if (own.ValueKind != JsonValueKind.Object || shared.ValueKind != JsonValueKind.Object)
        {
            own.WriteTo(json);
            return;
        }
        json.WriteStartObject();
        foreach (var name in Names)
            if (!own.TryGetProperty(name, out _) && shared.TryGetProperty(name, out var value)
                && value.ValueKind == JsonValueKind.String) json.WriteString(name, value.GetString());
        foreach (var member in own.EnumerateObject()) member.WriteTo(json);
        json.WriteEndObject();
    }
}
