using System.Text.Json;
using Writ.Server.Keys;

namespace Writ.Server.Tests.Users;

/// <summary>The keys of a users' issuer: rotated, withdrawn, out of reach.</summary>
public sealed class TrustedIssuerTests
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(11);

    [Fact]
    public async Task New_kid_is_learned_and_the_old_one_holds_while_it_is_published()
    {
        await using var w = await UserWorld.StartAsync(Engine.Sqlite);
        var old = await w.TokenOfAsync("alice");
        Assert.Equal(200, (await w.ExchangeAsync(old)).Status);
        await w.Issuer.RotateAsync();
        await w.Broker.AdvanceAsync(Pause);

        Assert.Equal(200, (await w.ExchangeAsync(await w.TokenOfAsync("alice"))).Status);
        Assert.Equal(200, (await w.ExchangeAsync(old)).Status);
    }

    [Fact]
    public async Task Withdrawn_key_is_refused_once_the_keys_are_read_again()
    {
        await using var w = await UserWorld.StartAsync(Engine.Sqlite);
        var old = await w.TokenOfAsync("alice");
        Assert.Equal(200, (await w.ExchangeAsync(old)).Status);
        await w.Issuer.RotateAsync(withdrawsOld: true);
        await w.Broker.AdvanceAsync(TimeSpan.FromMinutes(10) + Pause);

        Assert.Equal("subject_token_invalid", (await w.ExchangeAsync(old)).Code);
    }

    [Fact]
    public async Task Issuer_out_of_reach_is_refused_and_found_again()
    {
        await using var w = await UserWorld.StartAsync(Engine.Sqlite);
        var token = await w.TokenOfAsync("alice");
        await w.Issuer.BecomeAsync(down: true);
        Assert.Equal("subject_token_invalid", (await w.ExchangeAsync(token)).Code);
        await w.Issuer.BecomeAsync(garbled: true);
        await w.Broker.AdvanceAsync(Pause);
        Assert.Equal("subject_token_invalid", (await w.ExchangeAsync(token)).Code);
        await w.Issuer.BecomeAsync();
        await w.Broker.AdvanceAsync(Pause);

        Assert.Equal(200, (await w.ExchangeAsync(token)).Status);
    }

    [Fact]
    public async Task Known_keys_outlast_a_short_absence_and_not_a_long_one()
    {
        await using var w = await UserWorld.StartAsync(Engine.Sqlite);
        Assert.Equal(200, (await w.ExchangeAsync(await w.TokenOfAsync("alice"))).Status);
        await w.Issuer.BecomeAsync(down: true);
        await w.Broker.AdvanceAsync(TimeSpan.FromMinutes(30));
        Assert.Equal(200, (await w.ExchangeAsync(await w.TokenOfAsync("alice"))).Status);
        await w.Broker.AdvanceAsync(TimeSpan.FromMinutes(31));

        Assert.Equal("subject_token_invalid", (await w.ExchangeAsync(await w.TokenOfAsync("alice"))).Code);
    }

    [Fact]
    public async Task Unknown_kids_do_not_make_us_hammer_the_issuer()
    {
        await using var w = await UserWorld.StartAsync(Engine.Sqlite);
        for (var i = 0; i < 10; i++)
        {
            var token = await w.Issuer.MintAsync(w.Claims(), header: new { kid = $"unknown-{i}" });
            Assert.Equal("subject_token_invalid", (await w.ExchangeAsync(token)).Code);
        }

        Assert.Equal(1, await w.Issuer.FetchesAsync());
    }

    // Who writes the issuer's discovery document must not make the broker ask whatever it can reach.
    [Theory]
    [InlineData("https://idp.example", "https://idp.example/jwks", true)]
    [InlineData("https://idp.example/tenant", "https://IDP.example:443/keys", true)]
    [InlineData("https://idp.example", "https://idp.example:444/jwks", false)]
    [InlineData("https://idp.example", "https://keys.idp.example/jwks", false)]
    [InlineData("https://idp.example", "https://169.254.169.254/latest", false)]
    [InlineData("https://idp.example", "http://idp.example/jwks", false)]
    [InlineData("https://idp.example", "http://127.0.0.1:8080/admin", false)]
    [InlineData("http://127.0.0.1:9", "http://127.0.0.1:9/jwks", true)]
    [InlineData("http://127.0.0.1:9", "http://127.0.0.1:10/jwks", false)]
    [InlineData("http://idp.example", "http://idp.example/jwks", false)]
    public async Task Keys_are_fetched_at_the_issuers_origin_alone(string issuer, string keys, bool isFetched)
    {
        using var network = new Network(issuer, keys);
        using var http = new HttpClient(network);
        var trusted = new TrustedIssuer(
            new Server.Edge.UserIssuer("corp", issuer, null, "writ", "sub", []), http, TimeProvider.System);

        Assert.Equal(isFetched, await trusted.KeysAsync(null, default) is not null);
        Assert.Equal(isFetched, network.Asked.Contains(new Uri(keys)));
    }

    [Theory]
    [InlineData("https://idp.example", "https://keys.example/jwks", true)]
    [InlineData("https://idp.example", "http://127.0.0.1:8080/jwks", false)]
    [InlineData("http://127.0.0.1:9", "http://127.0.0.1:10/jwks", true)]
    public async Task Keys_are_fetched_where_the_configuration_says(string issuer, string keys, bool isFetched)
    {
        using var network = new Network(issuer, keys);
        using var http = new HttpClient(network);
        var trusted = new TrustedIssuer(
            new Server.Edge.UserIssuer("corp", issuer, keys, "writ", "sub", []), http, TimeProvider.System);

        Assert.Equal(isFetched, await trusted.KeysAsync(null, default) is not null);
        Assert.Equal(isFetched ? [new Uri(keys)] : [], network.Asked);
    }

    [Fact]
    public async Task Agent_that_the_issuer_was_not_opened_to_is_refused()
    {
        await using var w = await UserWorld.StartAsync(Engine.Sqlite, settings => settings with
        {
            UserIssuers = [settings.UserIssuers[0] with { AllowedAgents = ["spiffe://example.org/agent/somebody"] }],
        });

        Assert.Equal("subject_token_invalid", (await w.ExchangeAsync(await w.TokenOfAsync("alice"))).Code);
    }

    /// <summary>Answers a discovery document at the issuer, and keys wherever it says that they are.</summary>
    private sealed class Network(string issuer, string keys) : HttpMessageHandler
    {
        public List<Uri> Asked { get; } = [];

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancel)
        {
            Asked.Add(request.RequestUri!);
            var json = request.RequestUri == new Uri(keys)
                ? """{"keys":[]}"""
                : JsonSerializer.Serialize(new { issuer, jwks_uri = keys });
            return Task.FromResult(new HttpResponseMessage { Content = new StringContent(json) });
        }
    }
}
