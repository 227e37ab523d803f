using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Writ.Client;
using Writ.Protocol;
using Writ.Server.Edge;
using Writ.Server.Storage;
using Writ.Testing;

namespace Writ.Server.Tests.Sdk;

/// <summary>A resource server protected by the SDK, following a real broker's feed.</summary>
public sealed class SdkApi : IAsyncDisposable
{
    private readonly WebApplication _app;

    private SdkApi(WebApplication app) => _app = app;

    public RevocationView View => _app.Services.GetRequiredService<RevocationView>();

    /// <summary>Not blind at once when the machine is busy: freshness is not what is tested here.</summary>
    public static Settings Patient(Settings settings) => settings with { Freshness = TimeSpan.FromSeconds(10) };

    /// <summary>A registered resource whose URI is a free port of this machine.</summary>
    public static async Task<ResourceRow> RegisterAsync(TestBroker broker, string scheme = "http")
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        var row = new ResourceRow
        {
            Name = Seed.Name("api"),
            Uri = $"{scheme}://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}",
            Owner = "owner",
            Team = Staff.Team,
            Classification = "internal",
            Actions = "orders:read orders:write",
            CreatedAt = broker.Now.ToMicros(),
        };
        await broker.Seed.ApplyAsync(tx => ResourceStore.InsertAsync(tx, row));
        return row;
    }

    public LocalDecisionPoint Decisions => _app.Services.GetRequiredService<LocalDecisionPoint>();

    /// <summary>Serves <c>GET /orders</c> for <c>orders:read</c>; ready once it follows the feed.</summary>
    /// <param name="broker">The broker.</param>
    /// <param name="server">The identity of the API.</param>
    /// <param name="resource">What it serves.</param>
    /// <param name="tls">Its certificate; null: plain HTTP.</param>
    /// <param name="spool">It decides by itself, too, on <c>GET /decided/{id}</c>, where it keeps <c>mask</c>, and
    /// on <c>GET /twice/{id}</c> of all of it as well; what it decides waits in this folder.</param>
    public static async Task<SdkApi> StartAsync(
        TestBroker broker, TestCaller server, ResourceRow resource, X509Certificate2? tls = null, string? spool = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, new Uri(resource.Uri).Port, on =>
        {
            if (tls is null) return;
            on.UseHttps(https =>
            {
                https.ServerCertificate = tls;
                https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
                https.AllowAnyClientCertificate();
            });
        }));
        builder.Services.AddWrit(writ =>
        {
            writ.Issuer = broker.Issuer;
            writ.ClientId = server.Id;
            writ.Key = server.Key;
            writ.Resources[resource.Name] = resource.Uri;
        });
        if (spool is not null) builder.Services.AddWritDecisions(writ => writ.SpoolFolder = spool);
        var app = builder.Build();
        app.MapGet("/orders", () => "fine").RequireWrit("orders:read", resource.Name);
        if (spool is not null)
            foreach (var path in (string[])["/decided/{id}", "/twice/{id}"])
            {
                var endpoint = app.MapGet(path, (HttpContext http) => http.GetWritDecision()!.Obligations.ToJson())
                    .RequireWrit("orders:read", resource.Name, http => (string?)http.Request.RouteValues["id"])
                    .RequireWritDecision("mask");
                if (path == "/twice/{id}") endpoint.RequireWrit("orders:read", resource.Name);
            }
        await app.StartAsync();
        var api = new SdkApi(app);
        try
        {
            await Wait.UntilAsync(() => api.View.IsFresh, "the feed is followed");
            if (spool is not null) await Wait.UntilAsync(() => api.Decisions.IsFresh, "it decides by itself");
        }
        catch
        {
            await api.DisposeAsync();
            throw;
        }
        return api;
    }

    /// <summary>Whether the verifier has heard that this is revoked.</summary>
    public bool Knows(RevocationHandle handle) => View.Set.ToSnapshot().Entries.Any(e => e.Handle == handle);

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
