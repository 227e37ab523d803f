using static Writ.Server.Tests.Inventory.IdentityTests;

namespace Writ.Server.Tests.Inventory;

/// <summary>What an identity may do, given and taken.</summary>
public sealed class IdentityAuthorityTests(SharedBrokers brokers) : IClassFixture<SharedBrokers>
{
    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Clearance_and_freedom_from_tasks_are_given_by_those_who_govern_what_they_open(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var staff = await Staff.HireAsync(broker);
        var orders = await broker.Seed.ResourceAsync(Seed.Name("orders"), "orders:read", "restricted");
        var body = new
        {
            name = Seed.Name("agent/x"),
            kind = "agent",
            purpose = "x",
            team = Staff.OtherTeam,
            entitlements = new[] { $"orders:read@{orders.Name}" },
        };
        Assert.Equal(201, (await staff.Owner.PostAsync("/v1/identities", body)).Status);
        var path = $"/v1/identities/{body.name}";

        var cleared = await PatchAsync(staff.Stranger, path, new { clearance = "restricted" });
        var freed = await PatchAsync(staff.Stranger, path, new { implicit_task = true });

        Assert.Equal((403, "beyond_own_scope"), StatusOf(cleared));
        Assert.Equal((403, "beyond_own_scope"), StatusOf(freed));
        Assert.Equal(200, (await PatchAsync(staff.Stranger, path, new { clearance = "public" })).Status);
        Assert.Equal(200, (await PatchAsync(staff.Owner, path, new { clearance = "restricted" })).Status);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Narrowed_identity_keeps_no_token_from_before(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine);
        var staff = await Staff.HireAsync(broker);
        var world = await broker.Seed.WorldAsync();
        var task = await world.TaskAsync();
        var path = $"/v1/identities/{Staff.PathOf(world.Agent)}";
        object[] narrowings =
        [
            new { entitlements = new[] { world.Grant() } },
            new { clearance = "internal" },
            new { max_token_seconds = 3600 },
            new { max_token_seconds = 600 },
            new { expires_at = broker.Now.AddMinutes(8) },
        ];
        Assert.Equal(200, (await PatchAsync(staff.Owner, path, new { max_token_seconds = 7200 })).Status);
        foreach (var narrowing in narrowings)
        {
            var harmless = new { purpose = Seed.Name("new"), expires_in_days = 200 };
            var token = (await AskAsync()).AccessToken;
            Assert.Equal(200, (await PatchAsync(staff.Operator, path, harmless)).Status);
            Assert.NotNull(broker.Wiring.TokenCallers.ReadAny(token));

            Assert.Equal(200, (await PatchAsync(staff.Operator, path, narrowing)).Status);

            Assert.Null(broker.Wiring.TokenCallers.ReadAny(token));
            Assert.Equal("too_soon", (await AskAsync()).Code);
            await broker.AdvanceAsync(TimeSpan.FromSeconds(8));
        }
        Assert.NotNull(broker.Wiring.TokenCallers.ReadAny((await AskAsync()).AccessToken));

        Task<Reply> AskAsync() => world.Agent.TokenAsync(("task", task.Id), ("scope", world.Grant()));
    }
}
