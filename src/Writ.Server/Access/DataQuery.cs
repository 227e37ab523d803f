using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Writ.Protocol;
using Writ.Server.Edge;

namespace Writ.Server.Access;

/// <summary>A query of OPA's data API, read strictly: which document, with which input, and what to tell beside it.
/// </summary>
internal sealed record DataQuery
{
    public static readonly IReadOnlyList<string> Parameters =
        ["input", "pretty", "provenance", "metrics", "instrument", "explain", "strict-builtin-errors"];

    private const int MaxBody = 64 * 1024; // before and after decompression
    private const int MaxDepth = 32;
    private const int MaxParts = 32;
    private const int MaxPath = 1024;

    /// <summary>The path of the document, below <c>data</c>.</summary>
    public required string[] Path { get; init; }
    /// <summary>Null: none was sent.</summary>
    public JsonElement? Input { get; init; }
    public bool IsPost { get; init; }
    public bool IsPretty { get; init; }
    public bool WantsProvenance { get; init; }
    public bool WantsMetrics { get; init; }
    /// <summary>An error of a built-in fails the query.</summary>
    public bool IsStrict { get; init; }

    /// <summary>The query, or what is wrong with it.</summary>
    public static async Task<(DataQuery? Query, BodyFault? Fault)> ReadAsync(HttpContext http)
    {
        var rest = (string?)http.Request.RouteValues["path"] ?? "";
        if (rest.Length > MaxPath) return (null, Invalid($"A path has at most {MaxPath} characters."));
        // Some clients send the slashes of a path escaped, and no part of one holds a slash of its own.
        string[] path = [.. rest.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase)
            .Split('/', StringSplitOptions.RemoveEmptyEntries)];
        if (path.Length > MaxParts) return (null, Invalid($"A path has at most {MaxParts} parts."));
        if (path is [] or ["writ"]) return (null, Invalid("Name a document: data as a whole is not served."));
        if (http.Request.Query["explain"] is [not (null or "" or "off"), ..])
            return (null, Invalid("explain is not served: `writ policy explain` does that with the files."));
        var isPost = HttpMethods.IsPost(http.Request.Method);
        var (input, fault) = isPost ? await BodyAsync(http) : InQuery(http.Request);
        return fault is not null ? (null, fault) : (new DataQuery
        {
            Path = path,
            Input = input,
            IsPost = isPost,
            IsPretty = IsSet(http.Request, "pretty"),
            WantsProvenance = IsSet(http.Request, "provenance"),
            WantsMetrics = IsSet(http.Request, "metrics"),
            IsStrict = IsSet(http.Request, "strict-builtin-errors"),
        }, null);
    }

    /// <summary>Set by its mere name, too.</summary>
    private static bool IsSet(HttpRequest request, string name) => request.Query[name] is ["" or "true", ..];

    private static (JsonElement? Input, BodyFault? Fault) InQuery(HttpRequest request)
    {
        if (request.Query["input"] is not [{ Length: > 0 } text]) return (null, null);
        return StrictJson.TryParse(Encoding.UTF8.GetBytes(text), MaxDepth, out var input, out var error)
            ? (input, null)
            : (null, Invalid($"The parameter input is not strict JSON: {error}."));
    }

    private static async Task<(JsonElement? Input, BodyFault? Fault)> BodyAsync(HttpContext http)
    {
        if (http.Request.ContentLength is null or 0 && http.Request.ContentType is null) return (null, null);
        var (bytes, status) = await RequestBody.ReadAsync(http, RequestBody.Json, MaxBody);
        if (bytes is null) return (null, RequestBody.FaultOf(status));
        switch (http.Request.Headers.ContentEncoding.ToString())
        {
            case "" or "identity":
                break;
            case "gzip":
                if (Expand(bytes, out var isTooLarge) is not { } plain)
                    return (null, isTooLarge
                        ? RequestBody.FaultOf(StatusCodes.Status413PayloadTooLarge)
                        : Invalid("The body is not gzip, as it says."));
                bytes = plain;
                break;
            default:
                return (null, RequestBody.FaultOf(StatusCodes.Status415UnsupportedMediaType));
        }
        if (bytes.Length == 0) return (null, null);
        if (!StrictJson.TryParse(bytes, MaxDepth, out var body, out var error))
            return (null, Invalid($"The body is not strict JSON: {error}."));
        if (body.ValueKind != JsonValueKind.Object) return (null, Invalid("The body is no object."));
        return body.TryGetProperty("input"u8, out var input) ? (input, null) : (null, null);
    }

    /// <summary>No more of it than a body may have, whatever it would become.</summary>
    private static byte[]? Expand(byte[] bytes, out bool isTooLarge)
    {
        isTooLarge = false;
        var buffer = new byte[MaxBody + 1];
        try
        {
            using var stream = new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress);
            var filled = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            isTooLarge = filled > MaxBody;
            return isTooLarge ? null : buffer[..filled];
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    private static BodyFault Invalid(string detail) =>
        new(StatusCodes.Status400BadRequest, "invalid_parameter", detail);
}

/// <summary>The body of a query (OPA's REST API). What is not known is ignored.</summary>
public sealed record DataRequest
{
    /// <summary>Any JSON; at <c>writ/decision</c> a question of AuthZEN.</summary>
    public JsonElement? Input { get; init; }
}
