using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Writ.Protocol;

namespace Writ.Server.Edge;

/// <summary>Answers as the specifications want them; none is cached.</summary>
public static class Answers
{
    /// <summary>JSON of the management API: snake_case, absent members left out.</summary>
    public static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowDuplicateProperties = false,
        MaxDepth = 16,
    };

    public static Task JsonAsync(HttpContext http, int status, object value)
    {
        Begin(http, status, "application/json");
        return JsonSerializer.SerializeAsync(http.Response.Body, value, value.GetType(), Json, http.RequestAborted);
    }

    /// <summary>One page of a list; <paramref name="next"/> is the <c>after</c> of the page behind it.</summary>
    public static Task PageAsync(HttpContext http, IEnumerable<JsonObject> items, string? next) =>
        JsonAsync(http, StatusCodes.Status200OK, new JsonObject
        {
            ["items"] = new JsonArray([.. items]),
            ["next"] = next,
        });

    public static Task NoContentAsync(HttpContext http)
    {
        http.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    /// <summary>JSON as bytes made elsewhere.</summary>
    public static async Task BytesAsync(HttpContext http, int status, ReadOnlyMemory<byte> json)
    {
        Begin(http, status, "application/json");
        await http.Response.Body.WriteAsync(json, http.RequestAborted);
    }

    /// <summary>A JSON text made elsewhere.</summary>
    public static Task TextAsync(HttpContext http, int status, string json)
    {
        Begin(http, status, "application/json");
        return http.Response.WriteAsync(json, http.RequestAborted);
    }

    /// <summary>RFC 6749 §5.2, with our stable code and the decision's id; and further members.</summary>
    public static Task OAuthAsync(
        HttpContext http, OAuthError error, string? decisionId = null, JsonObject? more = null)
    {
        if (error.Status == StatusCodes.Status401Unauthorized)
            http.Response.Headers.WWWAuthenticate = Challenge(http, error);
        if (error.Status == StatusCodes.Status503ServiceUnavailable)
            http.Response.Headers.RetryAfter = Math.Ceiling(error.RetryAfter?.TotalSeconds ?? 1)
                .ToString(CultureInfo.InvariantCulture);
        var body = new JsonObject
        {
            ["error"] = error.Code,
            ["error_description"] = error.Description,
        };
        http.Features.Set(new RefusalCode(error.Detail ?? error.Code));
        if (error.Detail is { } code) body["code"] = code;
        body[decisionId is null ? "request_id" : "decision_id"] = decisionId ?? http.TraceIdentifier;
        Add(body, more);
        return TextAsync(http, error.Status, body.ToJsonString());
    }

    /// <summary>RFC 9457; with extension members (§3.2).</summary>
    public static Task ProblemAsync(
        HttpContext http, int status, string code, string detail, string? decisionId = null, JsonObject? more = null)
    {
        if (status == StatusCodes.Status503ServiceUnavailable) http.Response.Headers.RetryAfter = "1";
        http.Features.Set(new RefusalCode(code));
        var shape = http.Features.Get<ErrorShape>();
        var body = shape?.Of(status, code, detail) ?? new JsonObject
        {
            ["type"] = $"urn:writ:problem:{code}",
            ["title"] = code.Replace('_', ' '),
            ["status"] = status,
            ["detail"] = detail,
            ["code"] = code,
        };
        body[decisionId is null ? "request_id" : "decision_id"] = decisionId ?? http.TraceIdentifier;
        Add(body, more);
        Begin(http, status, shape is null ? "application/problem+json" : "application/json");
        return http.Response.WriteAsync(body.ToJsonString(), http.RequestAborted);
    }

    /// <summary>This replica cannot know what is revoked at the moment (P9).</summary>
    public static Task StaleAsync(HttpContext http) =>
        ProblemAsync(http, 503, "replica_stale", "This replica has lost sight of the store.");

    /// <summary>RFC 9449 §7.1.</summary>
    public static string DpopChallenge(OAuthError error) =>
        $"DPoP error=\"{error.Code}\", algs=\"{string.Join(' ', JwsAlgorithms.All)}\"";

    private static void Add(JsonObject body, JsonObject? more)
    {
        foreach (var (name, value) in more ?? []) body[name] = value?.DeepClone();
    }

    private static void Begin(HttpContext http, int status, string contentType)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = contentType;
        http.Response.Headers.CacheControl = "no-store";
    }

    // RFC 6749 §5.2 asks for the scheme that the client used.
    private static string Challenge(HttpContext http, OAuthError error) =>
        http.Request.Headers.Authorization is [{ } used]
        && used.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase)
            ? "Basic realm=\"writ\""
            : DpopChallenge(error);
}

/// <summary>How an endpoint words its errors, where those who call it know another form than RFC 9457.</summary>
/// <param name="Of">Makes the body of status, stable code and a sentence for people.</param>
public sealed record ErrorShape(Func<int, string, string, JsonObject> Of);
