using System.Net;
using System.Text.Json.Nodes;

namespace Writ.Client.Tests;

/// <summary>What a resource server does when the broker is gone: refuses, within a second, and says why.</summary>
public sealed class BrokerAwayTests(World world) : IClassFixture<World>
{
    [Fact]
    public async Task Resource_refuses_as_stale_once_the_broker_is_killed()
    {
        using var writ = world.Agent("agent/billing");
        var task = await writ.OpenTaskAsync("read the orders", "orders:read@orders");
        using var http = task.CreateClient("orders:read@orders");
        using var before = await http.GetAsync(world.Orders + "/orders");
        Assert.Equal(HttpStatusCode.OK, before.StatusCode);

        await world.KillBrokerAsync();
        await Task.Delay(TimeSpan.FromSeconds(1));
        using var after = await http.GetAsync(world.Orders + "/orders");
        var problem = JsonNode.Parse(await after.Content.ReadAsStringAsync())!;
        Assert.Equal((503, "verifier_stale"), ((int)after.StatusCode, (string?)problem["code"]));
        Assert.Equal("broker_unreachable", (await Assert.ThrowsAsync<WritException>(() => task.CompleteAsync())).Code);
    }
}
