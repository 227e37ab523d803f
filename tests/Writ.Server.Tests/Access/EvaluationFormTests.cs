using System.Net.Http.Headers;
using System.Text;
using static Writ.Server.Tests.Access.Asking;
using static Writ.Server.Tests.Inventory.IdentityTests;

namespace Writ.Server.Tests.Access;

/// <summary>What can be sent to POST /access/v1/evaluation: good, strange and hostile.</summary>
public sealed class EvaluationFormTests(SharedBrokers brokers) : IClassFixture<SharedBrokers>
{
    private const string Entities = """
        "subject":{"type":"user","id":"rick"},"action":{"name":"can_read"},"resource":{"type":"todo","id":"1"}
        """;

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("""{"subject":{"type":"user","id":"rick"},"action":{"name":"can_read"}}""")]
    [InlineData("""{"subject":{"type":"user"},"action":{"name":"a"},"resource":{"type":"todo","id":"1"}}""")]
    [InlineData("""{"subject":{"type":"user","id":""},"action":{"name":"a"},"resource":{"type":"todo","id":"1"}}""")]
    [InlineData("""{"subject":{"type":"user","id":7},"action":{"name":"a"},"resource":{"type":"todo","id":"1"}}""")]
    [InlineData("""{"subject":{"type":"user","id":null},"action":{"name":"a"},"resource":{"type":"t","id":"1"}}""")]
    [InlineData("""{"subject":"rick","action":{"name":"a"},"resource":{"type":"todo","id":"1"}}""")]
    [InlineData("""{"subject":{"type":"user","id":"rick"},"action":"a","resource":{"type":"todo","id":"1"}}""")]
    [InlineData("{ENTITIES,\"context\":[]}")]
    [InlineData("{ENTITIES,\"context\":{\"a\":1,\"a\":2}}")]
    [InlineData("{ENTITIES,\"context\":{\"a\":\"\\ud800\"}}")]
    [InlineData("{ENTITIES,\"context\":{\"a\":\"\\u0000\"}}")]
    [InlineData("{ENTITIES,ENTITIES}")]
    [InlineData("{ENTITIES} {}")]
    [InlineData("{ENTITIES,\"context\":DEEP}")]
    public async Task Malformed_question_is_a_bad_request(string body)
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var owner = await broker.Seed.OperatorAsync(Seed.Name("owner"));
        body = body.Replace("ENTITIES", Entities.Trim(), StringComparison.Ordinal)
            .Replace("DEEP", Nested(2000), StringComparison.Ordinal);

        await Attempt.IsRefusedAsync(broker, () => owner.AskAsync(body), 400, "invalid_request");
    }

    [Fact]
    public async Task Unknown_members_are_ignored()
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var world = await broker.Seed.WorldAsync();

        var reply = await world.Agent.AskAsync($$$"""
            {"subject":{"type":"agent","id":"{{{world.Agent.Id}}}","new":[null]},"later":{"a":[null]},
             "action":{"name":"orders:read","x":1},"resource":{"type":"resource","id":"{{{world.Orders.Name}}}","y":{}},
             "context":{{{Nested(25)}}}}
            """);

        Assert.Equal((true, null), DecisionOf(reply));
    }

    [Fact]
    public async Task Body_of_ten_megabytes_is_refused()
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var owner = await broker.Seed.OperatorAsync(Seed.Name("owner"));
        var token = await owner.ManagementTokenAsync();
        owner.TakeNonce();
        using var request = new HttpRequestMessage(HttpMethod.Post, Asking.Path)
        {
            Content = new StringContent(
                $"{{{Entities},\"context\":{{\"a\":\"{new string('x', 10 * 1024 * 1024)}\"}}}}",
                Encoding.UTF8, "application/json"),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("DPoP", token);
        request.Headers.Add("DPoP", owner.Proof("POST", Asking.Path, token));
        request.Headers.ExpectContinue = true; // refused before it is sent

        Assert.Equal((413, "body_too_large"), StatusOf(await owner.SendAsync(request)));
    }

    [Theory]
    [InlineData("bfe9eb29-ab87-4ca3-be83-a1d5d8305716", true)]
    [InlineData("with space", false)]
    public async Task Request_id_of_the_asking_side_comes_back_whatever_the_answer(string id, bool isEchoed)
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var world = await broker.Seed.WorldAsync();
        var token = await world.Agent.ManagementTokenAsync();
        var question = $$$"""
            {"subject":{"type":"agent","id":"{{{world.Agent.Id}}}"},"action":{"name":"orders:read"},
             "resource":{"type":"resource","id":"{{{world.Orders.Name}}}"}}
            """;
        foreach (var (body, good, status) in new[] { (question, true, 200), ("{}", true, 400), (question, false, 401) })
        {
            world.Agent.TakeNonce();
            var request = new HttpRequestMessage(HttpMethod.Post, Asking.Path)
            {
                Content = new StringContent(body, Encoding.UTF8, "application/json"),
            };
            request.Headers.Authorization = new AuthenticationHeaderValue("DPoP", good ? token : "x");
            request.Headers.Add("DPoP", world.Agent.Proof("POST", Asking.Path, token));
            request.Headers.Add("X-Request-ID", id);

            var reply = await world.Agent.SendAsync(request);

            Assert.Equal(status, reply.Status);
            Assert.Equal(isEchoed, reply.Headers.GetValues("X-Request-ID").Single() == id);
        }
    }

    private static string Nested(int depth) =>
        string.Concat(Enumerable.Repeat("{\"a\":", depth)) + "1" + new string('}', depth);
}
