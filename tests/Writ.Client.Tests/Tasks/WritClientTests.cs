using System.Net;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Writ.Protocol;

namespace Writ.Client.Tests;

public sealed class WritClientTests : IAsyncLifetime
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    // Begins at the broker's time, and is moved by less than the broker's skew.
    private readonly FakeTime _time = new(TimeProvider.System.GetUtcNow());
    private FakeBroker _broker = null!;
    private FakeApi _api = null!;
    private WritClient _writ = null!;

    public async ValueTask InitializeAsync()
    {
        _broker = await FakeBroker.StartAsync();
        _api = await FakeApi.StartAsync();
        _broker.ClientKey = Jwk.FromEcdsa(_key);
        _broker.Resources["orders"] = _api.Url;
        _writ = new WritClient(new WritClientOptions
        {
            Issuer = _broker.Url,
            ClientId = "spiffe://example.org/agent/billing",
            Key = _key,
            Time = _time,
        });
    }

    public async ValueTask DisposeAsync()
    {
        _writ.Dispose();
        await _broker.DisposeAsync();
        await _api.DisposeAsync();
        _key.Dispose();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Too_soon_is_asked_for_again_once_when_the_broker_says(int times)
    {
        var said = 0;
        _broker.OnToken = _ => said++ < times ? new Later() : null;
        using var writ = new WritClient(new WritClientOptions
        {
            Issuer = _broker.Url,
            ClientId = "spiffe://example.org/agent/billing",
            Key = _key,
        });

        var began = TimeProvider.System.GetTimestamp();
        var error = await Record.ExceptionAsync(() => writ.Management.SendAsync(HttpMethod.Get, "/v1/tasks"));

        Assert.Equal(times == 1 ? null : "too_soon", (error as WritException)?.Code);
        Assert.Equal(2, said);
        Assert.True(TimeProvider.System.GetElapsedTime(began) >= TimeSpan.FromSeconds(1));
    }

    private sealed class Later : IResult
    {
        public Task ExecuteAsync(HttpContext http)
        {
            http.Response.Headers.RetryAfter = "1";
            return Results.Json(new { error = "temporarily_unavailable", code = "too_soon" }, statusCode: 503)
                .ExecuteAsync(http);
        }
    }

    [Fact]
    public async Task Task_is_opened_and_ended_by_dispose()
    {
        await using (var task = await _writ.OpenTaskAsync("invoices", "orders:read@orders"))
            Assert.Equal("task-1", task.Id);

        var calls = _broker.Calls.ToArray();
        Assert.Equal("/v1/tasks", calls[0].Path);
        Assert.Equal("orders:read@orders", (string?)calls[0].Body!["grants"]![0]);
        Assert.Equal("/v1/tasks/task-1/end", calls[^1].Path);
        Assert.Equal("completed", (string?)calls[^1].Body!["status"]);
    }

    [Fact]
    public async Task Task_is_disposed_twice_and_ended_once()
    {
        var task = await _writ.OpenTaskAsync("invoices");
        await task.DisposeAsync();
        await task.DisposeAsync();
        Assert.Single(_broker.Calls, call => call.Path.EndsWith("/end", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(429)]
    [InlineData(408)]
    public async Task Not_so_fast_is_no_refusal(int status)
    {
        await using var task = await _writ.OpenTaskAsync("invoices");
        _broker.OnCall = path => path.EndsWith("/heartbeat", StringComparison.Ordinal)
            ? Results.Json(new { code = "too_many_refusals" }, statusCode: status)
            : null;
        var fault = await Assert.ThrowsAsync<WritException>(() => task.HeartbeatAsync());
        Assert.False(fault.IsRefusal);
    }

    [Fact]
    public async Task Cancelled_task_is_not_completed_by_dispose()
    {
        await using (var task = await _writ.OpenTaskAsync("invoices"))
            await task.CancelAsync("gave up");
        var end = Assert.Single(_broker.Calls, call => call.Path.EndsWith("/end", StringComparison.Ordinal));
        Assert.Equal("cancelled", (string?)end.Body!["status"]);
    }

    [Fact]
    public async Task Request_carries_the_token_and_a_proof_for_it()
    {
        await using var task = await _writ.OpenTaskAsync("invoices");
        using var http = task.CreateClient("orders:read@orders");
        Assert.Equal("fine", await http.GetStringAsync(_api.Url + "/orders?status=open"));

        var sent = Assert.Single(_api.Requests);
        var token = sent.Headers["Authorization"]["DPoP ".Length..];
        var proof = DpopProof.Verify(sent.Headers["DPoP"], Expect("GET", "/orders", token));
        Assert.Equal(_writ.ProofKeyThumbprint, Assert.IsType<DpopOutcome.Valid>(proof).Proof.Jkt);
        Assert.Equal("task-1", (string?)_broker.TokenRequests.Last()["task"]);
    }

    [Fact]
    public async Task Token_is_cached_per_ask()
    {
        await using var task = await _writ.OpenTaskAsync("invoices");
        var before = _broker.TokenRequests.Count;
        using var http = task.CreateClient("orders:read@orders");
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => http.GetStringAsync(_api.Url + "/orders")));
        Assert.Equal(before + 1, _broker.TokenRequests.Count);
    }

    [Fact]
    public async Task Token_is_renewed_before_it_ends()
    {
        _broker.TokenLife = TimeSpan.FromSeconds(2);
        await using var task = await _writ.OpenTaskAsync("invoices");
        var first = await task.GetTokenAsync(TokenAsk.For("orders"));
        _time.Advance(TimeSpan.FromSeconds(1.5));
        Assert.Equal(first.Value, (await task.GetTokenAsync(TokenAsk.For("orders"))).Value);
        _time.Advance(TimeSpan.FromSeconds(0.2));
        Assert.NotEqual(first.Value, (await task.GetTokenAsync(TokenAsk.For("orders"))).Value);
        Assert.True(_time.GetUtcNow() < first.ExpiresAt);
    }

    // RFC 9449 §8.2
    [Fact]
    public async Task Changed_nonce_of_the_broker_is_taken_up()
    {
        await using var task = await _writ.OpenTaskAsync("invoices");
        _broker.Nonce = "nonce-2";
        Assert.NotNull(await task.GetTokenAsync(TokenAsk.For("orders")));
        _broker.Nonce = "nonce-3";
        await task.HeartbeatAsync();
    }

    // RFC 9449 §9
    [Fact]
    public async Task Nonce_of_the_resource_is_taken_up_and_the_body_sent_again()
    {
        _api.OnRequest = http => Challenge(http, "use_dpop_nonce", unless: NonceOf(http) == "resource-nonce");
        await using var task = await _writ.OpenTaskAsync("invoices");
        using var http = task.CreateClient("orders:read@orders");
        using var answer = await http.PostAsync(_api.Url + "/orders", new StringContent("the body"));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(["the body", "the body"], _api.Requests.Select(request => request.Body));
    }

    [Fact]
    public async Task Refused_token_is_replaced_once()
    {
        var refused = 0;
        _api.OnRequest = http => Challenge(http, "invalid_token", unless: refused++ > 0);
        await using var task = await _writ.OpenTaskAsync("invoices");
        using var http = task.CreateClient("orders:read@orders");
        using var answer = await http.GetAsync(_api.Url + "/orders");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(2, _api.Requests.Select(request => request.Headers["Authorization"]).Distinct().Count());
    }

    [Fact]
    public async Task Resource_that_always_refuses_is_not_asked_for_ever()
    {
        _api.OnRequest = http => Challenge(http, "invalid_token", unless: false);
        await using var task = await _writ.OpenTaskAsync("invoices");
        using var http = task.CreateClient("orders:read@orders");
        using var answer = await http.GetAsync(_api.Url + "/orders");
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Equal(2, _api.Requests.Count);
    }

    [Fact]
    public async Task Token_is_never_sent_to_another_origin()
    {
        await using var elsewhere = await FakeApi.StartAsync();
        await using var task = await _writ.OpenTaskAsync("invoices");
        using var http = task.CreateClient("orders:read@orders");
        var refusal = await Assert.ThrowsAsync<WritException>(() => http.GetAsync(elsewhere.Url + "/orders"));
        Assert.Equal("wrong_resource", refusal.Code);
        Assert.Empty(elsewhere.Requests);
    }

    [Theory]
    [InlineData("/shop", "/shop", true)]
    [InlineData("/shop", "/shop/orders", true)]
    [InlineData("/shop", "/shopping", false)]
    [InlineData("/shop", "/shop/../admin", false)]
    [InlineData("/shop", "/shop/%2e%2e/admin", false)]
    [InlineData("/shop", "/", false)]
    public async Task Token_is_never_sent_beside_the_path_of_its_resource(string resource, string path, bool isSent)
    {
        _broker.Resources["orders"] = _api.Url + resource;
        await using var task = await _writ.OpenTaskAsync("invoices");
        using var http = task.CreateClient("orders:read@orders");
        if (isSent)
            await http.GetStringAsync(_api.Url + path);
        else
            await Assert.ThrowsAsync<WritException>(() => http.GetStringAsync(_api.Url + path));
        Assert.Equal(isSent, !_api.Requests.IsEmpty);
    }

    [Fact]
    public async Task Redirect_is_not_followed_with_the_token()
    {
        await using var elsewhere = await FakeApi.StartAsync();
        _api.OnRequest = http =>
        {
            http.Response.Redirect(elsewhere.Url + "/steal");
            return Task.CompletedTask;
        };
        await using var task = await _writ.OpenTaskAsync("invoices");
        using var http = task.CreateClient("orders:read@orders");
        using var answer = await http.GetAsync(_api.Url + "/orders");
        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        Assert.Empty(elsewhere.Requests);
    }

    [Fact]
    public void Transport_that_follows_redirects_is_not_taken()
    {
        using var follows = new SocketsHttpHandler();
        Assert.Throws<ArgumentException>(() => new WritClient(new WritClientOptions
        {
            Issuer = _broker.Url,
            ClientId = "spiffe://example.org/agent/billing",
            Key = _key,
            Handler = follows,
        }));
    }

    [Theory]
    [InlineData("http://writ.example.org")]
    [InlineData("https://writ.example.org/")]
    [InlineData("https://user@writ.example.org")]
    [InlineData("writ.example.org")]
    public void Issuer_that_is_no_safe_origin_is_not_taken(string issuer) =>
        Assert.Throws<ArgumentException>(() => new WritClient(new WritClientOptions
        {
            Issuer = issuer,
            ClientId = "spiffe://example.org/agent/billing",
            Key = _key,
        }));

    [Fact]
    public async Task Refusal_carries_code_reason_and_decision()
    {
        _broker.OnToken = form => form.ContainsKey("task")
            ? Results.Json(
                new { error = "access_denied", error_description = "no", code = "not_entitled", decision_id = "dec-7" },
                statusCode: 403)
            : null;
        await using var task = await _writ.OpenTaskAsync("invoices");
        var refusal = await Assert.ThrowsAsync<WritException>(() => task.GetTokenAsync(TokenAsk.For("orders")));
        Assert.Equal(("not_entitled", "access_denied", "dec-7", 403),
            (refusal.Code, refusal.Reason, refusal.DecisionId, refusal.Status));
        Assert.True(refusal.IsRefusal);
    }

    [Fact]
    public async Task Exception_shows_no_secret_even_if_the_broker_echoes_it()
    {
        _broker.OnToken = form => Results.Json(
            new { error = "invalid_client", error_description = "bad: " + form["client_assertion"] }, statusCode: 401);
        var refusal = await Assert.ThrowsAsync<WritException>(() => _writ.OpenTaskAsync("invoices"));
        var assertion = _broker.TokenRequests.Last()["client_assertion"].ToString();
        Assert.DoesNotContain(assertion[..40], refusal.ToString(), StringComparison.Ordinal);
        Assert.Contains("[removed]", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unbound_token_is_not_accepted_from_the_broker()
    {
        _broker.OnToken = _ => Results.Json(new { access_token = "x", token_type = "Bearer", expires_in = 60 });
        var fault = await Assert.ThrowsAsync<WritException>(() => _writ.OpenTaskAsync("invoices"));
        Assert.Equal("broker_answer_malformed", fault.Code);
    }

    [Fact]
    public async Task Unreachable_broker_is_said_to_be_so()
    {
        using var writ = new WritClient(new WritClientOptions
        {
            Issuer = "http://127.0.0.1:1",
            ClientId = "spiffe://example.org/agent/billing",
            Key = _key,
        });
        var fault = await Assert.ThrowsAsync<WritException>(() => writ.OpenTaskAsync("invoices"));
        Assert.Equal("broker_unreachable", fault.Code);
        Assert.False(fault.IsRefusal);
    }

    [Fact]
    public async Task Handed_on_work_is_exchanged_with_a_ticket_by_the_tokens_key()
    {
        await using var task = await _writ.OpenTaskAsync("invoices");
        var handedOn = await task.HandOnAsync("spiffe://example.org/agent/helper", TokenAsk.Of("orders:read@orders"));
        var outcome = ExchangeTicket.Verify(handedOn.Ticket!, new ExchangeTicketExpectation(
            _broker.Url,
            "spiffe://example.org/agent/helper",
            [_api.Url],
            handedOn.SubjectToken,
            _writ.ProofKeyThumbprint,
            TimeProvider.System.GetUtcNow(),
            TimeSpan.FromSeconds(5),
            Keys: null));
        Assert.IsType<ExchangeTicketOutcome.Valid>(outcome);

        await using var child = await _writ.ExchangeAsync(handedOn);
        var form = _broker.TokenRequests.Last();
        Assert.Equal(handedOn.SubjectToken, (string?)form["subject_token"]);
        Assert.Equal(handedOn.Ticket, (string?)form["ticket"]);
        using var http = new HttpClient(child.CreateHandler(TokenAsk.For(handedOn.Resource)));
        Assert.Equal("fine", await http.GetStringAsync(_api.Url + "/orders"));
    }

    [Fact]
    public async Task Delegated_token_is_not_renewed()
    {
        _broker.TokenLife = TimeSpan.FromSeconds(1);
        await using var child = await _writ.ExchangeAsync(new HandedOn("subject", null, _api.Url));
        await child.GetTokenAsync(TokenAsk.For(_api.Url));
        _time.Advance(TimeSpan.FromSeconds(1.1));
        var ended = await Assert.ThrowsAsync<WritException>(() => child.GetTokenAsync(TokenAsk.For(_api.Url)));
        Assert.Equal("delegation_ended", ended.Code);
    }

    [Fact]
    public async Task Heartbeats_are_sent_and_the_brokers_end_is_heard()
    {
        await using var task = await _writ.OpenTaskAsync(
            new TaskRequest { Purpose = "invoices", Silence = TimeSpan.FromMilliseconds(150) });
        await Eventually.IsTrueAsync(
            () => _broker.Calls.Count(c => c.Path.EndsWith("/heartbeat", StringComparison.Ordinal)) > 1, "it beats");
        _broker.OnCall = path => path.EndsWith("/heartbeat", StringComparison.Ordinal)
            ? Results.Json(new { code = "task_not_open" }, statusCode: 409)
            : null;
        var end = await task.EndedByBroker.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal("task_not_open", end.Code);
    }

    [Fact]
    public async Task Dispose_says_so_when_the_broker_cannot_be_told()
    {
        var task = await _writ.OpenTaskAsync("invoices");
        _broker.OnCall = _ => Results.StatusCode(503);
        var fault = await Assert.ThrowsAsync<WritException>(async () => await task.DisposeAsync());
        Assert.Equal(503, fault.Status);
        Assert.Equal(3, _broker.Calls.Count(c => c.Path.EndsWith("/end", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Introspection_tells_whether_a_token_is_active()
    {
        Assert.True((await _writ.IntrospectAsync("token")).IsActive);
        _broker.IsActive = false;
        Assert.False((await _writ.IntrospectAsync("token")).IsActive);
        await _writ.RevokeAsync("token");
    }

    private static string? NonceOf(HttpContext http) =>
        Jws.TryRead(http.Request.Headers["DPoP"], JwsLimits.Default, out var jws, out _)
        && jws.PayloadUnverified.TryGetProperty("nonce", out var nonce)
            ? nonce.GetString()
            : null;

    private static async Task Challenge(HttpContext http, string error, bool unless)
    {
        if (unless)
        {
            await http.Response.WriteAsync("fine");
            return;
        }

        http.Response.StatusCode = 401;
        http.Response.Headers.WWWAuthenticate = $"DPoP error=\"{error}\"";
        http.Response.Headers["DPoP-Nonce"] = "resource-nonce";
    }

    private DpopExpectation Expect(string method, string path, string token) => new(
        method,
        _api.Url + path,
        TimeProvider.System.GetUtcNow(),
        TimeSpan.FromSeconds(60),
        TimeSpan.FromSeconds(5),
        token,
        NonceIsValid: null,
        Keys: null);
}
