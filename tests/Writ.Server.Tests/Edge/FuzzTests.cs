using System.Text;

namespace Writ.Server.Tests.Edge;

/// <summary>
/// Random requests, the same in every run: nothing that a caller sends is answered with 5xx, or is a bug in the
/// records.
/// </summary>
public sealed class FuzzTests
{
    private static readonly string[] Methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "FROB"];
    private static readonly string[] Types =
    [
        "application/x-www-form-urlencoded", "application/json", "application/json; charset=utf-16", "text/plain",
        "a/b;;=",
        "multipart/form-data; boundary=x", "application/x-www-form-urlencoded; charset=utf-7", "",
    ];
    private static readonly string[] Pieces =
    [
        "grant_type=client_credentials", "grant_type=refresh_token", "grant_type=", "&", "=", "%", "%00",
        "%ff%fe", "%ud800",
        "client_id=spiffe://example.org/agent/x", "client_assertion=a.b.c", "client_assertion=eyJhbGciOiJub25lIn0.e30.",
        "client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer", "token=x",
        "scope=orders:read@orders",
        "subject_token=eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJ4In0.AA",
        "subject_token_type=urn:ietf:params:oauth:token-type:jwt",
        "authorization_details=[{\"type\":\"writ_access\"", "{\"workflow\":",
        "[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "{}", "null", "1e999",
        "\"\\ud800\"", "{\"a\":1,\"a\":2}", "task=../../etc/passwd", "resource=http://[::",
        "code", "\0", "é", "\uD83D\uDE00",
        "{\"code\":\"x\",\"jwk\":{\"kty\":\"EC\"}}", "after=%27%20OR%201=1--", "limit=-1",
    ];
    private static readonly string[] Headers =
    [
        "Authorization: DPoP x", "Authorization: Bearer eyJhbGciOiJub25lIn0.e30.", "Authorization: Basic %%%",
        "Authorization: Basic Og==",
        "Authorization: Basic c3BpZmZlOi8vZXhhbXBsZS5vcmcvYWdlbnQveDp5", "Authorization:",
        "DPoP: x", "DPoP: a.b.c", "DPoP: x, y",
        "DPoP: eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7fX0.e30.AA", "Accept: text/html",
        "X-Forwarded-Host: evil",
        "Last-Event-ID: 1:2", "Content-Encoding: gzip", "Expect: 100-continue",
        "Range: bytes=0-", "If-None-Match: *", "Cookie: a=b",
    ];

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task No_request_is_answered_with_a_failure_of_ours(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine);
        var paths = Routes.Table(broker.Wiring).Select(r => r.Path)
            .Where(p => !p.EndsWith("/feed", StringComparison.Ordinal)).ToArray();
        var agent = (await broker.Seed.WorldAsync()).Agent;
        await broker.Wiring.Log.Sequencer.RunAsync(); // before the first checkpoint /log says 503: ask again
        var token = await agent.ManagementTokenAsync();
        var dice = new Dice(2024);

        for (var i = 0; i < Testing.Soak.Rounds(600, 60_000); i++)
        {
            var request = Request(dice, paths);
            // Some come with a good token and proof, so that bodies and queries are read and not only credentials.
            if (dice.Next(3) == 0)
            {
                var path = request.RequestUri!.OriginalString.Split('?')[0];
                agent.TakeNonce();
                request.Headers.Remove("DPoP");
                request.Headers.TryAddWithoutValidation("DPoP", agent.Proof(request.Method.Method, path, token));
                request.Headers.Remove("Authorization");
                request.Headers.TryAddWithoutValidation("Authorization", $"DPoP {token}");
            }
            var said = request.ToString();
            using var response = await broker.Http.SendAsync(request);
            Assert.True((int)response.StatusCode < 500, $"Round {i}: {(int)response.StatusCode} to {said}");
        }

        var bugs = (await broker.RecordsAsync()).Where(r => r.GetProperty("kind").GetString() == "request.fail");
        Assert.Empty(bugs);
    }

    [Fact]
    public async Task No_bytes_are_answered_with_a_failure_of_ours()
    {
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite);
        var dice = new Dice(7);
        for (var i = 0; i < Testing.Soak.Rounds(60, 6_000); i++)
        {
            var bytes = Encoding.Latin1.GetBytes(
                $"{dice.Of(Methods)} /oauth/token HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello");
            for (var flips = dice.Next(4) + 1; flips > 0; flips--)
                bytes[dice.Next(bytes.Length)] = (byte)dice.Next(256);

            var status = RawHttp.StatusOf(await RawHttp.SendAsync(
                broker.Http.BaseAddress!, bytes, TimeSpan.FromSeconds(1)));

            Assert.True(status is < 500 or 505, $"Round {i}: {status} to {Encoding.Latin1.GetString(bytes)}");
        }
        Assert.DoesNotContain(await broker.RecordsAsync(), r => r.GetProperty("kind").GetString() == "request.fail");
    }

    private static HttpRequestMessage Request(Dice dice, string[] paths)
    {
        var path = dice.Of(paths).Replace("{id}", Segment(dice), StringComparison.Ordinal)
            .Replace("{name}", Segment(dice), StringComparison.Ordinal)
            .Replace("{part}", Segment(dice), StringComparison.Ordinal)
            .Replace("{kid}", Segment(dice), StringComparison.Ordinal);
        if (path.Split('{') is [var start, _, ..]) path = start + Segment(dice);
        if (dice.Next(4) == 0)
            path += "?" + Uri.EscapeDataString(dice.Of(Pieces)).Replace("%3D", "=", StringComparison.Ordinal);
        var request = new HttpRequestMessage(new HttpMethod(dice.Of(Methods)), path);
        for (var n = dice.Next(4); n > 0; n--)
        {
            var header = dice.Of(Headers).Split(':', 2);
            request.Headers.TryAddWithoutValidation(header[0], header[1].Trim());
        }
        if (dice.Next(4) > 0)
        {
            var body = new StringBuilder();
            for (var n = dice.Next(6); n > 0; n--) body.Append(dice.Of(Pieces)).Append(dice.Next(2) == 0 ? "&" : "");
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body.ToString()));
            request.Content.Headers.TryAddWithoutValidation("Content-Type", dice.Of(Types));
        }
        return request;
    }

    private static string Segment(Dice dice) => Uri.EscapeDataString(dice.Of(Pieces).Replace('/', 'x'));

    /// <summary>Numbers that look random and are the same in every run (xorshift).</summary>
    private sealed class Dice(ulong state)
    {
        private ulong _state = state;

        public int Next(int below)
        {
            _state ^= _state << 13;
            _state ^= _state >> 7;
            _state ^= _state << 17;
            return (int)(_state % (ulong)below);
        }

        public string Of(string[] values) => values[Next(values.Length)];
    }
}
