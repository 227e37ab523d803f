using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using Writ.Server.Edge;
using Writ.Server.Storage;

namespace Writ.Server.Audit;

/// <summary>
/// Posts records as gzip, to a receiver of lines of JSON or of OpenTelemetry's logs; what it answers with 2xx is taken.
/// Goes nowhere it is redirected to: that would carry the token away.
/// </summary>
internal sealed class HttpSink(SinkTarget target, Form form, Action<long> refused) : IDisposable
{
    private const int MaxBatch = 512 * 1024;
    private const int MaxAnswer = 64 * 1024;
    private HttpClient? _http; // owner, as of the next: the one carrier
    private int _most = int.MaxValue; // records that the receiver's bounds let through

    private bool IsOtlp => target.Way is SinkWay.Otlp;

    public async Task<int> TakeAsync(IReadOnlyList<RecordRow> rows, CancellationToken cancel)
    {
        try
        {
            return await SendAsync(rows, EntrySize.Whole, cancel);
        }
        catch
        {
            Dispose(); // the next connection reads certificates again
            throw;
        }
    }

    public void Dispose()
    {
        _http?.Dispose();
        _http = null;
    }

    /// <summary>A record that is too large or that the receiver objects to keeps none behind it: it is found by halves,
    /// and goes with less of it. A stub that is refused is a receiver that refuses everything: it is waited for.
    /// </summary>
    private async Task<int> SendAsync(IReadOnlyList<RecordRow> rows, EntrySize size, CancellationToken cancel)
    {
        var (parts, taken) = Batch(rows, size);
        if (parts.Count == 0) return taken;
        var (status, answer) = await PostAsync(parts, cancel);
        if (IsOfContent(status) && (parts.Count > 1 || size is not EntrySize.Stub))
        {
            var less = parts.Count > 1 ? size : size + 1;
            _most = Math.Max(1, parts.Count / 2);
            return await SendAsync(rows, less, cancel);
        }
        if ((int)status is < 200 or > 299) throw new HttpRequestException($"it answered {(int)status}");
        if (IsOtlp && OtlpLogs.Refused(answer) is var count and > 0) refused(count);
        if (size is EntrySize.Stub) refused(1);
        _most = _most > int.MaxValue / 2 ? int.MaxValue : _most * 2;
        return taken;
    }

    /// <summary>Whether it is what was sent that is not taken, and not who sends it, or when.</summary>
    private static bool IsOfContent(HttpStatusCode status) => status is HttpStatusCode.BadRequest
        or HttpStatusCode.RequestEntityTooLarge or HttpStatusCode.UnprocessableEntity or HttpStatusCode.Forbidden
        or HttpStatusCode.NotAcceptable;

    /// <summary>The first records that fit, and how many records those are with those that are passed over.</summary>
    private (List<byte[]> Parts, int Taken) Batch(IReadOnlyList<RecordRow> rows, EntrySize size)
    {
        var (parts, bytes) = (new List<byte[]>(), 0);
        for (var i = 0; i < rows.Count; i++)
        {
            using var entry = form.Read(rows[i]);
            if (entry is null) continue;
            var text = form.Write(entry, size);
            var part = IsOtlp ? OtlpLogs.Record(entry, text, form) : text;
            if (parts.Count > 0 && (bytes + part.Length > MaxBatch || parts.Count >= _most)) return (parts, i);
            parts.Add(part);
            bytes += part.Length;
        }
        return (parts, rows.Count);
    }

    private async Task<(HttpStatusCode Status, byte[] Answer)> PostAsync(List<byte[]> parts, CancellationToken cancel)
    {
        _http ??= Client();
        using var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            if (IsOtlp) OtlpLogs.Write(gzip, parts, form.TrustDomain);
            else WriteLines(gzip, parts);
        }
        using var request = new HttpRequestMessage(HttpMethod.Post, Address())
        {
            Content = new ByteArrayContent(packed.GetBuffer(), 0, (int)packed.Length),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(
            IsOtlp ? "application/json" : form.IsJson ? "application/x-ndjson" : "text/plain");
        request.Content.Headers.ContentEncoding.Add("gzip");
        if (target.TokenFile is { } file)
            request.Headers.Authorization = new AuthenticationHeaderValue(
                "Bearer", (await File.ReadAllTextAsync(file, cancel)).Trim());
        using var response = await _http.SendAsync(request, cancel);
        return (response.StatusCode, await response.Content.ReadAsByteArrayAsync(cancel));
    }

    private Uri Address() => IsOtlp ? new Uri($"{target.To.AbsoluteUri.TrimEnd('/')}/v1/logs") : target.To;

    private static void WriteLines(Stream to, List<byte[]> parts)
    {
        foreach (var part in parts)
        {
            to.Write(part);
            to.WriteByte((byte)'\n');
        }
    }

    private HttpClient Client() =>
        new(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            ActivityHeadersPropagator = null, // what callers say of their traces is not for others
            SslOptions = SinkTls.Options(target),
        })
        {
            Timeout = target.Patience,
            MaxResponseContentBufferSize = MaxAnswer,
        };
}
