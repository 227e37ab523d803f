using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Writ.Protocol;
using Writ.Server.Edge;
using Writ.Server.Storage;

namespace Writ.Server.Tests.Edge;

/// <summary>What becomes of an exception that no endpoint expected.</summary>
public sealed class LastResortTests : IDisposable
{
    private readonly Telemetry _telemetry = new();
    private readonly List<string> _recorded = [];

    [Fact]
    public async Task Bug_is_recorded_and_answered_without_a_word_of_it()
    {
        var (status, text) = await AnswerToAsync(new InvalidOperationException("the secret is xyzzy"));

        Assert.Equal(503, status);
        Assert.Contains("internal_error", text, StringComparison.Ordinal);
        Assert.DoesNotContain("xyzzy", text, StringComparison.Ordinal);
        Assert.Equal(["request.fail internal_error"], _recorded);
    }

    [Fact]
    public async Task Store_that_is_away_is_no_bug()
    {
        var (status, text) = await AnswerToAsync(new TimeoutException());

        Assert.Equal(503, status);
        Assert.Contains("store_unavailable", text, StringComparison.Ordinal);
        Assert.Empty(_recorded);
    }

    [Fact]
    public async Task Request_that_cannot_be_read_is_the_callers_fault()
    {
        var (status, _) = await AnswerToAsync(new BadHttpRequestException("cut off", 400));

        Assert.Equal(400, status);
        Assert.Empty(_recorded);
    }

    [Fact]
    public async Task Bug_that_cannot_be_recorded_is_answered_all_the_same()
    {
        var (status, _) = await AnswerToAsync(
            new InvalidOperationException(), (_, _, _) => throw new TimeoutException("the store is away"));

        Assert.Equal(503, status);
    }

    [Fact]
    public void Refusals_for_staleness_are_counted_apart()
    {
        using var text = new MetricsText(_telemetry.Meter);

        _telemetry.Answered("POST", "/oauth/token", 503, "replica_stale", TimeSpan.FromMilliseconds(1));
        _telemetry.Answered("POST", "/oauth/token", 503, "store_unavailable", TimeSpan.FromMilliseconds(1));

        Assert.Contains("\nwrit_refusals_stale_total 1\n", text.Write(), StringComparison.Ordinal);
    }

    public void Dispose() => _telemetry.Dispose();

    private async Task<(int Status, string Text)> AnswerToAsync(
        Exception e, Func<HttpContext, string, string, Task>? record = null)
    {
        var settings = new Settings
        {
            TrustDomain = TrustDomain.Parse("example.org"),
            Issuer = "http://127.0.0.1:8420",
            DataDirectory = "/",
        };
        var guard = new RequestGuard(
            settings, _telemetry, new IdSource(TimeProvider.System), Database.IsUnavailable,
            record ?? Record, NullLogger.Instance);
        var http = new DefaultHttpContext { Connection = { LocalIpAddress = IPAddress.Loopback } };
        http.Request.Host = new HostString("localhost");
        using var body = new MemoryStream();
        http.Response.Body = body;
        await guard.HandleAsync(http, _ => throw e);
        return (http.Response.StatusCode, Encoding.UTF8.GetString(body.ToArray()));
    }

    private Task Record(HttpContext http, string kind, string code)
    {
        _recorded.Add($"{kind} {code}");
        return Task.CompletedTask;
    }
}
