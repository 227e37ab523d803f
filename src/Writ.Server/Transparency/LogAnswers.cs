using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Writ.Server.Edge;

namespace Writ.Server.Transparency;

/// <summary>Answers of the log's readers, with what caches may do with them (C2SP tlog-tiles).</summary>
internal static class LogAnswers
{
    /// <summary>It never changes, and is everybody's. Only of a tree that is named by its number: behind a restore the
    /// tree that grows is another one.</summary>
    public const string Immutable = "public, max-age=31536000, immutable";

    /// <summary>It never changes, and is not everybody's.</summary>
    public const string Private = "private, max-age=31536000, immutable";

    /// <summary>It is asked for again each time.</summary>
    public const string Fresh = "no-cache";

    /// <summary>The same, and not everybody's.</summary>
    public const string PrivateFresh = "private, no-cache";

    private const string Bytes = "application/octet-stream";
    private const string Plain = "text/plain; charset=utf-8";

    public static Task TileAsync(HttpContext http, string cache, ReadOnlyMemory<byte> hashes) =>
        SendAsync(http, Bytes, cache, hashes);

    /// <summary>Compressed for whoever takes that: records are much alike.</summary>
    public static async Task EntriesAsync(HttpContext http, string cache, ReadOnlyMemory<byte> bundle)
    {
        http.Response.Headers.Vary = "Accept-Encoding";
        var takesGzip = http.Request.GetTypedHeaders().AcceptEncoding
            .Any(e => e.Value.Equals("gzip", StringComparison.OrdinalIgnoreCase) && e.Quality is null or > 0);
        if (!takesGzip)
        {
            await SendAsync(http, Bytes, cache, bundle);
            return;
        }
        http.Response.Headers.ContentEncoding = "gzip";
        using var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            await gzip.WriteAsync(bundle, http.RequestAborted);
        await SendAsync(http, Bytes, cache, packed.GetBuffer().AsMemory(0, (int)packed.Length));
    }

    /// <summary>A text that may be another one the next moment: 304 where the reader has it.</summary>
    public static Task TextAsync(HttpContext http, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var tag = $"\"{Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 16))}\"";
        http.Response.Headers.ETag = tag;
        if (!http.Request.Headers.IfNoneMatch.Contains(tag, StringComparer.Ordinal))
            return SendAsync(http, Plain, Fresh, bytes);
        http.Response.StatusCode = StatusCodes.Status304NotModified;
        http.Response.Headers.CacheControl = Fresh;
        return Task.CompletedTask;
    }

    public static Task ProofAsync(HttpContext http, string proof) =>
        SendAsync(http, Plain, Fresh, Encoding.UTF8.GetBytes(proof));

    public static Task JsonAsync(HttpContext http, string cache, string json) =>
        SendAsync(http, "application/json", cache, Encoding.UTF8.GetBytes(json));

    public static Task BehindAsync(HttpContext http) => Answers.ProblemAsync(
        http, StatusCodes.Status503ServiceUnavailable, "log_behind", "No checkpoint covers that yet: ask again.");

    public static Task BusyAsync(HttpContext http) => Answers.ProblemAsync(
        http, StatusCodes.Status503ServiceUnavailable, "log_busy", "Too many read the log just now: ask again.");

    public static Task NoneAsync(HttpContext http) => Answers.ProblemAsync(
        http, StatusCodes.Status404NotFound, "not_found", "The published log has nothing there.");

    public static Task MalformedAsync(HttpContext http, string why) =>
        Answers.ProblemAsync(http, StatusCodes.Status400BadRequest, "invalid_request", why);

    private static async Task SendAsync(HttpContext http, string type, string cache, ReadOnlyMemory<byte> body)
    {
        http.Features.Get<LogPlace>()?.Leave(); // all is read: what follows is between them and their network
        http.Response.StatusCode = StatusCodes.Status200OK;
        http.Response.ContentType = type;
        http.Response.ContentLength = body.Length;
        http.Response.Headers.CacheControl = cache;
        if (!HttpMethods.IsHead(http.Request.Method)) await http.Response.Body.WriteAsync(body, http.RequestAborted);
    }
}
