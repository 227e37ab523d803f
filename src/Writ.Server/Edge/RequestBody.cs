using Microsoft.AspNetCore.Http.Features;

namespace Writ.Server.Edge;

/// <summary>Reads a whole request body of one content type within a limit (docs/life-of-a-token.md, 1).</summary>
public static class RequestBody
{
    public const int Limit = 16 * 1024;
    public const int ManagementLimit = 256 * 1024;
    /// <summary>The largest limit of any endpoint: a policy with its documents.</summary>
    public const int LargestLimit = 16 * 1024 * 1024;
    public const string Form = "application/x-www-form-urlencoded";
    public const string Json = "application/json";

    /// <summary>What the status of a refusal is called, on every endpoint alike.</summary>
    public static BodyFault FaultOf(int status) => status switch
    {
        StatusCodes.Status413PayloadTooLarge => new BodyFault(status, "body_too_large", "The body is too large."),
        StatusCodes.Status415UnsupportedMediaType =>
            new BodyFault(status, "content_type", "The content type is not served here."),
        StatusCodes.Status408RequestTimeout => new BodyFault(status, "body_too_slow", "The body came too slowly."),
        _ => new BodyFault(status, "malformed_http", "The body cannot be read."),
    };

    /// <summary>The bytes, or the status of the refusal: 413, 415, or what the server made of it.</summary>
    public static async Task<(byte[]? Bytes, int Refusal)> ReadAsync(
        HttpContext http, string contentType, int limit = Limit)
    {
        if (!HasType(http.Request, contentType)) return (null, StatusCodes.Status415UnsupportedMediaType);
        if (http.Request.ContentLength > limit) return (null, StatusCodes.Status413PayloadTooLarge);
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = limit;
        try
        {
            return await ReadAllAsync(http.Request, limit, http.RequestAborted) is { } bytes
                ? (bytes, 0)
                : (null, StatusCodes.Status413PayloadTooLarge);
        }
        catch (BadHttpRequestException e)
        {
            return (null, e.StatusCode);
        }
    }

    /// <summary>Null: there is more than the limit. From the stream rather than the pipe, which could not be read once
    /// more from the start (Acts makes a plan again when facts changed).</summary>
    private static async Task<byte[]?> ReadAllAsync(HttpRequest request, int limit, CancellationToken cancel)
    {
        // One byte more than announced, so that the read that finds the end needs no larger buffer.
        var buffer = new byte[(request.ContentLength ?? 1023) + 1];
        var filled = 0;
        while (await request.Body.ReadAsync(buffer.AsMemory(filled), cancel) is var read and > 0)
        {
            filled += read;
            if (filled > limit) return null;
            if (filled == buffer.Length) Array.Resize(ref buffer, Math.Min(2 * filled, limit + 1));
        }
        return buffer[..filled];
    }

    private static bool HasType(HttpRequest request, string contentType)
    {
        if (request.Headers.ContentType is not [{ } header]) return false;
        var semicolon = header.IndexOf(';', StringComparison.Ordinal);
        var type = (semicolon < 0 ? header : header[..semicolon]).Trim();
        if (!string.Equals(type, contentType, StringComparison.OrdinalIgnoreCase)) return false;
        // Only UTF-8 is read; another charset would let two readers see two requests.
        return semicolon < 0 || !header.Contains("charset", StringComparison.OrdinalIgnoreCase)
            || header.Contains("utf-8", StringComparison.OrdinalIgnoreCase);
    }
}

/// <summary>Why a body was not taken, as the answer says it.</summary>
public sealed record BodyFault(int Status, string Code, string Detail);
