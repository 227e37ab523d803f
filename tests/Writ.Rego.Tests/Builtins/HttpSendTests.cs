using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Writ.Rego.Builtins;
using Writ.Rego.Builtins.Net;
using Writ.Rego.Values;

namespace Writ.Rego.Tests.Builtins;

public class HttpSendTests
{
    [Fact]
    public void Without_an_operator_s_leave_it_is_not_there()
    {
        Assert.False(BuiltinRegistry.Standard.TryGet("http.send", out _));
        Assert.False(BuiltinRegistry.Standard.TryGet("net.lookup_ip_addr", out _));
    }

    [Fact]
    public void An_answer_is_given_with_its_body_decoded_and_once_for_a_query()
    {
        var server = new Server(_ => Json("""{"a":[1]}"""));
        var context = new BuiltinContext();
        var request = """[{"method":"get","url":"https://api.example.org/x","headers":{"x-a":"b"}}]""";
        var answer = (RegoObject)Send(server, request, context)!;
        Assert.Equal(RegoNumber.Of(200), answer[RegoString.Of("status_code")]);
        Assert.Equal("""{"a":[1]}""", answer[RegoString.Of("body")].ToJson());
        Send(server, request, context);
        Assert.Equal(["GET https://api.example.org/x b"], server.Seen);
    }

    [Theory]
    [InlineData("https://other.example.com/", "unallowed host: other.example.com")]
    [InlineData("https://example.org.evil.test/", "unallowed host: example.org.evil.test")]
    [InlineData("file:///etc/passwd", "not an absolute URL of http or https: file:///etc/passwd")]
    public void Only_allowed_hosts_are_reached(string url, string message)
    {
        var server = new Server(_ => Json("{}"));
        var error = Assert.Throws<BuiltinError>(() => Send(server, $$"""[{"method":"get","url":"{{url}}"}]"""));
        Assert.Equal(message, error.Message);
        Assert.Empty(server.Seen);
    }

    [Fact]
    public void A_redirect_to_a_host_that_is_not_allowed_is_not_followed()
    {
        var server = new Server(_ => new HttpResponseMessage(HttpStatusCode.Found)
        {
            Headers = { Location = new Uri("https://evil.test/") },
        });
        var request = """[{"method":"get","url":"https://api.example.org/","enable_redirect":true}]""";
        Assert.Throws<BuiltinError>(() => Send(server, request));
        Assert.Single(server.Seen);
    }

    [Fact]
    public void A_response_that_is_too_large_is_refused()
    {
        var server = new Server(_ => Json(new string(' ', 2000)));
        Assert.Throws<BuiltinError>(() => Send(server, """[{"method":"get","url":"https://api.example.org/"}]"""));
    }

    [Theory]
    [InlineData("""[{"method":"get","url":"https://api.example.org/","bad_key":1}]""",
        "operand 1 invalid request parameters(s): {\"bad_key\"}")]
    [InlineData("""[{"method":"get"}]""", "operand 1 missing required request parameters(s): {\"url\"}")]
    public void A_request_is_checked_before_it_is_sent(string request, string message) =>
        Assert.Equal(message, Assert.Throws<BuiltinError>(() => Send(new Server(_ => Json("{}")), request)).Message);

    [Theory]
    [InlineData("\"method\":\"G T\"")]
    [InlineData("\"method\":\"\"")]
    [InlineData("\"method\":\"get\",\"headers\":{\"Host\":\"other.example.com\"}")]
    [InlineData("\"method\":\"get\",\"headers\":{\"x-a\":\"b\\r\\nHost: c\"}")]
    [InlineData("\"method\":\"get\",\"headers\":{\"x a\":\"b\"}")]
    [InlineData("\"method\":\"get\",\"tls_insecure_skip_verify\":true")]
    [InlineData("\"method\":\"get\",\"tls_ca_cert\":\"x\"")]
    public void What_cannot_be_sent_as_it_is_asked_is_not_sent(string members)
    {
        var server = new Server(_ => Json("{}"));
        Assert.Throws<BuiltinError>(() => Send(server, $$"""[{"url":"https://example.org/",{{members}}}]"""));
        Assert.Empty(server.Seen);
    }

    [Fact]
    public void A_redirect_to_what_is_no_URL_is_an_error_of_the_network()
    {
        var server = new Server(_ =>
        {
            var response = new HttpResponseMessage(HttpStatusCode.Found);
            response.Headers.TryAddWithoutValidation("Location", "//[");
            return response;
        });
        var request = """[{"method":"get","url":"https://example.org/","enable_redirect":true,"raise_error":false}]""";
        Assert.NotNull(Send(server, request));
    }

