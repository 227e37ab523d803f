using System.Net.Sockets;
using System.Text;

namespace Writ.Server.Tests.Edge;

/// <summary>Requests that are too large, too slow, too many, or no HTTP.</summary>
public sealed class LimitTests(SharedBrokers brokers) : IClassFixture<SharedBrokers>
{
    private const string Get = "GET /livez HTTP/1.1\r\nHost: localhost\r\n";
    private const string Post = "POST /oauth/token HTTP/1.1\r\nHost: localhost\r\n";

    public static TheoryData<string, string, int> NoHttp => new()
    {
        { "no request line", "\0\u0001\u0002\r\n\r\n", 400 },
        { "no version", "GET /livez\r\nHost: localhost\r\n\r\n", 400 },
        { "no host", "GET /livez HTTP/1.1\r\n\r\n", 400 },
        { "two hosts", "GET /livez HTTP/1.1\r\nHost: localhost\r\nHost: evil\r\n\r\n", 400 },
        { "a host of two lines", "GET /livez HTTP/1.1\r\nHost: local\r\n host\r\n\r\n", 400 },
        { "two lengths", Post + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400 },
        { "a length that is none", Post + "Content-Length: -1\r\n\r\na", 400 },
        { "an unknown coding", Post + "Transfer-Encoding: gzip\r\n\r\n", 400 },
        { "a header without a name", "GET /livez HTTP/1.1\r\nHost: localhost\r\n: x\r\n\r\n", 400 },
        { "a bare line feed in a value", "GET /livez HTTP/1.1\r\nHost: localhost\r\nA: b\0c\r\n\r\n", 400 },
        { "a long line", $"GET /{new string('a', 9000)} HTTP/1.1\r\nHost: localhost\r\n\r\n", 414 },
        { "a megabyte of headers", Get + $"A: {new string('a', 1 << 20)}\r\n\r\n", 431 },
        { "a hundred headers", Get + Many(100) + "\r\n", 431 },
        { "another version", "GET /livez HTTP/9.9\r\nHost: localhost\r\n\r\n", 505 },
    };

    [Theory, MemberData(nameof(NoHttp))]
    public async Task What_is_no_http_is_refused_and_recorded(string why, string sent, int status)
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var head = await broker.HeadAsync();

        var answer = await RawHttp.SendAsync(broker.Http.BaseAddress!, sent);

        Assert.True(RawHttp.StatusOf(answer) == status, $"{why}: {answer}");
        await Testing.Wait.UntilAsync(async () => await broker.HeadAsync() > head, "the refusal is recorded");
        var record = (await broker.RecordsAsync(head))[0];
        Assert.Equal("request.refuse", record.GetProperty("kind").GetString());
        Assert.Equal("malformed_http", record.GetProperty("reason").GetString());
    }

    [Theory]
    [InlineData("/oauth/token", "application/x-www-form-urlencoded", 16 * 1024)]
    [InlineData("/oauth/introspect", "application/x-www-form-urlencoded", 16 * 1024)]
    [InlineData("/oauth/revoke", "application/x-www-form-urlencoded", 16 * 1024)]
    public async Task Body_beyond_the_limit_is_refused(string path, string type, int limit)
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);

        foreach (var chunked in (bool[])[false, true])
        {
            var request = new HttpRequestMessage(HttpMethod.Post, path)
            {
                Content = new ByteArrayContent(Encoding.ASCII.GetBytes("a=" + new string('b', limit))),
            };
            request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
            request.Headers.TransferEncodingChunked = chunked;
            var reply = await Reply.OfAsync(await broker.Http.SendAsync(request));
            Assert.Equal((413, "body_too_large"), (reply.Status, reply.Code));
        }
    }

    [Fact]
    public async Task Body_that_never_comes_is_given_up()
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        const string request = "POST /oauth/token HTTP/1.1\r\nHost: localhost\r\n"
            + "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\ngrant_type=";

        var answer = await RawHttp.SendAsync(
            broker.Http.BaseAddress!, Encoding.ASCII.GetBytes(request), TimeSpan.FromSeconds(60));

        Assert.True(RawHttp.StatusOf(answer) is 408, answer);
    }

    [Fact]
    public async Task Connections_beyond_the_cap_are_closed_and_the_others_served()
    {
        await using var broker = await TestBroker.StartAsync(
            Engine.Sqlite, configure: s => s with { MaxConnections = 4 });
        var origin = broker.Http.BaseAddress!;
        List<TcpClient> idle = [];
        for (var i = 0; i < 4; i++)
        {
            idle.Add(new TcpClient());
            await idle[^1].ConnectAsync(origin.Host, origin.Port);
            var request = "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray();
            await idle[^1].GetStream().WriteAsync(request);
            Assert.True(await idle[^1].GetStream().ReadAsync(new byte[1]) == 1);
        }

        var beyond = await RawHttp.SendAsync(origin, "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n");
        Assert.Equal("", beyond);

        foreach (var client in idle) client.Dispose();
        await Testing.Wait.UntilAsync(
            async () => RawHttp.StatusOf(
                await RawHttp.SendAsync(origin, "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")) == 200,
            "it serves again");
    }

    private static string Many(int count) => string.Concat(Enumerable.Range(0, count).Select(i => $"A{i}: b\r\n"));
}
