using Writ.Server.Audit;
using Writ.Server.Storage;
using static Writ.Server.Tests.Inventory.IdentityTests;

namespace Writ.Server.Tests.Approvals;

/// <summary>Whom the policy wants told of something finds it, and nobody else does.</summary>
public sealed class NoticeTests
{
    private const string Telling = """
        package writ.rules.telling

        allow := true

        obligations contains {"notify": whom} if {
        	input.action.name == "orders:write"
        	some whom in ["team:payments", "team:support"]
        }
        """;

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Team_that_is_to_be_told_finds_it(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine);
        var staff = await Staff.HireAsync(broker);
        var nobody = await broker.Seed.OperatorAsync(Seed.Name("else"), OperatorRole.Operator, "elsewhere");
        var pushed = await staff.Owner.PostAsync(
            "/v1/policies", new { files = new[] { new { name = "a.rego", text = Telling } } });
        Assert.True(pushed.Status == 201, pushed.Text);
        var world = await broker.Seed.WorldAsync();
        var task = await world.TaskAsync();
        var read = await world.Agent.TokenAsync(("task", task.Id), ("scope", world.Grant()));
        var refused = await world.Agent.TokenAsync(("task", task.Id), ("scope", world.Grant("orders:delete")));
        var written = await world.Agent.TokenAsync(("task", task.Id), ("scope", world.Grant("orders:write")));
        Assert.Equal((200, 400, 200), (read.Status, refused.Status, written.Status));

        var own = (await staff.Viewer.GetAsync("/v1/notices")).Json.GetProperty("items");
        var theirs = (await staff.Stranger.GetAsync("/v1/notices?whom=team:payments")).Json.GetProperty("items");
        var none = (await nobody.GetAsync("/v1/notices")).Json.GetProperty("items");
        var first = (await staff.Owner.GetAsync("/v1/notices?limit=1")).Json;

        var told = Assert.Single(own.EnumerateArray());
        Assert.Equal("team:payments", told.GetProperty("whom").GetString());
        Assert.Equal(("token.issue", world.Agent.Id), (
            told.GetProperty("kind").GetString(), told.GetProperty("subject").GetString()));
        Assert.Empty(theirs.EnumerateArray());
        Assert.Empty(none.EnumerateArray());
        Assert.Single(first.GetProperty("items").EnumerateArray());
        var rest = await staff.Owner.GetAsync($"/v1/notices?after={first.GetProperty("next")}");
        var second = Assert.Single(rest.Json.GetProperty("items").EnumerateArray());
        Assert.Equal("team:support", second.GetProperty("whom").GetString());
        Assert.Equal((403, "role_too_low"), StatusOf(await world.Agent.GetAsync("/v1/notices")));
        Assert.Equal((400, "invalid_request"), StatusOf(await staff.Owner.GetAsync("/v1/notices?after=x")));
    }

    // What an API reports is its word: of any form that a record holds, and as much as fits.
    [Fact]
    public async Task Records_that_tell_too_many_or_cannot_be_read_hold_nothing_up()
    {
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite);
        var staff = await Staff.HireAsync(broker);
        var many = $"[{string.Join(',', Enumerable.Range(0, 100).Select(n => $$"""{"notify": "team:t{{n}}"}"""))}]";
        foreach (var said in new[] { "[{\"notify\": 1}]", "{", "[3]", "{\"notify\": []}", many })
        {
            var e = new AuditEvent { Kind = "access.local", Actor = "test" };
            await broker.Wiring.Audit.AppendOwnActAsync(e.With("policy_obligations", said), []);
        }

        var told = (await staff.Owner.GetAsync("/v1/notices")).Json.GetProperty("items");

        Assert.Equal(16, told.GetArrayLength());
    }
}
