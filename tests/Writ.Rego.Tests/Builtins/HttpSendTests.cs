using System.Net;
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
            Seen.Add($"{request.Method} {request.RequestUri}{header}");
            return answer(request);
        }

        protected override Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(Send(request, cancellationToken));
    }
}
