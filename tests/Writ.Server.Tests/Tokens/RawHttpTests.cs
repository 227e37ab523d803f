using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Writ.Server.Tests;

/// <summary>Bytes that no HTTP client would send: answered with 4xx or a closed connection, and recorded.</summary>
public sealed class RawHttpTests(SharedBrokers brokers) : IClassFixture<SharedBrokers>
{
    private const string Post = "POST /oauth/token HTTP/1.1\r\nHost: localhost\r\n";
    private const string Form = "Content-Type: application/x-www-form-urlencoded\r\n";

    public static TheoryData<string, string> Requests => new()
    {
        { "a megabyte of one header", Post + "X: " + new string('x', 1 << 20) + "\r\n\r\n" },
        { "a megabyte of headers", Post + string.Concat(Enumerable.Repeat("X-Y: zzzzzzzzzzzzzzzzzzzz\r\n", 35_000)) },
        { "no HTTP at all", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03garbage\r\n\r\n" },
        { "two lengths", Post + Form + "Content-Length: 4\r\nContent-Length: 5\r\n\r\na=1&b" },
        { "a length that is none", Post + Form + "Content-Length: -1\r\n\r\n" },
        { "a folded header", Post + "X: a\r\n b\r\n\r\n" },
        { "a header without colon", Post + "X\r\n\r\n" },
        { "a name with a space", Post + "Content-Length : 3\r\n\r\na=1" },
        { "a line feed alone in a header", Post + "X: a\nY: b\r\n\r\n" },
        { "a carriage return in a header", Post + "X: a\rY: b\r\n\r\n" },
        { "a null in a header", Post + "X: a\0b\r\n\r\n" },
        { "no host", "POST /oauth/token HTTP/1.1\r\nContent-Length: 0\r\n\r\n" },
        { "two hosts", Post + "Host: localhost\r\n\r\n" },
        { "a path with a null", "GET /v1/tasks/%00 HTTP/1.1\r\nHost: localhost\r\n\r\n" },
        { "a bad chunk", Post + Form + "Transfer-Encoding: chunked\r\n\r\nZZ\r\n" },
        { "an unknown coding", Post + Form + "Transfer-Encoding: gzip\r\n\r\na=1" },
    };

    [Theory, MemberData(nameof(Requests))]
    public async Task Broken_request_is_refused_and_counted(string what, string request)
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var head = await broker.HeadAsync();

        var status = StatusOf(await SendAsync(broker, request));

        Assert.True(status is null or (>= 400 and < 500), $"{what}: {status}");
        Assert.True(await IsRecordedAsync(broker, head), $"{what}: nothing was recorded");
        using var alive = await broker.Http.GetAsync("/livez");
        Assert.True(alive.IsSuccessStatusCode);
    }

    // Of Content-Length and Transfer-Encoding together, RFC 9112 §6.3 lets the coding win; a second request hidden in
    // the rest must not be served as one of the same client's.
    [Fact]
    public async Task Length_and_coding_together_smuggle_nothing()
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var hidden = "GET /v1/tasks HTTP/1.1\r\nHost: localhost\r\n\r\n";
        var answer = await SendAsync(
            broker,
            $"{Post}{Form}Content-Length: {5 + hidden.Length}\r\n"
                + $"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n{hidden}");

        Assert.InRange(StatusOf(answer) ?? 400, 400, 499);
        Assert.DoesNotContain(" 200 ", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_follows_a_body_is_another_request()
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var answer = await SendAsync(
            broker, Post + Form + "Content-Length: 3\r\n\r\na=1&grant_type=client_credentials");

        Assert.Equal(400, StatusOf(answer));
        Assert.Contains("invalid_request", answer, StringComparison.Ordinal);
    }

    private static async Task<bool> IsRecordedAsync(TestBroker broker, long head)
    {
        for (var i = 0; i < 100; i++)
        {
            if ((await broker.RecordsAsync(head)).Any(IsRefusal)) return true;
            await Task.Delay(10);
        }
        return false;
    }

    private static bool IsRefusal(JsonElement record) => record.GetProperty("outcome").GetString() == "deny";

    /// <summary>All that the server says until it closes, or until nothing comes for a moment.</summary>
    private static async Task<string> SendAsync(TestBroker broker, string request)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(broker.Http.BaseAddress!.Host, broker.Http.BaseAddress.Port);
        var stream = socket.GetStream();
        var answer = new StringBuilder();
        var buffer = new byte[4096];
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        try
        {
            var sending = stream.WriteAsync(Encoding.Latin1.GetBytes(request), limit.Token).AsTask();
            while (await stream.ReadAsync(buffer, limit.Token) is var read and > 0)
            {
                answer.Append(Encoding.Latin1.GetString(buffer, 0, read));
                // One answer is enough; what would follow on a kept connection is not waited for long.
                limit.CancelAfter(TimeSpan.FromMilliseconds(300));
            }
            await sending;
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The server closed while we were still sending, or has said all.
        }
        return answer.ToString();
    }

    private static int? StatusOf(string answer) =>
        answer.StartsWith("HTTP/1.1 ", StringComparison.Ordinal)
            ? int.Parse(answer.AsSpan(9, 3), System.Globalization.CultureInfo.InvariantCulture)
            : null;
}
