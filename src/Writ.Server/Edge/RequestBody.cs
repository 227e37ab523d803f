using System.Buffers;
using Microsoft.AspNetCore.Http.Features;

namespace Writ.Server.Edge;

/// <summary>Reads a whole request body of one content type within a limit (DESIGN §4.1).</summary>
public static class RequestBody
{
    public const int Limit = 16 * 1024;
    public const string Form = "application/x-www-form-urlencoded";
    public const string Json = "application/json";

    /// <summary>The bytes, or the status of the refusal: 413, 415.</summary>
    public static async Task<(byte[]? Bytes, int Refusal)> ReadAsync(
        HttpContext http, string contentType, int limit = Limit)
    {
        if (!HasType(http.Request, contentType)) return (null, StatusCodes.Status415UnsupportedMediaType);
        if (http.Request.ContentLength > limit) return (null, StatusCodes.Status413PayloadTooLarge);
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = limit;
        try
        {
            while (true)
            {
                var read = await http.Request.BodyReader.ReadAsync(http.RequestAborted);
                if (read.IsCompleted) return (read.Buffer.ToArray(), 0);
                http.Request.BodyReader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            }
        }
        catch (BadHttpRequestException e)
        {
            return (null, e.StatusCode);
        }
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
