using Microsoft.AspNetCore.Http.Features;

namespace Writ.Server.Acts;

/// <summary>
/// An answer as server-sent events: unbuffered, for as long as its reader stays, the reader's right to it lasts and the
/// broker serves. An open stream never holds a shutdown up.
/// </summary>
public sealed class EventAnswer : IDisposable
{
    private readonly HttpResponse _response;
    private readonly CancellationTokenSource _end;

    private EventAnswer(HttpContext http, TimeSpan longest)
    {
        _response = http.Response;
        _response.ContentType = "text/event-stream";
        _response.Headers.CacheControl = "no-store";
        http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        var stopping = http.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        _end = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, stopping);
        _end.CancelAfter(longest);
    }

    /// <summary>Cancelled when the stream is to end.</summary>
    public CancellationToken End => _end.Token;

    /// <summary>Writes events until there are no more, or the stream is to end; then its reader resumes elsewhere.
    /// </summary>
    /// <param name="http">The answer; nothing of it is written yet.</param>
    /// <param name="longest">How long the reader's right to it lasts.</param>
    /// <param name="write">Writes the events.</param>
    public static async Task WriteAsync(HttpContext http, TimeSpan longest, Func<EventAnswer, Task> write)
    {
        using var stream = new EventAnswer(http, longest);
        try
        {
            await write(stream);
        }
        catch (OperationCanceledException) when (stream.End.IsCancellationRequested)
        {
            // The right, the connection or the broker ended.
        }
    }

    /// <summary>Sends some lines as they are.</summary>
    public async Task SayAsync(string text)
    {
        await _response.WriteAsync(text, End);
        await _response.Body.FlushAsync(End);
    }

    /// <summary>Ends it: its reader has no right to it any longer.</summary>
    public CancellationToken Cut()
    {
        _end.Cancel();
        return _end.Token;
    }

    public void Dispose() => _end.Dispose();
}
