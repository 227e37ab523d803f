using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;

namespace Writ.Client.Tests;

public sealed class TransportTests
{
    [Fact]
    public async Task Own_transport_shows_the_certificate()
    {
        using var server = Make();
        using var client = Make();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, on => on.UseHttps(https =>
        {
            https.ServerCertificate = server;
            https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
            https.AllowAnyClientCertificate();
        })));
        await using var app = builder.Build();
        app.MapGet("/", (HttpContext http) => http.Connection.ClientCertificate?.Thumbprint ?? "nobody");
        await app.StartAsync();

        Assert.Equal(client.Thumbprint, await AskAsync(app, server, client));
        Assert.Equal("nobody", await AskAsync(app, server, null));
    }

    private static async Task<string> AskAsync(WebApplication app, X509Certificate2 server, X509Certificate2? shown)
    {
        var transport = SafeOrigin.NewTransport(shown);
        transport.SslOptions.CertificateChainPolicy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
        };
        transport.SslOptions.CertificateChainPolicy.CustomTrustStore.Add(server);
        using var http = new HttpClient(transport);
        return await http.GetStringAsync(app.Urls.Single());
    }

    private static X509Certificate2 Make()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=test", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddHours(-1), now.AddDays(1));
    }
}
