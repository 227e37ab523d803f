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
        if (bytes is null)
        {
            var code = status == StatusCodes.Status415UnsupportedMediaType ? "content_type" : "body_too_large";
            return (null, new BodyFault(status, code, "Send a JSON object of bounded size as application/json."));
        }
        // The strict reader first: no duplicate members, no lone surrogates, bounded depth.
        if (!StrictJson.TryParse(bytes, StrictJson.DefaultMaxDepth, out _, out var error))
            return (null, Invalid($"The body is not strict JSON: {error}"));
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

    private static BodyFault Invalid(string detail) => new(StatusCodes.Status400BadRequest, "invalid_request", detail);
}

/// <summary>Why a body was not taken, as the answer says it.</summary>
public sealed record BodyFault(int Status, string Code, string Detail);
