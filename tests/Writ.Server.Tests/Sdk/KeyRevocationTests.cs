using System.Buffers.Text;
using System.Net.Http.Headers;
using System.Text.Json;
using Writ.Client;
using Writ.Protocol;
using Writ.Server.Storage;
using Writ.Testing;

namespace Writ.Server.Tests.Sdk;

/// <summary>Distrusting one of our own keys takes its tokens away, and blinds no verifier.</summary>
public sealed class KeyRevocationTests
{
    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Verifier_follows_over_the_revocation_of_a_key_and_over_its_own_restart(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine, TimeProvider.System, SdkApi.Patient);
        var owner = await broker.Seed.OperatorAsync("owner");
        var server = await broker.Seed.IdentityAsync(
            "workload/api", [], row => row with { Kind = "workload" });
        var resource = await SdkApi.RegisterAsync(broker);
        var grant = $"orders:read@{resource.Name}";
        var agent = await broker.Seed.IdentityAsync("agent/billing", [grant]);
        var task = await broker.Seed.TaskAsync(agent, await broker.Seed.WorkflowAsync("refunds", [agent], [grant]));
        using var writ = new WritClient(new WritClientOptions
        {
            Issuer = broker.Issuer,
            ClientId = agent.Id,
            Key = agent.Key,
        });
        var work = writ.AttachTask(task.Id);
        using var http = work.CreateClient(grant);
        var stolen = (await agent.TokenAsync(("task", task.Id), ("scope", grant))).AccessToken;
        var kid = JsonElement.Parse(Base64Url.DecodeFromChars(stolen.Split('.')[0])).GetProperty("kid").GetString()!;

        await using (var api = await SdkApi.StartAsync(broker, server, resource))
        {
            Assert.Equal("fine", await http.GetStringAsync(resource.Uri + "/orders"));
            Assert.Equal(200, await StatusAsync(agent, stolen, resource));
            var revoked = await owner.PostAsync($"/v1/signing-keys/{kid}/revoke", new { });
            Assert.True(revoked.Status == 204, revoked.Text);
            await Wait.UntilAsync(
                () => api.Knows(RevocationHandle.SigningKey(kid)) && api.View.IsFresh, "it is heard and gone on with");
            Assert.Equal(401, await StatusAsync(agent, stolen, resource));
            // With a new token, by a key that the verifier asks for: it has just done so, and waits a while.
            await Wait.UntilAsync(async () =>
            {
                using var answer = await http.GetAsync(resource.Uri + "/orders");
                return answer.IsSuccessStatusCode;
            }, "a token of the next key is taken", TimeSpan.FromSeconds(30));
        }

        await using (var api = await SdkApi.StartAsync(broker, server, resource))
        {
            Assert.True(api.Knows(RevocationHandle.SigningKey(kid)));
            Assert.Equal(401, await StatusAsync(agent, stolen, resource));
            Assert.Equal("fine", await http.GetStringAsync(resource.Uri + "/orders"));
        }
    }

    /// <summary>A request with that token and an honest proof, as somebody would send who holds both.</summary>
    private static async Task<int> StatusAsync(TestCaller agent, string token, ResourceRow resource)
    {
        using var http = new HttpClient();
        string? nonce = null;
        while (true)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, resource.Uri + "/orders");
            request.Headers.Authorization = new AuthenticationHeaderValue("DPoP", token);
            request.Headers.Add("DPoP", DpopProof.Create(
                agent.Key, "GET", resource.Uri + "/orders", TestCaller.Jti(), TimeProvider.System.GetUtcNow(), nonce,
                token));
            using var answer = await http.SendAsync(request);
            if (nonce is not null || !answer.Headers.TryGetValues("DPoP-Nonce", out var given))
                return (int)answer.StatusCode;
            nonce = given.Single();
        }
    }
}
