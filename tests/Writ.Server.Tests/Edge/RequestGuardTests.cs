namespace Writ.Server.Tests.Edge;

/// <summary>What every request meets before its endpoint: names, methods, listeners.</summary>
public sealed class RequestGuardTests(SharedBrokers brokers) : IClassFixture<SharedBrokers>
{
    [Theory]
    [InlineData("evil.example")]
    [InlineData("evil.example:8420")]
    [InlineData("127.0.0.1.evil.example")]
    [InlineData("localhost.evil.example")]
    [InlineData("169.254.169.254")]
    [InlineData("0.0.0.0")]
    public async Task Name_that_is_not_ours_is_misdirected_on_loopback(string host)
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var head = await broker.HeadAsync();
        var request = new HttpRequestMessage(HttpMethod.Get, "/.well-known/oauth-authorization-server");
        request.Headers.Host = host;

        var reply = await Reply.OfAsync(await broker.Http.SendAsync(request));

        Assert.Equal((421, "wrong_host"), (reply.Status, reply.Code));
        Assert.DoesNotContain(broker.Issuer, reply.Text, StringComparison.Ordinal);
        Assert.Equal("wrong_host", Assert.Single(await broker.RecordsAsync(head)).GetProperty("reason").GetString());
    }

    [Theory]
    [InlineData("localhost")]
    [InlineData("LOCALHOST:1")]
    [InlineData("127.0.0.1")]
    [InlineData("127.8.8.8:99")]
    [InlineData("[::1]:8420")]
    public async Task Loopback_names_are_served_and_change_nothing(string host)
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var request = new HttpRequestMessage(HttpMethod.Get, "/.well-known/oauth-authorization-server");
        request.Headers.Host = host;

        var reply = await Reply.OfAsync(await broker.Http.SendAsync(request));

        Assert.Equal(200, reply.Status);
        Assert.Equal(broker.Issuer, reply["issuer"]);
        Assert.Equal(broker.Issuer + "/oauth/token", reply["token_endpoint"]);
    }

    [Theory]
    [InlineData("GET", "/nothing", 404, "not_found")]
    [InlineData("POST", "/v1/nothing.php", 404, "not_found")]
    [InlineData("GET", "/oauth/token", 405, "method_not_allowed")]
    [InlineData("DELETE", "/v1/tasks", 405, "method_not_allowed")]
    [InlineData("HEAD", "/v1/tasks", 405, null)]
    [InlineData("TRACE", "/oauth/token", 405, "method_not_allowed")]
    [InlineData("BREW", "/oauth/token", 405, "method_not_allowed")]
    public async Task Unknown_path_or_method_is_a_problem_document(string method, string path, int status, string? code)
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);

        using var response = await broker.Http.SendAsync(new HttpRequestMessage(new HttpMethod(method), path));
        var allowed = response.Content.Headers.Allow.Count;
        var reply = await Reply.OfAsync(response);

        Assert.Equal((status, code), (reply.Status, reply.Code));
        Assert.Equal("application/problem+json", reply.ContentType);
        Assert.Equal(status == 405, allowed > 0);
    }

    [Fact]
    public async Task Options_names_the_methods_and_opens_nothing_to_other_origins()
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var request = new HttpRequestMessage(HttpMethod.Options, "/oauth/token");
        request.Headers.Add("Origin", "https://evil.example");
        request.Headers.Add("Access-Control-Request-Method", "POST");

        using var response = await broker.Http.SendAsync(request);

        Assert.Equal(204, (int)response.StatusCode);
        Assert.Equal(["OPTIONS", "POST"], response.Content.Headers.Allow.Order(StringComparer.Ordinal));
        Assert.DoesNotContain(
            response.Headers, h => h.Key.StartsWith("Access-Control", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task Head_of_a_public_document_is_its_headers()
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);

        var request = new HttpRequestMessage(HttpMethod.Head, "/oauth/jwks");
        var reply = await Reply.OfAsync(await broker.Http.SendAsync(request));

        Assert.Equal((200, ""), (reply.Status, reply.Text));
        Assert.Equal("application/json", reply.ContentType);
    }

    [Fact]
    public async Task Every_answer_bears_a_request_id_of_ours()
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var request = new HttpRequestMessage(HttpMethod.Get, "/nothing");
        request.Headers.Add("X-Request-Id", "chosen-by-the-caller");

        var reply = await Reply.OfAsync(await broker.Http.SendAsync(request));

        var id = Assert.Single(reply.Headers.GetValues("X-Request-Id"));
        Assert.StartsWith("req_", id, StringComparison.Ordinal);
        Assert.Equal(id, reply["request_id"]);
    }

    [Theory]
    [InlineData("/v1/tasks", 404)]
    [InlineData("/oauth/token", 404)]
    [InlineData("/.well-known/oauth-authorization-server", 404)]
    [InlineData("/livez", 200)]
    [InlineData("/readyz", 200)]
    [InlineData("/metrics", 200)]
    public async Task Management_listener_serves_health_and_metrics_alone(string path, int status)
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);

        using var response = await broker.Http.GetAsync(broker.ManagementOrigin + path);

        Assert.Equal(status, (int)response.StatusCode);
    }

    [Fact]
    public async Task Metrics_are_on_the_management_listener_alone_where_there_is_one()
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);

        using var response = await broker.Http.GetAsync("/metrics");

        Assert.Equal(404, (int)response.StatusCode);
    }
}
