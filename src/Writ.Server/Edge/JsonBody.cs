using System.Text.Json;
using Writ.Protocol;

namespace Writ.Server.Edge;

/// <summary>Reads a JSON body of the management API: strictly, whole, bounded, nothing unknown in it.</summary>
public static class JsonBody
{
    public static async Task<(T? Value, BodyFault? Fault)> ReadAsync<T>(HttpContext http, int limit)
        where T : class
    {
        var (bytes, status) = await RequestBody.ReadAsync(http, RequestBody.Json, limit);
        if (bytes is null) return (null, RequestBody.FaultOf(status));
        // The strict reader first: no duplicate members, no lone surrogates, bounded depth.
        if (!StrictJson.TryParse(bytes, StrictJson.DefaultMaxDepth, out var json, out var error))
            return (null, Invalid($"The body is not strict JSON: {error}"));
        // Nullability ends at the elements of lists: no type keeps null out of one, and no form of ours means it.
        if (HoldsNullInList(json)) return (null, Invalid("A list holds null."));
        try
        {
            return JsonSerializer.Deserialize<T>(bytes, Answers.Json) is { } value
                ? (value, null)
                : (null, Invalid("The body is null."));
        }
        catch (JsonException e)
        {
            return (null, Invalid($"The body does not fit at {e.Path}."));
        }
    }

    private static bool HoldsNullInList(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Array => json.EnumerateArray().Any(
            item => item.ValueKind is JsonValueKind.Null || HoldsNullInList(item)),
        JsonValueKind.Object => json.EnumerateObject().Any(member => HoldsNullInList(member.Value)),
        _ => false,
    };

    private static BodyFault Invalid(string detail) => new(StatusCodes.Status400BadRequest, "invalid_request", detail);
}
