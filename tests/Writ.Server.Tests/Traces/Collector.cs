using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Writ.Server.Edge;
using Writ.Testing;

namespace Writ.Server.Tests.Traces;

/// <summary>A receiver of OTLP over HTTP, on a real socket.</summary>
internal sealed class Collector : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<(string Signal, byte[] Body)> _requests = new();

    private Collector()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.MapPost("/v1/{signal}", TakeAsync);
    }

    public string Url => _app.Urls.Single();

    /// <summary>What it answers.</summary>
    public int Status { get; set; } = 200;

    /// <summary>What it waits for before it answers.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    /// <summary>The header that it wants to see, of the last request.</summary>
    public string? Authorization { get; private set; }

    public OtlpTarget Target => new(new Uri(Url), IsGrpc: false, null, Sample: 1, FollowsCallers: true);

    public IEnumerable<SentSpan> Spans => Bodies("traces").SelectMany(SentSpan.Read);

    /// <summary>All that it got, as text: whatever is a string is to be found in it.</summary>
    public string Everything => string.Concat(_requests.Select(r => Encoding.UTF8.GetString(r.Body)));

    public static async Task<Collector> StartAsync()
    {
        var collector = new Collector();
        await collector._app.StartAsync();
        return collector;
    }

    public IEnumerable<byte[]> Bodies(string signal) =>
        _requests.Where(r => r.Signal == signal).Select(r => r.Body);

    /// <summary>Waits for a span.</summary>
    public async Task<SentSpan> WaitAsync(Func<SentSpan, bool> isIt, string what)
    {
        SentSpan? found = null;
        await Wait.UntilAsync(() => (found = Spans.FirstOrDefault(isIt)) is not null, what);
        return found!;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private async Task<IResult> TakeAsync(HttpContext http, string signal)
    {
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body);
        Authorization = http.Request.Headers.Authorization;
        _requests.Enqueue((signal, body.ToArray()));
        await Gate.WaitAsync(http.RequestAborted);
        return Results.Bytes([], "application/x-protobuf") is var fine && Status == 200
            ? fine
            : Results.StatusCode(Status);
    }
}
