using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Writ.Protocol;

namespace Writ.Client.Tests;

/// <summary>An application protected by AddWrit, at a fake broker, reached by real HTTP.</summary>
internal sealed class ProtectedApi : IAsyncDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly Holder _holder = new();
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false });
    private readonly WebApplication _app;

    private ProtectedApi(FakeBroker broker, Action<WritOptions>? configure)
    {
        Broker = broker;
        broker.ClientKey = Jwk.FromEcdsa(_key);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddWrit(writ =>
        {
            writ.Issuer = broker.Url;
            writ.ClientId = "spiffe://example.org/workload/orders-api";
            writ.Key = _key;
            writ.Resources["orders"] = Issuer.Orders;
            writ.Resources["another"] = "https://other.example.org";
            configure?.Invoke(writ);
        });
        _app = builder.Build();
        _app.MapWritMetadata();
        _app.MapGet("/open", () => "open");
        _app.MapGet("/orders", (HttpContext http) => http.GetWritToken()!.Actor).RequireWrit("orders:read", "orders");
        _app.MapGet("/orders/{id}", (string id) => id)
            .RequireWrit("orders:read", "orders", http => (string?)http.Request.RouteValues["id"]);
        _app.MapGet("/data/{type}", (string type) => type).RequireWrit(
            "orders:read", "orders", datatype: http => (string?)http.Request.RouteValues["type"]);
        _app.MapPost("/orders", () => "made").RequireWrit("orders:create", "orders");
        _app.MapGet("/elsewhere", () => "no").RequireWrit("orders:read", "another");
    }

    internal FakeBroker Broker { get; }

    internal RevocationView View => _app.Services.GetRequiredService<RevocationView>();

    internal string Url => _app.Urls.Single();

    internal string Nonce { get; private set; } = "";

    internal Holder Holder => _holder;

    internal static async Task<ProtectedApi> StartAsync(
        Action<WritOptions>? configure = null, FakeBroker? broker = null, bool waits = true)
    {
        var api = new ProtectedApi(broker ?? await FakeBroker.StartAsync(), configure);
        await api._app.StartAsync();
        if (waits)
            await Eventually.IsTrueAsync(() => api.View.IsFresh, "the feed is followed");
        return api;
    }

    internal string Token(params string[] actions) => Token(claims => claims, actions);

    internal string Token(Func<AccessTokenClaims, AccessTokenClaims> change, params string[] actions) =>
        Broker.Issuer.Sign(change(Broker.Issuer.Claims(TimeProvider.System.GetUtcNow(), _holder.Binding, actions)));

    /// <summary>Sends a request with a token and an honest proof; first asks for a nonce when it has none.</summary>
    internal async Task<HttpResponseMessage> SendAsync(string? token, string path = "/orders", string method = "GET")
    {
        if (token is not null && Nonce.Length == 0)
            (await SendOnceAsync(token, path, method)).Dispose();
        return await SendOnceAsync(token, path, method);
    }

    internal async Task<HttpResponseMessage> SendOnceAsync(
        string? token, string path = "/orders", string method = "GET", Action<HttpRequestMessage>? change = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), Url + path);
        if (token is not null)
        {
            request.Headers.Add("Authorization", "DPoP " + token);
            request.Headers.Add("DPoP", Proof(token, path, method));
        }

        change?.Invoke(request);
        var answer = await _http.SendAsync(request);
        if (answer.Headers.TryGetValues("DPoP-Nonce", out var nonces))
            Nonce = nonces.Last();
        return answer;
    }

    internal string Proof(string token, string path = "/orders", string method = "GET", string? origin = null) =>
        _holder.Prove(
            token,
            TimeProvider.System.GetUtcNow(),
            method,
            (origin ?? Issuer.Orders) + path,
            Nonce.Length == 0 ? null : Nonce);

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        await Broker.DisposeAsync();
        _http.Dispose();
        _holder.Dispose();
        _key.Dispose();
    }
}
