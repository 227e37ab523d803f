namespace Writ.Server.Tests.Mtls;

/// <summary>Tokens bound to a certificate (RFC 8705 §3) are worth nothing without it.</summary>
public sealed class CertificateBoundTokenTests
{
    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Management_call_holds_with_the_certificate_and_with_nothing_else(Engine engine)
    {
        await using var w = await MtlsWorld.StartAsync(engine);
        var own = await w.Maker.SelfSignedAsync("own");
        var other = await w.Maker.SelfSignedAsync("other");
        var client = await w.ByThumbprintAsync(own);
        await w.ByThumbprintAsync(other);
        var issued = await w.With(own).PostFormAsync(
            w.TokenUrl, ("grant_type", "client_credentials"), ("client_id", client.Id), ("resource", w.Broker.Issuer));
        var token = issued["access_token"];
        var url = w.Broker.TlsOrigin + "/v1/tasks";

        Assert.Equal(200, (await w.With(own).GetAsync(url, $"Authorization: Bearer {token}")).Status);
        Assert.Equal(401, (await w.With(null).GetAsync(url, $"Authorization: Bearer {token}")).Status);
        Assert.Equal(401, (await w.With(other).GetAsync(url, $"Authorization: Bearer {token}")).Status);
        Assert.Equal(401, (await w.With(own).GetAsync(url, $"Authorization: DPoP {token}")).Status);
        var plain = await w.With(null).GetAsync(w.Broker.Issuer + "/v1/tasks", $"Authorization: Bearer {token}");
        Assert.Equal(401, plain.Status);
    }

    [Fact]
    public async Task Stolen_token_is_not_exchanged_over_another_certificate()
    {
        await using var w = await MtlsWorld.StartAsync(Engine.Sqlite);
        var own = await w.Maker.SelfSignedAsync("own");
        var other = await w.Maker.SelfSignedAsync("other");
        var client = await w.ByThumbprintAsync(own);
        var thief = await w.ByThumbprintAsync(other);
        var token = (await w.AskAsync(own, client))["access_token"]!;

        var stolen = await w.With(other).PostFormAsync(
            w.TokenUrl, ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"), ("client_id", thief.Id),
            ("subject_token", token), ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"),
            ("scope", w.World.Grant()));

        Assert.Equal((400, "not_the_holder"), (stolen.Status, stolen["code"]));
    }

    [Fact]
    public async Task Dpop_bound_token_is_not_accepted_for_a_certificate()
    {
        await using var w = await MtlsWorld.StartAsync(Engine.Sqlite);
        var own = await w.Maker.SelfSignedAsync("own");
        var token = await w.World.Agent.ManagementTokenAsync();

        var reply = await w.With(own).GetAsync(w.Broker.TlsOrigin + "/v1/tasks", $"Authorization: Bearer {token}");

        Assert.Equal(401, reply.Status);
    }
}
