using Writ.Protocol;
using static Writ.Server.Tests.Inventory.IdentityTests;

namespace Writ.Server.Tests.Policies;

/// <summary>Over HTTP, against a running broker: what a policy can do wrong, and what callers can send to it, ends with
/// a no and harms nobody else.</summary>
public sealed class BadPolicyTests
{
    [Fact]
    public async Task Policy_that_goes_wrong_is_a_no_for_whom_it_goes_wrong()
    {
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite);
        var owner = await broker.Seed.OperatorAsync("owner");
        var world = await broker.Seed.WorldAsync();
        const string mask = """{"mask": {"classification": "internal", "how": """;
        (string Allow, string Obliges, string Code)[] faults =
        [
            ("count([1 | some a in numbers.range(1, 9000); some b in numbers.range(1, 9000)]) > 0", "", "policy_limit"),
            ("count([r | some a in numbers.range(1, 5000); r := numbers.range(1, 5000 + a)]) > 0", "", "policy_limit"),
            ("to_number(input.subject.id) == 1", "", "policy_error"),
            ("true", mask + "\"hash\"}}, " + mask + "\"null\"}}", "obligation_conflict"),
            ("true", """{"dance": true}""", "obligation_unknown"),
            ("true", """{"max_lifetime_seconds": "long"}""", "obligation_invalid"),
        ];
        foreach (var (allow, obliges, code) in faults)
        {
            await PushAsync(owner, $$"""
                package writ.rules.tested

                allow if not writing

                allow if {
                	writing
                	{{allow}}
                }

                obligations contains obligation if {
                	writing
                	some obligation in [{{obliges}}]
                }

                writing if input.action.name == "orders:write"
                """);
            var task = await world.TaskAsync();

            var wrong = await world.Agent.TokenAsync(("task", task.Id), ("scope", world.Grant("orders:write")));
            var right = await world.Agent.TokenAsync(("task", task.Id), ("scope", world.Grant()));

            Assert.True((wrong.Status, wrong.Code) == (400, code), $"{allow} {obliges}: {wrong.Text}");
            Assert.Equal(200, right.Status);
        }
    }

    [Fact]
    public async Task Delegation_in_a_circle_comes_to_an_end_and_dies_with_its_beginning()
    {
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite);
        var owner = await broker.Seed.OperatorAsync("owner");
        await PushAsync(owner, "package writ.rules.open\n\nallow := true");
        var world = await broker.Seed.WorldAsync();
        var task = await world.TaskAsync();
        var token = (await world.Agent.TokenAsync(
            ("task", task.Id), ("scope", world.Grant()), ("may_act", world.Other.Id))).AccessToken;
        var all = new List<string> { token };
        string? code = null;
        for (var hop = 0; hop < 20 && code is null; hop++)
        {
            var (from, to) = hop % 2 == 0 ? (world.Other, world.Agent) : (world.Agent, world.Other);
            var reply = await from.TokenAsync(
                ("grant_type", GrantTypes.TokenExchange), ("subject_token", token),
                ("subject_token_type", TokenTypeUri.AccessToken), ("scope", world.Grant()), ("may_act", to.Id));
            code = reply.Status == 200 ? null : reply.Code;
            if (code is null) all.Add(token = reply.AccessToken);
        }

        Assert.Equal("chain_too_deep", code);
        Assert.InRange(all.Count, 2, broker.Wiring.Settings.MaxDepth + 1);
        await broker.Seed.EndTaskAsync(task.Id);
        Assert.All(all, t => Assert.Null(broker.Wiring.TokenCallers.ReadAny(t)));
    }

    [Fact]
    public async Task Identities_that_own_each_other_bar_their_owners_and_end()
    {
        await using var w = await Approvals.ApprovalWorld.StartAsync(Engine.Sqlite);
        var ann = await w.ApproverAsync();
        var work = await w.AgentAsync();
        var (one, two) = (work.World.Agent, work.World.Other);
        await w.Broker.Seed.ChangeAsync(two, row => row with { Owner = ann.Id });
        await w.Broker.Seed.ChangeAsync(one, row => row with { Owner = two.Id });
        await w.Broker.Seed.ChangeAsync(two, row => row with { Owner = one.Id });

        var id = await work.WishAsync();

        Assert.Equal((403, "own_request"), StatusOf(await w.ApproveAsync(id, ann)));
        Assert.Equal(200, (await w.ApproveAsync(id)).Status);
    }

    [Fact]
    public async Task Answer_to_a_request_is_read_strictly_and_within_bounds()
    {
        await using var w = await Approvals.ApprovalWorld.StartAsync(Engine.Sqlite);
        var id = await (await w.AgentAsync()).WishAsync();
        var path = $"/v1/approvals/{id}/approve";

        var misspelt = await w.Staff.Operator.PostAsync(path, new { becuase = "x" });
        var large = await w.Staff.Operator.PostAsync(path, $$"""{"because": "{{new string('x', 300 << 10)}}"}""");

        Assert.Equal((400, "invalid_request"), StatusOf(misspelt));
        Assert.Equal((413, "body_too_large"), StatusOf(large));
        Assert.Equal("pending", (await w.Staff.Operator.GetAsync($"/v1/approvals/{id}"))["status"]);
    }

    [Fact]
    public async Task Policy_is_not_even_compiled_for_a_token_that_does_not_carry_the_act()
    {
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite);
        var owner = await broker.Seed.OperatorAsync("owner");
        var narrow = (await owner.TokenAsync(("resource", broker.Issuer), ("scope", "policy:read"))).AccessToken;
        var files = new { files = new[] { new { name = "a.rego", text = "package broken {" } } };

        foreach (var path in new[] { "/v1/policies", "/v1/policies/preview", "/v1/policies/replay" })
            Assert.Equal(
                (403, "insufficient_scope"),
                StatusOf(await owner.CallAsync(HttpMethod.Post, path, files, narrow)));
    }

    private static async Task PushAsync(TestCaller owner, string module)
    {
        var reply = await owner.PostAsync("/v1/policies", new
        {
            files = new[] { new { name = "a.rego", text = module } },
        });
        Assert.True(reply.Status == 201, $"{module}\n{reply.Text}");
    }
}
