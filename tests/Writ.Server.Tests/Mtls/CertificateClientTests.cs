using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Writ.Protocol;
using Writ.Server.Callers;
using Writ.Server.Storage;

namespace Writ.Server.Tests.Mtls;

/// <summary>Clients by certificate (RFC 8705 §2): curl with certificates made by openssl.</summary>
public sealed class CertificateClientTests
{
    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Registered_certificate_authenticates_and_binds_the_token(Engine engine)
    {
        await using var w = await MtlsWorld.StartAsync(engine);
        var own = await w.Maker.SelfSignedAsync("own");
        var client = await w.ByThumbprintAsync(own);

        var reply = await w.AskAsync(own, client);

        Assert.Equal(200, reply.Status);
        Assert.Equal("Bearer", reply["token_type"]); // RFC 8705 §3: bound all the same
        var token = w.Broker.Wiring.TokenCallers.ReadAny(reply["access_token"]!)!;
        Assert.Equal(new Confirmation.X5t(own.Thumbprint), token.Confirmation);
        var record = (await w.Broker.RecordsAsync())[^1];
        Assert.Equal("self_signed_tls_client_auth", record.GetProperty("detail").GetProperty("method").GetString());
    }

    [Theory]
    [InlineData("uri:spiffe://corp.example/web", "URI:spiffe://corp.example/web")]
    [InlineData("dns:web.corp.example", "DNS:web.corp.example")]
    [InlineData("dns:web.corp.example", "DNS:WEB.corp.example")]
    [InlineData("uri:spiffe://corp.example/web", "DNS:other.example,URI:spiffe://corp.example/web")]
    public async Task Name_vouched_for_by_the_authority_authenticates(string registered, string san)
    {
        await using var w = await MtlsWorld.StartAsync(Engine.Sqlite);
        var client = await w.BySanAsync(registered);
        var certificate = await w.Maker.IssueAsync(w.Authority, "web", san);

        var reply = await w.AskAsync(certificate, client);

        Assert.Equal(200, reply.Status);
        var record = (await w.Broker.RecordsAsync())[^1];
        Assert.Equal("tls_client_auth", record.GetProperty("detail").GetProperty("method").GetString());
    }

    // One certificate would prove both.
    [Theory]
    [InlineData("dns:web.corp.example", "dns:WEB.corp.Example", 409)]
    [InlineData("dns:WEB.corp.example", "dns:web.corp.example", 409)]
    [InlineData("uri:spiffe://corp.example/web", "uri:spiffe://corp.example/WEB", 201)]
    public async Task Name_of_somebody_else_is_taken_in_any_case_that_it_knows(string first, string second, int status)
    {
        await using var w = await MtlsWorld.StartAsync(Engine.Sqlite);
        var owner = await w.Broker.Seed.OperatorAsync(Seed.Name("owner"));
        Task<Reply> AddAsync(TestCaller who, string san) =>
            owner.PostAsync($"/v1/identities/{Staff.PathOf(who)}/keys", new { kind = "ca_san", ca = "corp", san });

        Assert.Equal(201, (await AddAsync(w.World.Agent, first)).Status);
        Assert.Equal(status, (await AddAsync(w.World.Other, second)).Status);
    }

