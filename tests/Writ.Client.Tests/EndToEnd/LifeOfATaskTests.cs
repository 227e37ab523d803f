using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Writ.Testing;

namespace Writ.Client.Tests;

/// <summary>The SDK against the real broker and the real orders API.</summary>
public sealed class LifeOfATaskTests(World world) : IClassFixture<World>
{
    // Promise P3 at SDK verifiers.
    private static readonly TimeSpan OneSecond = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task Task_gets_its_token_and_loses_it_when_it_ends()
    {
        using var writ = world.Agent("agent/billing");
        var task = await writ.OpenTaskAsync("read the orders", "orders:read@orders");
        var token = await task.GetTokenAsync(TokenAsk.Of("orders:read@orders"));
        Assert.Equal(task.Id, token.TaskId);
        Assert.Equal(HttpStatusCode.OK, await GetAsync(task, token));

        await task.CompleteAsync();
        await RefusedWithinASecondAsync(task, token);
        Assert.False((await writ.IntrospectAsync(token.Value)).IsActive);
        var refusal = await Assert.ThrowsAsync<WritException>(() => task.GetTokenAsync(TokenAsk.For("orders")));
        Assert.True(refusal.IsRefusal);
        await task.DisposeAsync();
    }

    [Fact]
    public async Task Token_does_not_do_what_the_task_was_not_given()
    {
        using var writ = world.Agent("agent/billing");
        await using var task = await writ.OpenTaskAsync("read the orders", "orders:read@orders");
        using var http = task.CreateClient("orders:read@orders");
        using var answer = await http.PostAsync(world.Orders + "/orders/o-0001/cancel", content: null);
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        var refusal = await Assert.ThrowsAsync<WritException>(
            () => task.GetTokenAsync(TokenAsk.Of("orders:cancel@orders")));
        Assert.True(refusal.IsRefusal, refusal.Message);
        Assert.NotNull(refusal.DecisionId);
    }

    [Fact]
    public async Task Work_handed_on_is_narrower_and_dies_with_the_task()
    {
        using var billing = world.Agent("agent/billing");
        using var helper = world.Agent("agent/helper");
        var task = await billing.OpenTaskAsync("close the month", "orders:read,orders:cancel@orders");
        var handedOn = await task.HandOnAsync(
            "spiffe://example.org/agent/helper", TokenAsk.Of("orders:read,orders:cancel@orders"));

        var child = await helper.ExchangeAsync(handedOn, TokenAsk.Of("orders:read@orders"));
        Assert.NotEqual(task.Id, child.Id);
        var token = await child.GetTokenAsync(TokenAsk.For(handedOn.Resource));
        Assert.Equal(HttpStatusCode.OK, await GetAsync(child, token));
        using var http = new HttpClient(child.CreateHandler(TokenAsk.For(handedOn.Resource)));
        using var answer = await http.PostAsync(world.Orders + "/orders/o-0001/cancel", content: null);
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);

        await task.CompleteAsync();
        await RefusedWithinASecondAsync(child, token);
        await child.DisposeAsync();
        await task.DisposeAsync();
    }

    [Fact]
    public async Task Work_handed_on_to_one_agent_is_not_taken_by_another_nor_twice()
    {
        using var billing = world.Agent("agent/billing");
        using var helper = world.Agent("agent/helper");
        using var again = world.Agent("agent/helper");
        await using var task = await billing.OpenTaskAsync("close the month", "orders:read@orders");
        var others = await task.HandOnAsync("spiffe://example.org/agent/somebody", TokenAsk.Of("orders:read@orders"));
        Assert.True((await Assert.ThrowsAsync<WritException>(() => helper.ExchangeAsync(others))).IsRefusal);

        var ours = await task.HandOnAsync("spiffe://example.org/agent/helper", TokenAsk.Of("orders:read@orders"));
        await using var child = await helper.ExchangeAsync(ours);
        Assert.True((await Assert.ThrowsAsync<WritException>(() => again.ExchangeAsync(ours))).IsRefusal);
    }

    [Fact]
    public async Task Run_reads_the_orders_and_kill_9_of_it_ends_its_task()
    {
        var up = world.At("run-is-up");
        var run = Process.Start(new ProcessStartInfo(
            Path.ChangeExtension(typeof(World).Assembly.Location, null),
            [
                RunHost.Name, world.Issuer, world.KeyFile("agent/billing"),
                "sh", "-c", $"echo $WRIT_RUN_TASK > {up}; sleep 60",
            ])
        {
            UseShellExecute = false,
        })!;
        try
        {
            await Eventually.IsTrueAsync(
                () => File.Exists(up) && new FileInfo(up).Length > 0, "it is up", TimeSpan.FromSeconds(30));
            var id = (await File.ReadAllTextAsync(up)).Trim();
            Assert.Equal("open", await StatusAsync(id));
            run.Kill();
            await Task.Delay(TimeSpan.FromSeconds(5));
            Assert.Equal("open", await StatusAsync(id));
            await Eventually.HoldsAsync(
                async () => await StatusAsync(id) == "expired", "silence ends it", TimeSpan.FromSeconds(20));
        }
        finally
        {
            run.Kill(entireProcessTree: true);
            run.Dispose();
        }
    }

    [Theory]
    [InlineData("python3", "examples/agents/python/agent.py")]
    [InlineData("node", "examples/agents/node/agent.mjs")]
    public async Task Example_agents_do_their_work(string program, string script)
    {
        Assert.InRange((await File.ReadAllLinesAsync(Repository.At(script))).Length, 1, 20);
        var run = await Command.RunAsync(
            Path.ChangeExtension(typeof(World).Assembly.Location, null),
            [RunHost.Name, world.Issuer, world.KeyFile("agent/billing"), program, Repository.At(script)]);
        Assert.Matches("[0-9]+ open orders, [0-9.]+ in all", run.Succeeded());
    }

    // A test of the wire: the token is used as somebody would who holds it and the key, without the SDK's own renewal.
    private async Task<HttpStatusCode> GetAsync(WorkTaskHandle task, IssuedToken token)
    {
        using var http = new HttpClient();
        var uri = new Uri(world.Orders + "/orders");
        string? nonce = null;
        while (true)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, uri);
            request.Headers.Add("Authorization", "DPoP " + token.Value);
            request.Headers.Add("DPoP", task.Prove("GET", uri, nonce, token.Value));
            using var answer = await http.SendAsync(request);
            if (nonce is not null || !answer.Headers.TryGetValues("DPoP-Nonce", out var given))
                return answer.StatusCode;
            nonce = given.Single();
        }
    }

    private Task RefusedWithinASecondAsync(WorkTaskHandle task, IssuedToken token) =>
        Eventually.HoldsAsync(
            async () => await GetAsync(task, token) == HttpStatusCode.Unauthorized, "it is refused", OneSecond);

    private async Task<string?> StatusAsync(string task)
    {
        var shown = await world.Operator.Management.SendAsync(
            HttpMethod.Get, string.Create(CultureInfo.InvariantCulture, $"/v1/tasks/{task}"));
        return (string?)JsonNode.Parse(shown!.Value.GetRawText())!["status"];
    }
}
