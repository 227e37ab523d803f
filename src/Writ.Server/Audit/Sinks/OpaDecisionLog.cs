using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using Writ.Server.Edge;
using Writ.Server.Storage;

namespace Writ.Server.Audit;

/// <summary>
/// Sends decisions to a receiver of OPA's decision logs: <c>POST {url}/logs[/partition]</c>, an array of events as
/// gzip. Records that are no decisions are passed over.
/// </summary>
public sealed class OpaDecisionLog(HttpClient http, DecisionLogTarget target, string trustDomain)
{
    private const int MaxBytes = 512 * 1024; // of the events of one batch, unless there is but one

    private readonly Uri _logs = new(
        target.Url.AbsoluteUri.TrimEnd('/') + (target.Partition is { } part ? $"/logs/{part}" : "/logs"));
    private int _most = int.MaxValue; // events that the receiver's bounds let through; owner: the one carrier

    /// <summary>Bounded in time; never where it is redirected: that would carry the token away.</summary>
    public static HttpClient Client(TimeSpan patience) =>
        new(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            ActivityHeadersPropagator = null, // what callers say of their traces is not for others
        })
        {
            Timeout = patience,
            MaxResponseContentBufferSize = 64 * 1024,
        };

    public Sink AsSink() => new("opa_decision_log", TakeAsync);

    private async Task<int> TakeAsync(IReadOnlyList<RecordRow> rows, CancellationToken cancel)
    {
        var (events, taken, last) = Batch(rows);
        if (events.Count == 0) return taken;
        var status = await PostAsync(events, cancel);
        if (status == HttpStatusCode.RequestEntityTooLarge && events.Count > 1)
        {
            _most = events.Count / 2;
            return await TakeAsync(rows, cancel);
        }
        if (status == HttpStatusCode.RequestEntityTooLarge)
            // One alone is too large: that it was decided, by whom and how, arrives all the same.
            status = await PostAsync([OpaEvent.Of(last!, trustDomain, isBare: true)!], cancel);
        if ((int)status is < 200 or > 299) throw new HttpRequestException($"it answered {(int)status}");
        _most = int.MaxValue;
        return taken;
    }

    /// <summary>The events of the first records that fit, how many records that are, and the last that is an event.
    /// </summary>
    private (List<byte[]> Events, int Taken, RecordRow? Last) Batch(IReadOnlyList<RecordRow> rows)
    {
        var (events, bytes, last) = (new List<byte[]>(), 0, (RecordRow?)null);
        for (var i = 0; i < rows.Count; i++)
        {
            if (OpaEvent.Of(rows[i], trustDomain) is not { } one) continue;
            if (events.Count > 0 && (bytes + one.Length > MaxBytes || events.Count >= _most)) return (events, i, last);
            events.Add(one);
            bytes += one.Length;
            last = rows[i];
        }
        return (events, rows.Count, last);
    }

    private async Task<HttpStatusCode> PostAsync(List<byte[]> events, CancellationToken cancel)
    {
        using var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            for (var i = 0; i < events.Count; i++)
            {
                gzip.WriteByte(i == 0 ? (byte)'[' : (byte)',');
                gzip.Write(events[i]);
            }
            gzip.WriteByte((byte)']');
        }
        using var request = new HttpRequestMessage(HttpMethod.Post, _logs)
        {
            Content = new ByteArrayContent(packed.GetBuffer(), 0, (int)packed.Length),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Content.Headers.ContentEncoding.Add("gzip");
        // Read each time: whoever renews it restarts nothing.
        if (target.TokenFile is { } file)
            request.Headers.Authorization = new AuthenticationHeaderValue(
                "Bearer", (await File.ReadAllTextAsync(file, cancel)).Trim());
        using var response = await http.SendAsync(request, cancel);
        return response.StatusCode;
    }
}
