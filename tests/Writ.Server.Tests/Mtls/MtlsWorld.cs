using Writ.Server.Edge;
using Writ.Server.Storage;
using Writ.Testing;

namespace Writ.Server.Tests.Mtls;

/// <summary>A broker that trusts one private authority, with a resource and clients by certificate.</summary>
public sealed class MtlsWorld : IAsyncDisposable
{
    private MtlsWorld(CertificateMaker maker, ClientCertificate authority, TestBroker broker, TestWorld world)
    {
        Maker = maker;
        Authority = authority;
        Broker = broker;
        World = world;
    }

    public CertificateMaker Maker { get; }

    /// <summary>Configured under the name <c>corp</c>.</summary>
    public ClientCertificate Authority { get; }

    public TestBroker Broker { get; }

    public TestWorld World { get; }

    public string TokenUrl => Broker.TlsOrigin + "/oauth/token";

    /// <summary>The clock stands a minute ahead: certificates made meanwhile are in force by it.</summary>
    public static async Task<MtlsWorld> StartAsync(Engine engine)
    {
        var maker = new CertificateMaker();
        var authority = await maker.AuthorityAsync("corp");
        var time = FakeTimeProvider.AtPresent();
        time.Advance(TimeSpan.FromMinutes(1));
        var broker = await TestBroker.StartAsync(engine, time, settings => settings with
        {
            CertificateAuthorities = [new CertificateAuthority("corp", authority.Certificate)],
        });
        return new MtlsWorld(maker, authority, broker, await broker.Seed.WorldAsync());
    }

    /// <summary>curl that trusts this broker.</summary>
    public Curl With(ClientCertificate? certificate) => new(Path.Combine(Broker.Store.Folder, "ca.pem"), certificate);

    /// <summary>A workload known by the thumbprint of its certificate.</summary>
    public Task<TestCaller> ByThumbprintAsync(ClientCertificate certificate) => ClientAsync(key => key with
    {
        Kind = PrincipalKeyKind.Certificate,
        Material = certificate.Thumbprint,
        Thumbprint = certificate.Thumbprint,
    });

    /// <summary>A workload known by a name that the authority vouches for: <c>uri:…</c>, <c>dns:…</c>.</summary>
    public Task<TestCaller> BySanAsync(string san) => ClientAsync(key => key with
    {
        Kind = PrincipalKeyKind.CertificateAuthority,
        Material = $"corp|{san}",
        Thumbprint = null,
    });

    /// <summary>Asks for a token for the orders.</summary>
    public Task<CurlReply> AskAsync(ClientCertificate? certificate, TestCaller client) =>
        With(certificate).PostFormAsync(TokenUrl, ("grant_type", "client_credentials"), ("client_id", client.Id),
            ("scope", World.Grant()));

    public async ValueTask DisposeAsync()
    {
        await Broker.DisposeAsync();
        Maker.Dispose();
    }

    private Task<TestCaller> ClientAsync(Func<PrincipalKeyRow, PrincipalKeyRow> key) => Broker.Seed.IdentityAsync(
        Seed.Name("workload/web"), [World.Grant()], row => row with { Kind = "workload" }, key);
}
