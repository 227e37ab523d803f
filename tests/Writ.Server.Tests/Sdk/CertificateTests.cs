using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Writ.Client;
using Writ.Protocol;
using Writ.Server.Storage;

namespace Writ.Server.Tests.Sdk;

/// <summary>Agents that prove themselves by certificate (RFC 8705), with the SDK against the real broker.</summary>
public sealed class CertificateTests : IAsyncLifetime
{
    private readonly X509Certificate2 _own = Make("agent");
    private readonly X509Certificate2 _other = Make("other");
    private readonly X509Certificate2 _server = Make("127.0.0.1");
    private readonly List<IDisposable> _owned = [];
    private TestBroker _broker = null!;
    private SdkApi _api = null!;
    private ResourceRow _resource = null!;
    private TestCaller _agent = null!;
    private TestCaller _helper = null!;

    private string Grant => $"orders:read@{_resource.Name}";

    public async ValueTask InitializeAsync()
    {
        _broker = await TestBroker.StartAsync(Engine.Sqlite, TimeProvider.System, SdkApi.Patient);
        var server = await _broker.Seed.IdentityAsync(
            "workload/api", [], row => row with { Kind = "workload" });
        _resource = await SdkApi.RegisterAsync(_broker, "https");
        var thumbprint = ThumbprintOf(_own);
        _agent = await _broker.Seed.IdentityAsync("agent/certified", [Grant], changeKey: key => key with
        {
            Kind = PrincipalKeyKind.Certificate,
            Material = thumbprint,
            Thumbprint = thumbprint,
        });
        _helper = await _broker.Seed.IdentityAsync("agent/helper", [Grant]);
        await _broker.Seed.WorkflowAsync("refunds", [_agent, _helper], [Grant]);
        _api = await SdkApi.StartAsync(_broker, server, _resource, _server);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var owned in Enumerable.Reverse(_owned)) owned.Dispose();
        if (_api is not null) await _api.DisposeAsync();
        if (_broker is not null) await _broker.DisposeAsync();
        foreach (var certificate in new[] { _own, _other, _server }) certificate.Dispose();
    }

    [Fact]
    public async Task Agent_works_by_its_certificate_from_opening_the_task_to_its_end()
    {
        var writ = ClientOf(_own);
        var task = await writ.OpenTaskAsync("refunds", Grant);
        var token = await task.GetTokenAsync(TokenAsk.Of(Grant));

        var claims = _broker.Wiring.TokenCallers.ReadAny(token.Value)!;
        Assert.Equal(new Confirmation.X5t(ThumbprintOf(_own)), claims.Confirmation);
        using var http = task.CreateClient(Grant);
        Assert.Equal("fine", await http.GetStringAsync(_resource.Uri + "/orders"));
        Assert.True((await writ.IntrospectAsync(token.Value)).IsActive);
        await task.DisposeAsync();
        Assert.False((await writ.IntrospectAsync(token.Value)).IsActive);
        var records = await _broker.RecordsAsync();
        Assert.Contains(records, r => r.GetProperty("kind").GetString() == "token.issue"
            && r.GetProperty("detail").GetProperty("method").GetString() == "self_signed_tls_client_auth");
    }

    [Fact]
    public async Task Token_is_worth_nothing_without_the_certificate()
    {
        var writ = ClientOf(_own);
        await using var task = await writ.OpenTaskAsync("refunds", Grant);
        var token = await task.GetTokenAsync(TokenAsk.Of(Grant));

        foreach (var shown in new[] { null, _other })
        {
            using var thief = new HttpClient(TransportOf(shown));
            thief.DefaultRequestHeaders.Authorization = new("Bearer", token.Value);
            using var answer = await thief.GetAsync(_resource.Uri + "/orders");
            Assert.Equal(401, (int)answer.StatusCode);
        }
    }

    [Fact]
    public async Task Other_certificate_gets_nothing()
    {
        var refusal = await Assert.ThrowsAsync<WritException>(() => ClientOf(_other).OpenTaskAsync("refunds", Grant));

        Assert.Equal("certificate_invalid", refusal.Code);
    }

    [Fact]
    public async Task Work_is_handed_on_to_the_one_agent_that_the_token_names()
    {
        var writ = ClientOf(_own);
        await using var task = await writ.OpenTaskAsync("refunds", Grant);
        var handedOn = await task.HandOnAsync(_helper.Id, TokenAsk.Of(Grant));
        Assert.Null(handedOn.Ticket);

        var helper = Own(new WritClient(new WritClientOptions
        {
            Issuer = _broker.Issuer,
            ClientId = _helper.Id,
            Key = _helper.Key,
            Handler = Own(TransportOf(null)),
        }));
        await using var child = await helper.ExchangeAsync(handedOn);
        using var http = new HttpClient(child.CreateHandler(TokenAsk.For(handedOn.Resource)));
        Assert.Equal("fine", await http.GetStringAsync(_resource.Uri + "/orders"));
    }

    [Fact]
    public async Task Proof_key_binds_the_token_of_a_client_with_a_certificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var writ = ClientOf(_own, key);
        await using var task = await writ.OpenTaskAsync("refunds", Grant);
        var token = await task.GetTokenAsync(TokenAsk.Of(Grant));

        var claims = _broker.Wiring.TokenCallers.ReadAny(token.Value)!;
        Assert.Equal(new Confirmation.Jkt(writ.ProofKeyThumbprint), claims.Confirmation);
        using var http = task.CreateClient(Grant);
        Assert.Equal("fine", await http.GetStringAsync(_resource.Uri + "/orders"));
    }

    [Fact]
    public async Task Token_is_not_sent_where_the_certificate_cannot_be_shown()
    {
        var plain = await SdkApi.RegisterAsync(_broker);
        var grant = $"orders:read@{plain.Name}";
        await _broker.Seed.ChangeAsync(_agent, row => row with
        {
            Entitlements = Authority.Of(
                AuthorizationDetail.Of([ActionName.Parse("orders:read")], [plain.Uri, _resource.Uri])).ToJson(),
        });
        var workflow = await _broker.Seed.WorkflowAsync("plain", [_agent], [grant]);
        var work = ClientOf(_own).AttachTask((await _broker.Seed.TaskAsync(_agent, workflow)).Id);
        using var http = work.CreateClient(grant);

        var refusal = await Assert.ThrowsAsync<WritException>(() => http.GetStringAsync(plain.Uri + "/orders"));

        Assert.Equal("no_tls", refusal.Code);
    }

    [Fact]
    public void Client_has_a_key_or_a_certificate_and_not_both()
    {
        var options = new WritClientOptions { Issuer = _broker.Issuer, ClientId = _agent.Id };
        using var bare = X509CertificateLoader.LoadCertificate(_own.RawData);

        Assert.Throws<ArgumentException>(() => new WritClient(options));
        Assert.Throws<ArgumentException>(() => new WritClient(options with { Key = _helper.Key, Certificate = _own }));
        Assert.Throws<ArgumentException>(() => new WritClient(options with { Certificate = bare }));
    }

    private WritClient ClientOf(X509Certificate2 certificate, ECDsa? proofKey = null) => Own(new WritClient(new()
    {
        Issuer = _broker.Issuer,
        ClientId = _agent.Id,
        Certificate = certificate,
        ProofKey = proofKey,
        Handler = Own(TransportOf(certificate)),
    }));

    /// <summary>Trusts the broker's own authority and the API, and shows the certificate.</summary>
    private SocketsHttpHandler TransportOf(X509Certificate2? certificate)
    {
        var trust = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
        };
        trust.CustomTrustStore.Add(_server);
        trust.CustomTrustStore.ImportFromPemFile(Path.Combine(_broker.Store.Folder, "ca.pem"));
        var transport = new SocketsHttpHandler { AllowAutoRedirect = false };
        transport.SslOptions.CertificateChainPolicy = trust;
        if (certificate is not null)
            transport.SslOptions.ClientCertificateContext =
                SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true);
        return transport;
    }

    private static string ThumbprintOf(X509Certificate2 certificate) =>
        Base64UrlText.Encode(certificate.GetCertHash(HashAlgorithmName.SHA256));

    private static X509Certificate2 Make(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(System.Net.IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddHours(-1), now.AddDays(1));
    }

    private T Own<T>(T thing)
        where T : IDisposable
    {
        _owned.Add(thing);
        return thing;
    }
}
