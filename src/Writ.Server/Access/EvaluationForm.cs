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
    private static readonly string[] Members = ["subject", "action", "resource", "context"];
    private static readonly JsonSerializerOptions Json = new(Answers.Json) { MaxDepth = MaxDepth };

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
        EvaluationRequest request;
        try
        {
            request = body.Deserialize<EvaluationRequest>(Json)!;
        }
        catch (JsonException e)
        {
            return (null, $"The body does not fit at {e.Path}.");
        }
        if (Fault(request) is { } fault) return (null, fault);
        RegoObject said;
        try
        {
            said = SaidIn(body);
        }
        catch (FormatException)
        {
            return (null, "A number of the body is beyond all bounds.");
        }
        var properties = request.Resource!.Properties;
        return (new AccessQuestion
        {
            SubjectType = request.Subject!.Type!,
            SubjectId = request.Subject.Id!,
            Action = request.Action!.Name!,
            ResourceType = request.Resource.Type!,
            ResourceId = request.Resource.Id!,
            Identifier = properties is { } p && StrictJson.TextOf(p, "identifier"u8) is { } text && IsPart(text)
                ? text
                : null,
            Datatypes = DatatypesOf(properties),
            Task = request.Context is { } around ? TaskIn(around) : null,
            Honours = request.Context is { } context ? Texts(context, "honours"u8) ?? [] : [],
            Said = said,
        }, null);
    }

    private static string? Fault(EvaluationRequest request)
    {
        if (Fault("subject", request.Subject) is { } subject) return subject;
        if (Fault("resource", request.Resource) is { } resource) return resource;
        if (request.Action is not { Name: { Length: > 0 and <= MaxName } })
            return $"action is required, with a name of 1 to {MaxName} characters.";
        if (!IsObject(request.Action.Properties)) return "action.properties is an object.";
        return FaultOf(request.Context);
    }

    /// <summary>A task that cannot be read is not taken for none: the question would be asked without its bounds.
    /// </summary>
    private static string? FaultOf(JsonElement? context) =>
        !IsObject(context) ? "context is an object."
        : context is { } given && given.TryGetProperty("task"u8, out _) && TaskIn(given) is null
            ? "context.task is the id of a task."
            : null;

    private static string? TaskIn(JsonElement context) =>
        StrictJson.TextOf(context, "task"u8) is { Length: > 0 and <= MaxName } task ? task : null;

    private static string? Fault(string member, EvaluationEntity? entity)
    {
        if (entity is not { Type: { Length: > 0 and <= MaxName }, Id: { Length: > 0 and <= MaxId } })
            return $"{member} is required, with a type of 1 to {MaxName} and an id of 1 to {MaxId} characters.";
        return IsObject(entity.Properties) ? null : $"{member}.properties is an object.";
    }

    private static bool IsObject(JsonElement? value) => value is null or { ValueKind: JsonValueKind.Object };

    private static IReadOnlyList<string>? DatatypesOf(JsonElement? properties) =>
        properties is { } p && Texts(p, "datatypes"u8) is { Count: > 0 } names && names.All(IsPart) ? names : null;

    // What names no part of a resource as entitlements do asks for the whole of it, which needs more, not less.
    private static bool IsPart(string text) =>
        text.Length is > 0 and <= AuthorizationDetail.MaxNameLength
        && !text.Any(c => char.IsControl(c) || c == '\uFFFD');

    private static List<string>? Texts(JsonElement parent, ReadOnlySpan<byte> name) =>
        parent.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array
        && list.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String)
            ? [.. list.EnumerateArray().Select(item => item.GetString()!)]
            : null;

    private static RegoObject SaidIn(JsonElement body)
    {
        var said = new RegoObject.Builder(Members.Length);
        foreach (var member in Members)
            if (body.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.Object)
                said.Set(member, RegoValue.ParseJson(value.GetRawText()));
        return said.Build();
    }

    private static BodyFault Invalid(string detail) => new(StatusCodes.Status400BadRequest, "invalid_request", detail);
}
