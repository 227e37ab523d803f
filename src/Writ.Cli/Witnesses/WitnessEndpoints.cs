using System.Buffers;
using System.Text;
using Microsoft.AspNetCore.Http;
using Writ.Tlog;

namespace Writ.Cli.Witnesses;

/// <summary>C2SP tlog-witness: <c>POST /add-checkpoint</c>, and each log's last checkpoint for its monitors.</summary>
/// <param name="logs">The logs by their origins.</param>
internal sealed class WitnessEndpoints(IReadOnlyDictionary<string, WitnessedLog> logs)
{
    /// <summary>More than 63 hashes and a checkpoint with all signatures that anybody reads.</summary>
    public const int MostBytes = 1 << 16;

    private const string Plain = "text/plain; charset=utf-8";
    private const string Size = "text/x.tlog.size";

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    private readonly Dictionary<string, WitnessedLog> _byName =
        logs.ToDictionary(log => WitnessState.NameOf(log.Key), log => log.Value, StringComparer.Ordinal);

    public async Task AddAsync(HttpContext http)
    {
        if (await BodyAsync(http) is not { } body)
            await SayAsync(http, StatusCodes.Status413PayloadTooLarge, "The request is too large.\n");
        else if (!TryText(body, out var text) || !WitnessRequest.TryParse(text, out var request))
            await SayAsync(http, StatusCodes.Status400BadRequest, "It is no request to add a checkpoint.\n");
        else if (!logs.TryGetValue(OriginOf(request.Note.Text), out var log))
            await SayAsync(http, StatusCodes.Status404NotFound, "This witness does not know that log.\n");
        else
            await AddAsync(http, log, request);
    }

    public Task CheckpointAsync(HttpContext http, string name) =>
        _byName.TryGetValue(name, out var log) && log.Last is { } note
            ? SayAsync(http, StatusCodes.Status200OK, note.ToString())
            : SayAsync(http, StatusCodes.Status404NotFound, "This witness cosigned no checkpoint of that log.\n");

    private static async Task AddAsync(HttpContext http, WitnessedLog log, WitnessRequest request)
    {
        var (answer, cosignature) = await log.AddAsync(request, http.RequestAborted);
        if (cosignature is not null)
            await SayAsync(http, answer.Status, $"{cosignature}\n");
        else
            await SayAsync(http, answer.Status, answer.Text, answer.Status == 409 ? Size : Plain);
    }

    private static string OriginOf(string text) => text[..text.IndexOf('\n', StringComparison.Ordinal)];

    private static bool TryText(ReadOnlyMemory<byte> body, out string text)
    {
        try
        {
            text = StrictUtf8.GetString(body.Span);
            return true;
        }
        catch (DecoderFallbackException)
        {
            text = "";
            return false;
        }
    }

    private static async Task<ReadOnlyMemory<byte>?> BodyAsync(HttpContext http)
    {
        var body = new ArrayBufferWriter<byte>(4096);
        while (await http.Request.Body.ReadAsync(body.GetMemory(4096), http.RequestAborted) is > 0 and var read)
        {
            body.Advance(read);
            if (body.WrittenCount > MostBytes) return null;
        }
        return body.WrittenMemory;
    }

    private static Task SayAsync(HttpContext http, int status, string text, string type = Plain)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        http.Response.StatusCode = status;
        http.Response.ContentType = type;
        http.Response.ContentLength = bytes.Length;
        http.Response.Headers.CacheControl = "no-store";
        return http.Response.Body.WriteAsync(bytes, http.RequestAborted).AsTask();
    }
}
