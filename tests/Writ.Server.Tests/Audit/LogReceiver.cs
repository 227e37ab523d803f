using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json;

namespace Writ.Server.Tests.Audit;

/// <summary>A receiver of decision logs, on a real socket: it takes them, fails, hangs, or finds them too large.
/// </summary>
internal sealed class LogReceiver : IAsyncDisposable
{
    private readonly HttpListener _listener = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _answering = []; // owner: ServeAsync
    private readonly Task _serving;

    public LogReceiver()
    {
        // The first free port: a listener of its own kind knows no port 0.
        for (var port = 20_000 + (Environment.ProcessId % 20_000); ; port++)
        {
            _listener.Prefixes.Clear();
            _listener.Prefixes.Add($"http://127.0.0.1:{port}/");
            try
            {
                _listener.Start();
                Url = new Uri($"http://127.0.0.1:{port}/opa");
                break;
            }
            catch (HttpListenerException) when (port < 60_000)
            {
                // Somebody else's.
            }
        }
        _serving = ServeAsync();
    }

    public Uri Url { get; }

    /// <summary>What it answers; 0: nothing, it hangs.</summary>
    public int Status { get; set; } = 200;

    /// <summary>More events than that are too large.</summary>
    public int MostEvents { get; set; } = int.MaxValue;

    /// <summary>An event of more bytes is too large by itself.</summary>
    public int MostBytes { get; set; } = int.MaxValue;

    public int Requests { get; private set; }

    public string? Path { get; private set; }

    public string? Authorization { get; private set; }

    public List<JsonElement> Taken { get; } = [];

    public IReadOnlyList<string> Ids => [.. Taken.Select(e => e.GetProperty("decision_id").GetString()!)];

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Close();
        await _serving;
        await Task.WhenAll(_answering);
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true) _answering.Add(AnswerAsync(await _listener.GetContextAsync()));
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task AnswerAsync(HttpListenerContext http)
    {
        Requests++;
        (Path, Authorization) = (http.Request.Url!.AbsolutePath, http.Request.Headers["Authorization"]);
        Assert.Equal("gzip", http.Request.Headers["Content-Encoding"]);
        Assert.Equal("application/json", http.Request.ContentType);
        await using var plain = new GZipStream(http.Request.InputStream, CompressionMode.Decompress);
        using var reader = new StreamReader(plain, Encoding.UTF8);
        var events = JsonElement.Parse(await reader.ReadToEndAsync()).EnumerateArray().ToList();
        var isHanging = Status == 0;
        while (Status == 0 && !_stop.IsCancellationRequested) await Task.Delay(10);
        if (isHanging) return; // whoever asked has given up
        var isTooLarge = events.Count > MostEvents || events.Exists(e => e.GetRawText().Length > MostBytes);
        http.Response.StatusCode = Status == 200 && isTooLarge ? 413 : Status;
        if (Status == 307) http.Response.RedirectLocation = $"{Url}/elsewhere";
        if (http.Response.StatusCode == 200) Taken.AddRange(events);
        http.Response.Close();
    }
}
