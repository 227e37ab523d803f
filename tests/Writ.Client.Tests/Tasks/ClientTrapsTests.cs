using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Writ.Protocol;

namespace Writ.Client.Tests;

/// <summary>What a newcomer to the SDK gets wrong: it works, or it says what is wrong.</summary>
public sealed class ClientTrapsTests : IAsyncLifetime
{
    private const string Agent = "spiffe://example.org/agent/billing";
    private readonly string _folder = Directory.CreateTempSubdirectory("writ-traps-").FullName;
    private FakeBroker _broker = null!;

    private string KeyFile => Path.Combine(_folder, "agent.pem");

    public async ValueTask InitializeAsync()
    {
        _broker = await FakeBroker.StartAsync();
        using var key = AgentKey.CreateFile(KeyFile);
        _broker.ClientKey = Jwk.FromEcdsa(key);
    }

    public async ValueTask DisposeAsync()
    {
        await _broker.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Key_file_is_an_option_like_the_key()
    {
        using var writ = new WritClient(Options());

        await using var task = await writ.OpenTaskAsync("invoices");

        Assert.Equal("task-1", task.Id);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Assert.Throws<ArgumentException>(() => new WritClient(Options() with { Key = key }));
    }

    [Fact]
    public async Task Client_for_the_one_place_of_a_task_knows_its_address()
    {
        _broker.Resources["orders"] = "https://orders.example.org/v2";
        _broker.Resources["bills"] = "https://bills.example.org";
        using var writ = new WritClient(Options());
        await using var one = await writ.OpenTaskAsync("invoices", "orders:read@orders");
        await using var two = await writ.OpenTaskAsync("invoices", "orders:read@orders", "bills:read@bills");
        await using var same = await writ.OpenTaskAsync("invoices", "orders:read@orders", "orders:read@bills");

        Assert.Equal("https://orders.example.org/v2/", one.CreateClient("orders:read@orders").BaseAddress?.AbsoluteUri);
        Assert.Equal("https://bills.example.org/", two.CreateClient("bills:read@bills").BaseAddress?.AbsoluteUri);
        Assert.Null(same.CreateClient("orders:read@orders").BaseAddress);
    }

    [Fact]
    public async Task Broker_that_is_not_there_is_named()
    {
        using var writ = new WritClient(Options() with { Issuer = "http://127.0.0.1:9" });

        var fault = await Assert.ThrowsAsync<WritException>(() => writ.OpenTaskAsync("invoices"));

        Assert.Equal("The broker at http://127.0.0.1:9 could not be reached.", fault.Message);
    }

    [Fact]
    public async Task Wrong_key_is_told_from_other_refusals()
    {
        _broker.OnToken = _ => Results.Json(
            new { error = "invalid_client", error_description = "no", code = "assertion_invalid" }, statusCode: 401);
        using var writ = new WritClient(Options());

        var fault = await Assert.ThrowsAsync<WritException>(() => writ.OpenTaskAsync("invoices"));

        Assert.Equal("assertion_invalid", fault.Code);
        Assert.Contains($"the key is not registered for {Agent}, or", fault.Message, StringComparison.Ordinal);
    }

    // Each try of a token that the broker has refused is one more line in its log.
    [Fact]
    public async Task Token_that_was_refused_is_not_sent_again()
    {
        using var writ = new WritClient(Options());
        await writ.Management.SendAsync(HttpMethod.Get, "/v1/tasks");
        var sent = 0;
        _broker.OnCall = _ =>
        {
            sent++;
            return new Challenge();
        };
        _broker.OnToken = _ =>
            Results.Json(new { error = "invalid_client", code = "identity_not_active" }, statusCode: 401);

        for (var i = 0; i < 3; i++)
            await Assert.ThrowsAsync<WritException>(() => writ.Management.SendAsync(HttpMethod.Get, "/v1/tasks"));

        Assert.Equal(1, sent);
    }

    private WritClientOptions Options() => new() { Issuer = _broker.Url, ClientId = Agent, KeyFile = KeyFile };

    private sealed class Challenge : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.StatusCode = StatusCodes.Status401Unauthorized;
            httpContext.Response.Headers.WWWAuthenticate = "DPoP error=\"invalid_token\"";
            return Task.CompletedTask;
        }
    }
}
