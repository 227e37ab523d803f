using System.IO.Compression;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Writ.Server.Tests.Audit.Sinks;

/// <summary>A receiver of what is posted, which answers as it is told.</summary>
internal sealed class Collector : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly CancellationTokenSource _stop = new();

    private Collector()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0));
        _app = builder.Build();
        _app.Run(AnswerAsync);
    }

    public int Status { get; set; } = 200;

    public string Answer { get; set; } = "{}";

    public bool Hangs { get; set; }

    /// <summary>What is in no body that it takes.</summary>
    public string? Poison { get; set; }

    /// <summary>A body that is longer is too large.</summary>
    public int MostBytes { get; set; } = int.MaxValue;

    public int Requests { get; private set; }

    public List<string> Taken { get; } = [];

    public string? Path { get; private set; }

    public string? ContentType { get; private set; }

    public string? Authorization { get; private set; }

    public string Authority => new Uri(_app.Urls.First()).Authority;

    public static async Task<Collector> StartAsync()
    {
        var collector = new Collector();
        await collector._app.StartAsync();
        return collector;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _app.DisposeAsync();
        _stop.Dispose();
    }

    private async Task AnswerAsync(HttpContext http)
    {
        Requests++;
        (Path, ContentType, Authorization) =
            (http.Request.Path, http.Request.ContentType, http.Request.Headers.Authorization);
        http.Features.Get<IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = null;
        await using var plain = new GZipStream(http.Request.Body, CompressionMode.Decompress);
        using var reader = new StreamReader(plain, Encoding.UTF8);
        var body = await reader.ReadToEndAsync();
        if (Hangs) await Task.Delay(Timeout.Infinite, _stop.Token).ContinueWith(_ => { }, TaskScheduler.Default);
        http.Response.StatusCode = body.Length > MostBytes ? 413
            : Poison is { } poison && body.Contains(poison, StringComparison.Ordinal) ? 400
            : Status;
        if (Status is > 300 and < 400) http.Response.Headers.Location = "/elsewhere";
        if (http.Response.StatusCode is 200) Taken.Add(body);
        await http.Response.WriteAsync(Answer);
    }
}
