using System.Runtime.InteropServices;
using System.Text.Json;
using Writ.Protocol;
using Writ.Rego.Values;
using Writ.Server.Decisions;
using Writ.Server.Edge;

namespace Writ.Server.Access;

/// <summary>Reads what is asked over AuthZEN: strictly as JSON, freely as to what else stands in it.</summary>
internal static class EvaluationForm
{
    private const int MaxDepth = 32;
    private const int MaxName = 256; // of types and actions
    private const int MaxId = 2048;
    private static readonly RegoObject.Shape Said = new("subject", "action", "resource", "context");

    /// <summary>The body, or what is wrong with it.</summary>
    public static async Task<(JsonElement Body, BodyFault? Fault)> ReadAsync(HttpContext http, int limit)
    {
        var (bytes, status) = await RequestBody.ReadAsync(http, RequestBody.Json, limit);
        if (bytes is null) return (default, RequestBody.FaultOf(status));
        if (!StrictJson.TryParse(bytes, MaxDepth, out var body, out var error))
            return (default, Invalid($"The body is not strict JSON: {error}."));
        return body.ValueKind == JsonValueKind.Object ? (body, null) : (default, Invalid("The body is no object."));
    }

    /// <summary>One question, or which member it lacks.</summary>
    public static (AccessQuestion? Question, string? Fault) Read(JsonElement body)
    {
        if (body.ValueKind != JsonValueKind.Object) return (null, "A question is an object.");
        if (FaultOf(body, "subject"u8, out var subject) is { } stranger) return (null, $"subject{stranger}");
        if (FaultOf(body, "resource"u8, out var resource) is { } nothing) return (null, $"resource{nothing}");
        if (!TryGet(body, "action"u8, out var action) || NameIn(action, "name"u8, MaxName) is not { } verb)
            return (null, $"action is required, with a name of 1 to {MaxName} characters.");
        if (!TryGet(action, "properties"u8, out _)) return (null, "action.properties is an object.");
        if (!TryGet(body, "context"u8, out var context)) return (null, "context is an object.");
        // A task that cannot be read is not taken for none: the question would be asked without its bounds.
        var task = NameIn(context, "task"u8, MaxName);
        if (task is null && context.ValueKind == JsonValueKind.Object && context.TryGetProperty("task"u8, out _))
            return (null, "context.task is the id of a task.");
        if (SaidIn(body) is not { } said) return (null, "A number of the body is beyond all bounds.");
        return (new AccessQuestion
        {
            SubjectType = subject.Type,
            SubjectId = subject.Id,
            Action = verb,
            ResourceType = resource.Type,
            ResourceId = resource.Id,
            Identifier = NameIn(resource.Properties, "identifier"u8, MaxId) is { } text && IsPart(text) ? text : null,
            Datatypes = TextsIn(resource.Properties, "datatypes"u8) is { Count: > 0 } names && names.All(IsPart)
                ? names
                : null,
            Task = task,
            Honours = TextsIn(context, "honours"u8) ?? [],
            Said = said,
        }, null);
    }

    /// <summary>A subject or resource (AuthZEN 1.0 §5.1, §5.2), or what it lacks.</summary>
    private static string? FaultOf(JsonElement body, ReadOnlySpan<byte> member, out Entity entity)
    {
        entity = default;
        if (!TryGet(body, member, out var given) || NameIn(given, "type"u8, MaxName) is not { } type
            || NameIn(given, "id"u8, MaxId) is not { } id)
            return $" is required, with a type of 1 to {MaxName} and an id of 1 to {MaxId} characters.";
        if (!TryGet(given, "properties"u8, out var properties)) return ".properties is an object.";
        entity = new Entity(type, id, properties);
        return null;
    }

    /// <summary>A member that is an object, or absent: then there is nothing in it. False: it is something else.
    /// </summary>
    private static bool TryGet(JsonElement parent, ReadOnlySpan<byte> name, out JsonElement member)
    {
        member = default;
        if (!Has(parent, name)) return true;
        member = parent.GetProperty(name);
        return member.ValueKind == JsonValueKind.Object;
    }

    private static bool Has(JsonElement parent, ReadOnlySpan<byte> name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var member)
        && member.ValueKind != JsonValueKind.Null;

    private static string? NameIn(JsonElement parent, ReadOnlySpan<byte> name, int most) =>
        Has(parent, name) && StrictJson.TextOf(parent, name) is { Length: > 0 } text && text.Length <= most
            ? text
            : null;

    // What names no part of a resource as entitlements do asks for the whole of it, which needs more, not less.
    private static bool IsPart(string text) =>
        text.Length is > 0 and <= AuthorizationDetail.MaxNameLength
        && !text.Any(c => char.IsControl(c) || c == '\uFFFD');

    private static List<string>? TextsIn(JsonElement parent, ReadOnlySpan<byte> name) =>
        Has(parent, name) && parent.GetProperty(name) is { ValueKind: JsonValueKind.Array } list
        && list.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String)
            ? [.. list.EnumerateArray().Select(item => item.GetString()!)]
            : null;

    /// <summary>The question as it came; null: it holds a number that nobody can reckon with.</summary>
    private static RegoObject? SaidIn(JsonElement body)
    {
        try
        {
            return Said.Of(Member("subject"u8), Member("action"u8), Member("resource"u8), Member("context"u8));
        }
        catch (FormatException)
        {
            return null;
        }

        RegoValue? Member(ReadOnlySpan<byte> name) => Has(body, name)
            ? RegoValue.ParseJson(JsonMarshal.GetRawUtf8Value(body.GetProperty(name)))
            : null;
    }

    private static BodyFault Invalid(string detail) => new(StatusCodes.Status400BadRequest, "invalid_request", detail);

    private readonly record struct Entity(string Type, string Id, JsonElement Properties);
}
