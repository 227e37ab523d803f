using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Writ.Client;
using Writ.Protocol;
using Writ.Server.Storage;

namespace Writ.Server.Tests;

/// <summary>An API protected by the SDK, as its users build it; its verifier follows the feed of one replica.</summary>
internal sealed class VerifyingApi : IAsyncDisposable
{
    private readonly ResourceRow _resource;
    private readonly WebApplication _app;
    private readonly SocketsHttpHandler _wayToBroker;
    private readonly HttpClient _http = new();
    private string? _nonce;

    private VerifyingApi(BrokerTarget replica, TestCaller self, ResourceRow resource)
    {
        _resource = resource;
        // All replicas go by one issuer; a load balancer chooses, and here that is the test.
        _wayToBroker = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectCallback = (_, cancel) => ConnectAsync(replica.Http.BaseAddress!, cancel),
        };
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddWrit(writ =>
        {
            writ.Issuer = replica.Issuer;
            writ.ClientId = self.Id;
            writ.Key = self.Key;
            writ.Resources[resource.Name] = resource.Uri;
            writ.Handler = _wayToBroker;
        });
        _app = builder.Build();
        _app.MapGet("/orders", () => "fine").RequireWrit("orders:read", resource.Name);
    }

    /// <summary>Whether its verifier hears the heartbeat.</summary>
    public bool IsFresh => _app.Services.GetRequiredService<RevocationView>().IsFresh;

    public static async Task<VerifyingApi> StartAsync(BrokerTarget replica, TestCaller self, ResourceRow resource)
    {
        var api = new VerifyingApi(replica, self, resource);
        await api._app.StartAsync();
        return api;
    }

    /// <summary>Calls it with a token and an honest proof; once more with a nonce when asked for one, as an API does
    /// in its first seconds.</summary>
    public async Task<Reply> AskAsync(TestCaller agent, string token)
    {
        var reply = await AskOnceAsync(agent, token);
        if (reply.Code is not "use_dpop_nonce") return reply;
        _nonce = reply.Headers.GetValues("DPoP-Nonce").Single();
        return await AskOnceAsync(agent, token);
    }

    private async Task<Reply> AskOnceAsync(TestCaller agent, string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, _app.Urls.Single() + "/orders");
        request.Headers.Authorization = new AuthenticationHeaderValue("DPoP", token);
        request.Headers.Add("DPoP", DpopProof.Create(
            agent.Key, "GET", _resource.Uri + "/orders", TestCaller.Jti(), TimeProvider.System.GetUtcNow(),
            _nonce, token));
        return await Reply.OfAsync(await _http.SendAsync(request));
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        _wayToBroker.Dispose();
        _http.Dispose();
    }

    private static async ValueTask<Stream> ConnectAsync(Uri replica, CancellationToken cancel)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(IPAddress.Parse(replica.Host), replica.Port, cancel);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
