using static Writ.Server.Tests.Inventory.IdentityTests;

namespace Writ.Server.Tests.Inventory;

/// <summary>Findings: deduplicated, owned, open until mended.</summary>
public sealed class FindingTests(SharedBrokers brokers) : IClassFixture<SharedBrokers>
{
    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task What_is_found_again_is_counted_and_what_was_closed_opens_anew(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var staff = await Staff.HireAsync(broker);
        var name = Seed.Name("agent/x");
        await staff.Owner.PostAsync("/v1/identities", new
        {
            name,
            kind = "agent",
            purpose = "x",
            team = Staff.Team,
            bearer = true,
        });
        await PatchAsync(staff.Operator, $"/v1/identities/{name}", new { purpose = "still" });
        var query = $"/v1/findings?kind=bearer_exception&subject=spiffe://example.org/{name}";

        var found = (await staff.Viewer.GetAsync(query)).Json.GetProperty("items");

        Assert.Equal(1, found.GetArrayLength());
        Assert.Equal(2, found[0].GetProperty("count").GetInt32());
        Assert.Equal(staff.Owner.Id, found[0].GetProperty("owner").GetString());
        var path = $"/v1/findings/{found[0].GetProperty("id").GetString()}";
        Assert.Equal("outside_team", (await staff.Stranger.GetAsync(path)).Code);
        Assert.Equal("role_too_low", (await CloseAsync(staff.Viewer, path)).Code);
        Assert.Equal("outside_team", (await CloseAsync(staff.Stranger, path)).Code);
        Assert.Equal("invalid_request", (await staff.Operator.PostAsync($"{path}/close", new { reason = " " })).Code);
        var closed = await CloseAsync(staff.Operator, path);
        Assert.Equal("closed", closed["status"]);
        Assert.Equal((staff.Operator.Id, "accepted"), (closed["closed_by"], closed["close_reason"]));
        Assert.Equal((409, "conflict"), StatusOf(await CloseAsync(staff.Operator, path)));
        await PatchAsync(staff.Operator, $"/v1/identities/{name}", new { purpose = "again" });
        Assert.Equal(2, (await staff.Viewer.GetAsync(query)).Json.GetProperty("items").GetArrayLength());
    }

    private static Task<Reply> CloseAsync(TestCaller caller, string path) =>
        caller.PostAsync($"{path}/close", new { reason = "accepted" });
}