    [Theory]
    [InlineData("https://example.org/next", 302, "GET https://example.org/next k")]
    [InlineData("https://example.org/next", 307, "POST https://example.org/next k body")]
    [InlineData("https://api.example.org/", 303, "GET https://api.example.org/")]
    [InlineData("http://example.org/", 302, "GET http://example.org/")]
    [InlineData("https://api.example.org/", 308, null)]
    public void A_redirect_takes_nothing_to_another_host(string to, int status, string? second)
    {
        var server = new Server(message => message.RequestUri!.AbsolutePath is "/first"
            ? new HttpResponseMessage((HttpStatusCode)status) { Headers = { Location = new Uri(to) } }
            : Json("{}"));
        Send(server, """
            [{"method":"post","url":"https://example.org/first","enable_redirect":true,"raise_error":false,
              "raw_body":"body","headers":{"x-a":"k","Authorization":"secret"}}]
            """);
        string[] seen = ["POST https://example.org/first k body", second ?? ""];
        Assert.Equal(seen.Where(one => one.Length > 0), server.Seen);
    }

    [Fact]
    public void A_handler_that_would_follow_redirects_is_refused()
    {
        using var handler = new SocketsHttpHandler();
        Assert.Throws<ArgumentException>(() => new NetworkAccess([], handler));
        handler.AllowAutoRedirect = false;
        Assert.NotNull(new NetworkAccess([], handler));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_body_that_never_ends_is_given_up(bool drips)
    {
        var server = new Server(_ => new HttpResponseMessage { Content = new StreamContent(new Endless(drips)) });
        var error = Assert.Throws<BuiltinError>(() => Send(
            server, """[{"method":"get","url":"https://example.org/","timeout":"200ms"}]"""));
        Assert.Equal("request timed out", error.Message);
    }

    [Theory]
    [InlineData("http.send(request).status_code")]
    [InlineData("not http.send(request)")]
    [InlineData("http.send(object.union(request, {\"raise_error\": false})).error")]
    public void A_server_that_never_answers_is_waited_for_no_longer_than_the_query_may_take(string query)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false };
        var access = new NetworkAccess(["127.0.0.1"], handler) { TimeOut = TimeSpan.FromMinutes(5) };
        var module = $$"""
            package test
            request := {"method": "get", "url": "http://127.0.0.1:{{((IPEndPoint)listener.LocalEndpoint).Port}}/"}
            p := x if x := {{query}}
            """.Replace("p := x if x := not", "p if not", StringComparison.Ordinal);
        var options = PolicyOptions.Default with
        {
            Builtins = BuiltinRegistry.Standard.With(NetworkBuiltins.For(access)),
        };
        var prepared = new PolicyCompiler(options).Add("test.rego", module).Compile().Prepare("data.test.p");
        var started = Stopwatch.GetTimestamp();
        var error = Assert.Throws<RegoError>(() => prepared.Run(new QueryInput
        {
            Limits = EvaluationLimits.Default with { Time = TimeSpan.FromMilliseconds(300) },
        }));
        Assert.Contains("took longer than", error.Message, StringComparison.Ordinal);
        Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromMinutes(1));
    }

    private static RegoValue? Send(Server server, string operands, BuiltinContext? context = null)
    {
        var access = new NetworkAccess(["example.org", "*.example.org"], server) { MaxResponseBytes = 1000 };
        var registry = BuiltinRegistry.Standard.With(NetworkBuiltins.For(access));
        Assert.True(registry.TryGet("http.send", out var builtin));
        return builtin.Invoke(context ?? new BuiltinContext(), ((RegoArray)RegoValue.ParseJson(operands)).Span);
    }

    private static HttpResponseMessage Json(string body) => new(HttpStatusCode.OK)
    {
        Content = new StringContent(body, Encoding.UTF8, "application/json"),
    };

    private sealed class Server(Func<HttpRequestMessage, HttpResponseMessage> answer) : HttpMessageHandler
    {
        public List<string> Seen { get; } = [];

        protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var header = request.Headers.TryGetValues("x-a", out var values) ? " " + string.Join(',', values) : "";
            using var reader = new StreamReader(request.Content?.ReadAsStream(cancellationToken) ?? Stream.Null);
            var body = " " + reader.ReadToEnd();
            Seen.Add($"{request.Method} {request.RequestUri}{header}{body}".TrimEnd());
            return answer(request);
        }

        protected override Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(Send(request, cancellationToken));
    }

    /// <summary>A body of a byte now and then, or of nothing until it is closed.</summary>
    private sealed class Endless(bool drips) : Stream
    {
        private readonly ManualResetEventSlim _closed = new();

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count)
        {
            var isClosed = _closed.Wait(drips ? 50 : Timeout.Infinite, TestContext.Current.CancellationToken);
            return isClosed ? throw new ObjectDisposedException(nameof(Endless)) : 1;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            _closed.Set();
            base.Dispose(disposing);
        }
    }
}