    [Fact]
    public async Task Wrong_certificates_are_refused_and_recorded()
    {
        await using var w = await MtlsWorld.StartAsync(Engine.Sqlite);
        var own = await w.Maker.SelfSignedAsync("own");
        var byThumbprint = await w.ByThumbprintAsync(own);
        var bySan = await w.BySanAsync("uri:spiffe://corp.example/web");
        var stranger = await w.Maker.AuthorityAsync("stranger");
        Task<ClientCertificate> ByCorpAsync(string name, string san, string usage = "clientAuth") =>
            w.Maker.IssueAsync(w.Authority, name, san, usage);
        (string Why, ClientCertificate? Shown, TestCaller Client)[] cases =
        [
            ("none", null, byThumbprint),
            ("another, self-signed", await w.Maker.SelfSignedAsync("other"), byThumbprint),
            ("of another client", own, bySan),
            ("without the name", await ByCorpAsync("a", "URI:spiffe://corp.example/else"), bySan),
            ("the name in another case", await ByCorpAsync("b", "URI:spiffe://corp.example/WEB"), bySan),
            ("the name as another kind", await ByCorpAsync("c", "DNS:corp.example"), bySan),
            ("by another authority", await w.Maker.IssueAsync(stranger, "d", "URI:spiffe://corp.example/web"), bySan),
            ("for servers", await ByCorpAsync("e", "URI:spiffe://corp.example/web", "serverAuth"), bySan),
            ("the authority's own", w.Authority, bySan),
        ];
        foreach (var (why, shown, client) in cases)
        {
            var head = await w.Broker.HeadAsync();
            var reply = await w.AskAsync(shown, client);
            Assert.True(reply is { Status: 401 }, $"{why}: {reply.Status} {reply.Text}");
            Assert.Equal("invalid_client", reply["error"]);
            var record = Assert.Single(await w.Broker.RecordsAsync(head));
            Assert.Equal("caller.refuse", record.GetProperty("kind").GetString());
        }
    }

    [Fact]
    public async Task Expired_certificate_is_refused()
    {
        await using var w = await MtlsWorld.StartAsync(Engine.Sqlite);
        var own = await w.Maker.SelfSignedAsync("own", days: 1);
        var client = await w.ByThumbprintAsync(own);
        Assert.Equal(200, (await w.AskAsync(own, client)).Status);
        await w.Broker.AdvanceAsync(TimeSpan.FromDays(1) + TimeSpan.FromMinutes(1));

        Assert.Equal("certificate_invalid", (await w.AskAsync(own, client))["code"]);
    }

    [Fact]
    public async Task Assertion_over_a_connection_with_a_certificate_binds_the_token_to_it()
    {
        await using var w = await MtlsWorld.StartAsync(Engine.Sqlite);
        var any = await w.Maker.SelfSignedAsync("any");
        var form = w.World.Agent.Form(("scope", w.World.Grant()), ("task", (await w.World.TaskAsync()).Id));

        var reply = await w.With(any).PostFormAsync(w.TokenUrl, [.. form.Select(f => (f.Key, f.Value))]);

        Assert.Equal(200, reply.Status);
        var token = w.Broker.Wiring.TokenCallers.ReadAny(reply["access_token"]!)!;
        Assert.Equal(new Confirmation.X5t(any.Thumbprint), token.Confirmation);
    }

    [Fact]
    public async Task Metadata_names_the_endpoints_for_certificates()
    {
        await using var w = await MtlsWorld.StartAsync(Engine.Sqlite);

        var metadata = await w.With(null).GetAsync(w.Broker.TlsOrigin + "/.well-known/oauth-authorization-server");

        var aliases = metadata.Json.GetProperty("mtls_endpoint_aliases");
        Assert.Equal(w.TokenUrl, aliases.GetProperty("token_endpoint").GetString());
        Assert.Equal(w.Broker.Issuer, metadata["issuer"]); // one issuer, whichever way they came
        Assert.True(metadata.Json.GetProperty("tls_client_certificate_bound_access_tokens").GetBoolean());
    }

    [Fact]
    public async Task Name_that_cannot_be_read_is_no_name()
    {
        await using var w = await MtlsWorld.StartAsync(Engine.Sqlite);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=malformed", key, HashAlgorithmName.SHA256);
        // Anybody can write anything into a certificate of their own: a URI longer than all that is there.
        request.CertificateExtensions.Add(new X509Extension("2.5.29.17", [0x30, 0x06, 0x86, 0x7f, 1, 2, 3, 4], false));
        using var certificate = request.CreateSelfSigned(w.Broker.Now.AddDays(-1), w.Broker.Now.AddDays(1));
        var registered = new PrincipalKeyRow
        {
            Id = "key",
            Principal = "spiffe://example.org/workload/web",
            Kind = PrincipalKeyKind.CertificateAuthority,
            Material = "corp|uri:spiffe://corp.example/web",
            NotBefore = 0,
            ExpiresAt = Instant.MaxMicros,
            CreatedAt = 0,
        };

        Assert.Null(new CertificateCallers(w.Broker.Wiring.Settings).Match(certificate, [registered], w.Broker.Now));
    }
}
