using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Writ.Protocol;

namespace Writ.Client.Tests;

public sealed class AddWritTests : IAsyncLifetime
{
    private ProtectedApi _api = null!;

    public async ValueTask InitializeAsync() => _api = await ProtectedApi.StartAsync();

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    [Fact]
    public async Task Token_with_its_proof_is_let_in_and_names_who_acts()
    {
        using var answer = await _api.SendAsync(_api.Token("orders:read"));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("spiffe://example.org/agent/billing", await answer.Content.ReadAsStringAsync());
    }

    // It would answer 403 for ever, and nobody would know why.
    [Fact]
    public async Task Endpoint_that_requires_an_unknown_resource_lets_nothing_start()
    {
        await using var broker = await FakeBroker.StartAsync();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddWrit(writ =>
        {
            writ.Issuer = broker.Url;
            writ.ClientId = "spiffe://example.org/workload/orders-api";
            writ.Key = key;
            writ.Resources["invoices"] = "https://invoices.example.org";
        });
        await using var app = builder.Build();
        app.MapGet("/invoices", () => "no").RequireWrit("invoices:read", "invoicez");

        var fault = await Assert.ThrowsAsync<OptionsValidationException>(() => app.StartAsync());

        Assert.Contains("invoices:read@invoicez, but Resources names", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Endpoint_without_requirement_stays_open()
    {
        using var answer = await _api.SendOnceAsync(token: null, "/open");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    // RFC 6750 §3.1, last paragraph: no error code for a request without credentials.
    [Fact]
    public async Task Request_without_token_is_challenged()
    {
        using var answer = await _api.SendOnceAsync(token: null);
        await AssertRefusedAsync(answer, 401, "token_missing");
        var challenge = answer.Headers.WwwAuthenticate.Single();
        Assert.Equal("DPoP", challenge.Scheme);
        Assert.DoesNotContain("error=", challenge.Parameter, StringComparison.Ordinal);
        Assert.Contains(
            "resource_metadata=\"https://orders.example.org/.well-known/oauth-protected-resource\"",
            challenge.Parameter,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Token_for_another_action_is_refused()
    {
        using var answer = await _api.SendAsync(_api.Token("orders:read"), method: "POST");
        await AssertRefusedAsync(answer, 403, "insufficient_scope");
        var challenge = answer.Headers.WwwAuthenticate.Single().Parameter;
        Assert.Contains("error=\"insufficient_scope\"", challenge, StringComparison.Ordinal);
        Assert.Contains("scope=\"orders:create\"", challenge, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Token_is_no_good_at_a_resource_that_it_does_not_name()
    {
        using var answer = await _api.SendAsync(_api.Token("orders:read"), "/elsewhere");
        await AssertRefusedAsync(answer, 403, "insufficient_scope");
    }

    [Theory]
    [InlineData("/orders/o-1", HttpStatusCode.OK)]
    [InlineData("/orders/o-2", HttpStatusCode.Forbidden)]
    [InlineData("/orders", HttpStatusCode.Forbidden)]
    public async Task Token_for_one_thing_is_good_for_this_thing_alone(string path, HttpStatusCode status)
    {
        var one = AuthorizationDetail.Of([ActionName.Parse("orders:read")], [Issuer.Orders], null, "o-1");
        using var answer = await _api.SendAsync(_api.Token(c => c with { Authority = Authority.Of(one) }), path);
        Assert.Equal(status, answer.StatusCode);
    }

    [Theory]
    [InlineData("/data/invoice", HttpStatusCode.OK)]
    [InlineData("/data/salary", HttpStatusCode.Forbidden)]
    public async Task Token_for_one_kind_of_data_is_good_for_this_kind_alone(string path, HttpStatusCode status)
    {
        var one = AuthorizationDetail.Of([ActionName.Parse("orders:read")], [Issuer.Orders], ["invoice"]);
        using var answer = await _api.SendAsync(_api.Token(c => c with { Authority = Authority.Of(one) }), path);
        Assert.Equal(status, answer.StatusCode);
    }

    [Fact]
    public async Task Stolen_token_without_key_is_refused()
    {
        var token = _api.Token("orders:read");
        using var thief = new Holder();
        using var bare = await _api.SendOnceAsync(token, change: request => request.Headers.Remove("DPoP"));
        await AssertRefusedAsync(bare, 401, "proof_missing");

        using var bearer = await _api.SendOnceAsync(
            token: null, change: request => request.Headers.Add("Authorization", "Bearer " + token));
        await AssertRefusedAsync(bearer, 401, "wrong_scheme");

        using var forged = await _api.SendOnceAsync(token, change: request =>
        {
            request.Headers.Remove("DPoP");
            request.Headers.Add("DPoP", thief.Prove(token, TimeProvider.System.GetUtcNow()));
        });
        await AssertRefusedAsync(forged, 401, "proof_wrong_key");
    }

    [Fact]
    public async Task Replayed_request_is_refused()
    {
        var token = _api.Token("orders:read");
        (await _api.SendAsync(token)).Dispose();
        var proof = _api.Proof(token);
        Action<HttpRequestMessage> same = request =>
        {
            request.Headers.Remove("DPoP");
            request.Headers.Add("DPoP", proof);
        };
        using var first = await _api.SendOnceAsync(token, change: same);
        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        using var second = await _api.SendOnceAsync(token, change: same);
        await AssertRefusedAsync(second, 401, "proof_replayed");
    }

    // The proof is for the address by configuration: neither Host nor X-Forwarded-Host has a say.
    [Fact]
    public async Task Host_header_does_not_choose_the_htu()
    {
        var token = _api.Token("orders:read");
        using var answer = await _api.SendOnceAsync(token, change: request =>
        {
            request.Headers.Host = "evil.example.org";
            request.Headers.Add("X-Forwarded-Host", "evil.example.org");
            request.Headers.Remove("DPoP");
            request.Headers.Add("DPoP", _api.Proof(token, origin: "http://evil.example.org"));
        });
        await AssertRefusedAsync(answer, 401, "proof_invalid");
    }

    [Fact]
    public async Task Two_tokens_or_two_proofs_are_refused()
    {
        var token = _api.Token("orders:read");
        using var tokens = await _api.SendOnceAsync(token, change: request =>
            request.Headers.TryAddWithoutValidation("Authorization", "DPoP " + token));
        Assert.NotEqual(HttpStatusCode.OK, tokens.StatusCode);
        using var proofs = await _api.SendOnceAsync(token, change: request =>
            request.Headers.Add("DPoP", _api.Proof(token)));
        await AssertRefusedAsync(proofs, 401, "proof_invalid");
    }

    // RFC 9728 §2 and §3.2
    [Fact]
    public async Task Metadata_is_served_to_anybody()
    {
        using var answer = await _api.SendOnceAsync(token: null, "/.well-known/oauth-protected-resource");
        var metadata = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
        Assert.Equal(Issuer.Orders, (string?)metadata["resource"]);
        Assert.Equal(_api.Broker.Url, (string?)metadata["authorization_servers"]![0]);
        Assert.True((bool?)metadata["dpop_bound_access_tokens_required"]);
    }

    [Fact]
    public async Task Rotated_key_is_fetched_when_its_kid_appears_and_strangers_cause_no_flood()
    {
        (await _api.SendAsync(_api.Token("orders:read"))).Dispose();
        var before = _api.Broker.JwksRequests;
        var began = TimeProvider.System.GetTimestamp();
        using var stranger = new Issuer(_api.Broker.Url);
        for (var i = 0; i < 5; i++)
        {
            stranger.RotateTokenKey($"invented-{i}");
            var claims = stranger.Claims(TimeProvider.System.GetUtcNow(), _api.Holder.Binding, "orders:read");
            using var refused = await _api.SendAsync(stranger.Sign(claims));
            await AssertRefusedAsync(refused, 401, "token_signature_invalid");
        }

        var intervals = TimeProvider.System.GetElapsedTime(began) / RemoteKeys.MinInterval;
        Assert.InRange(_api.Broker.JwksRequests - before, 0, 1 + (int)intervals);
        _api.Broker.Issuer.RotateTokenKey("t2");
        await Task.Delay(RemoteKeys.MinInterval);
        using var answer = await _api.SendAsync(_api.Token("orders:read"));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task Nonce_is_demanded_where_it_is_configured()
    {
        await using var strict = await ProtectedApi.StartAsync(writ => writ.RequireNonce = true);
        var token = strict.Token("orders:read");
        using var first = await strict.SendOnceAsync(token);
        await AssertRefusedAsync(first, 401, "use_dpop_nonce");
        Assert.NotEmpty(strict.Nonce);
        using var second = await strict.SendOnceAsync(token);
        Assert.Equal(HttpStatusCode.OK, second.StatusCode);
    }

    [Fact]
    public async Task Without_the_issuers_keys_nobody_is_let_in()
    {
        await using var api = await ProtectedApi.StartAsync(writ => writ.Issuer = "http://127.0.0.1:1", waits: false);
        using var answer = await api.SendOnceAsync(api.Token("orders:read"));
        await AssertRefusedAsync(answer, 503, "issuer_keys_unavailable");
    }

    private static async Task AssertRefusedAsync(HttpResponseMessage answer, int status, string code)
    {
        var problem = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
        Assert.Equal((status, code), ((int)answer.StatusCode, (string?)problem["code"]));
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
    }
}
