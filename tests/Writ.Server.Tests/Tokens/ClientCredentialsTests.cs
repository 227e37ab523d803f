using System.Text.Json;
using Writ.Protocol;
using Writ.Server.Storage;

namespace Writ.Server.Tests;

/// <summary>client_credentials on both engines: what is given, and every bound that takes away from it.</summary>
public sealed class ClientCredentialsTests(SharedBrokers brokers) : IClassFixture<SharedBrokers>
{
    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Token_carries_what_was_granted_and_nothing_else(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var world = await broker.Seed.WorldAsync();
        var task = await world.TaskAsync();

        var reply = await world.Agent.TokenAsync(("task", task.Id), ("scope", world.Grant()));

        var claims = broker.Wiring.TokenCallers.ReadAny(reply.AccessToken)!;
        Assert.Equal("DPoP", reply["token_type"]);
        Assert.Equal(900, reply.Json.GetProperty("expires_in").GetInt64());
        Assert.Equal(broker.Issuer, claims.Issuer);
        Assert.Equal(world.Agent.Id, claims.Subject);
        Assert.Equal(world.Agent.Id, claims.ClientId);
        Assert.Equal([world.Orders.Uri], claims.Audience);
        Assert.Equal(task.Id, claims.TaskId);
        Assert.Equal(new Confirmation.Jkt(world.Agent.PublicKey.Thumbprint), claims.Confirmation);
        Assert.Equal(await broker.Seed.AuthorityAsync([world.Grant()]), claims.Authority);
        Assert.Equal(0, claims.Actors.Depth);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Details_scope_and_resource_say_the_same(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var world = await broker.Seed.WorldAsync();
        var task = await world.TaskAsync();
        var details = (await broker.Seed.AuthorityAsync([world.Grant()])).ToJson();

        Reply[] replies =
        [
            await world.Agent.TokenAsync(("task", task.Id), ("authorization_details", details)),
            await world.Agent.TokenAsync(("task", task.Id), ("scope", world.Grant())),
            await world.Agent.TokenAsync(("task", task.Id), ("scope", "orders:read"), ("resource", world.Orders.Uri)),
            await world.Agent.TokenAsync(("task", task.Id), ("scope", "orders:read"), ("audience", world.Orders.Name)),
        ];

        Assert.All(replies, r => Assert.Equal(details, r.Json.GetProperty("authorization_details").GetRawText()));
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Record_names_the_token_its_key_and_its_task(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var world = await broker.Seed.WorldAsync();
        var task = await world.TaskAsync();
        var head = await broker.HeadAsync();

        var reply = await world.Agent.TokenAsync(("task", task.Id), ("scope", world.Grant()));

        var record = Assert.Single(await broker.RecordsAsync(head));
        var claims = broker.Wiring.TokenCallers.ReadAny(reply.AccessToken)!;
        Assert.Equal(
            ["allow", claims.Jti, task.Id, world.Agent.Id],
            new[] { "outcome", "jti", "task", "actor" }.Select(n => record.GetProperty(n).GetString()));
        Assert.Contains(world.Agent.PublicKey.Thumbprint, record.GetRawText(), StringComparison.Ordinal);
        Assert.DoesNotContain(reply.AccessToken, record.GetRawText(), StringComparison.Ordinal);
        Assert.Equal(claims.ExpiresAt.ToMicros(), record.GetProperty("expires_at").GetInt64());
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Audience_that_is_not_registered_is_refused(Engine engine)
    {
        var (broker, world, task) = await WorldAsync(engine);
        await RefusedAsync(broker, 400, "invalid_target", "unknown_audience",
            () => world.Agent.TokenAsync(("task", task.Id), ("resource", "https://elsewhere.example")));
        await RefusedAsync(broker, 400, "invalid_target", "unknown_audience",
            () => world.Agent.TokenAsync(("task", task.Id), ("scope", "orders:read@elsewhere")));
        await RefusedAsync(broker, 400, "invalid_target", "unknown_audience", () => world.Agent.TokenAsync(
            ("task", task.Id),
            ("authorization_details", Details("""["orders:read"]""", "https://elsewhere.example"))));
        // Registered, but not among the resources of the request.
        await RefusedAsync(broker, 400, "invalid_target", "unknown_audience", () => world.Agent.TokenAsync(
            ("task", task.Id), ("resource", broker.Issuer),
            ("authorization_details", Details("""["orders:read"]""", world.Orders.Uri))));
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Task_that_is_not_the_callers_open_task_is_refused(Engine engine)
    {
        var (broker, world, task) = await WorldAsync(engine);
        var ended = await world.TaskAsync();
        await broker.Seed.EndTaskAsync(ended.Id);
        var grant = ("scope", world.Grant());

        await RefusedAsync(broker, 400, "invalid_grant", "not_your_task",
            () => world.Other.TokenAsync(("task", task.Id), grant));
        await RefusedAsync(broker, 400, "invalid_grant", "task_not_open",
            () => world.Agent.TokenAsync(("task", ended.Id), grant));
        await RefusedAsync(broker, 400, "invalid_grant", "unknown_task",
            () => world.Agent.TokenAsync(("task", "task_nowhere"), grant));
        await RefusedAsync(broker, 400, "invalid_grant", "task_required", () => world.Agent.TokenAsync(grant));
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Authority_beyond_any_bound_is_refused(Engine engine)
    {
        var (broker, world, _) = await WorldAsync(engine);
        var reads = (await broker.Seed.AuthorityAsync([world.Grant()])).ToJson();
        var narrow = await world.TaskAsync(t => t with { Authority = reads });
        var payroll = await broker.Seed.ResourceAsync(Seed.Name("payroll"), "pay:read");

        await RefusedAsync(broker, 400, "invalid_scope", "outside_task",
            () => world.Agent.TokenAsync(("task", narrow.Id), ("scope", world.Grant("orders:write"))));
        await RefusedAsync(broker, 400, "invalid_scope", "not_entitled",
            () => world.Agent.TokenAsync(("task", narrow.Id), ("scope", world.Grant("orders:delete"))));
        await RefusedAsync(broker, 400, "invalid_scope", "not_entitled",
            () => world.Agent.TokenAsync(("task", narrow.Id), ("scope", $"pay:read@{payroll.Name}")));
        await RefusedAsync(broker, 400, "invalid_authorization_details", "not_entitled", () => world.Agent.TokenAsync(
            ("task", narrow.Id), ("authorization_details", Details("""["orders:delete"]""", world.Orders.Uri))));
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Action_that_the_resource_does_not_know_is_refused(Engine engine)
    {
        var (broker, world, own) = await WorldAsync(engine);
        string[] odd = [$"orders:read,orders:explode@{world.Orders.Name}"];
        var agent = await broker.Seed.IdentityAsync(Seed.Name("agent/odd"), odd);
        var workflow = await broker.Seed.WorkflowAsync(Seed.Name("odd"), [agent], odd);
        var task = await broker.Seed.TaskAsync(agent, workflow);

        await RefusedAsync(broker, 400, "invalid_scope", "unknown_action",
            () => agent.TokenAsync(("task", task.Id), ("scope", world.Grant("orders:explode"))));
        // Also of whoever is not entitled to it, and when the task is opened.
        await RefusedAsync(broker, 400, "invalid_scope", "unknown_action",
            () => world.Agent.TokenAsync(("task", own.Id), ("scope", world.Grant("orders:raed"))));
        string[] grants = [world.Grant("orders:raed")];
        var start = new { workflow = world.Workflow.Name, purpose = "x", grants };
        await RefusedAsync(broker, 403, null, "unknown_action", () => world.Agent.PostAsync("/v1/tasks", start));
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Data_above_the_clearance_is_refused(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var secret = await broker.Seed.ResourceAsync(Seed.Name("secret"), "file:read", "confidential");
        string[] grants = [$"file:read@{secret.Name}"];
        var agent = await broker.Seed.IdentityAsync(
            Seed.Name("agent/low"), grants, i => i with { Clearance = "internal" });
        var odd = await broker.Seed.IdentityAsync(
            Seed.Name("agent/odd"), grants, i => i with { Clearance = "cosmic" });
        var workflow = await broker.Seed.WorkflowAsync(Seed.Name("files"), [agent, odd], grants);
        foreach (var caller in new[] { agent, odd })
        {
            var task = await broker.Seed.TaskAsync(caller, workflow);
            await RefusedAsync(broker, 400, "invalid_scope", "not_cleared",
                () => caller.TokenAsync(("task", task.Id), ("scope", grants[0])));
        }
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Agent_that_left_its_workflow_gets_nothing_for_a_task_of_it(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var world = await broker.Seed.WorldAsync();
        var others = await broker.Seed.WorkflowAsync(Seed.Name("others"), [world.Other], [world.Grant()]);
        var task = await broker.Seed.TaskAsync(world.Agent, others);

        await RefusedAsync(broker, 400, null, "outside_workflow",
            () => world.Agent.TokenAsync(("task", task.Id), ("scope", world.Grant())));
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Suspended_or_expired_identity_gets_nothing(Engine engine)
    {
        var (broker, world, task) = await WorldAsync(engine);
        await broker.Seed.ChangeAsync(world.Agent, i => i with { Status = IdentityStatus.Suspended });
        await RefusedAsync(broker, 401, "invalid_client", "identity_not_active",
            () => world.Agent.TokenAsync(("task", task.Id), ("scope", world.Grant())));

        await broker.Seed.ChangeAsync(
            world.Agent, i => i with { Status = IdentityStatus.Active, ExpiresAt = broker.Now.ToMicros() });
        await RefusedAsync(broker, 401, "invalid_client", "identity_not_active",
            () => world.Agent.TokenAsync(("task", task.Id), ("scope", world.Grant())));
        var late = await world.Agent.TokenAsync(("task", task.Id), ("scope", world.Grant()));
        Assert.StartsWith(
            $"The identity {Staff.PathOf(world.Agent)} expired at ", late["error_description"],
            StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Key_is_refused_after_its_ninety_days(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine);
        var robot = await broker.Seed.IdentityAsync(
            "service/robot", [], i => i with { Kind = "service_account" });
        await broker.AdvanceAsync(TimeSpan.FromDays(90) - TimeSpan.FromSeconds(1));
        robot.TakeNonce();
        Assert.Equal(200, (await robot.TokenAsync(("resource", broker.Issuer))).Status);

        await broker.AdvanceAsync(TimeSpan.FromSeconds(1));

        await RefusedAsync(broker, 401, "invalid_client", "assertion_invalid",
            () => robot.TokenAsync(("resource", broker.Issuer)));
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Life_ends_with_the_task_the_identity_and_its_own_bound(Engine engine)
    {
        var (broker, world, _) = await WorldAsync(engine);
        var brief = await world.TaskAsync(t => t with { Deadline = broker.Now.AddSeconds(40).ToMicros() });
        Assert.Equal(40, await LifeAsync(brief.Id));

        var task = await world.TaskAsync();
        await broker.Seed.ChangeAsync(world.Agent, i => i with { MaxTokenSeconds = 70 });
        Assert.Equal(70, await LifeAsync(task.Id));

        await broker.Seed.ChangeAsync(
            world.Agent, i => i with { MaxTokenSeconds = null, ExpiresAt = broker.Now.AddSeconds(50).ToMicros() });
        Assert.Equal(50, await LifeAsync(task.Id));

        async Task<long> LifeAsync(string id) =>
            (await world.Agent.TokenAsync(("task", id), ("scope", world.Grant())))
                .Json.GetProperty("expires_in").GetInt64();
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Token_without_a_key_is_an_exception_of_the_identity(Engine engine)
    {
        var (broker, world, task) = await WorldAsync(engine);
        await RefusedAsync(broker, 400, "invalid_dpop_proof", "key_binding_required",
            () => WithoutProofAsync(world.Agent, task.Id));

        await broker.Seed.ChangeAsync(world.Agent, i => i with { Bearer = true });
        var reply = await WithoutProofAsync(world.Agent, task.Id);

        Assert.Equal("Bearer", reply["token_type"]);
        Assert.Null(broker.Wiring.TokenCallers.ReadAny(reply.AccessToken)!.Confirmation);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Implicit_task_is_for_those_who_may_have_one(Engine engine)
    {
        var (broker, world, _) = await WorldAsync(engine);
        var robot = await broker.Seed.IdentityAsync(
            Seed.Name("service/robot"), [world.Grant()], i => i with { Kind = "service_account" });
        var special = await broker.Seed.IdentityAsync(
            Seed.Name("agent/special"), [world.Grant()], i => i with { ImplicitTask = true });

        foreach (var caller in new[] { robot, special })
        {
            var reply = await caller.TokenAsync(("scope", world.Grant()));
            var task = (await broker.Wiring.Tasks.FindAsync(reply["task"]!))!;
            Assert.True(task.Implicit);
            Assert.Equal(caller.Id, task.Agent);
            Assert.Equal(broker.Wiring.TokenCallers.ReadAny(reply.AccessToken)!.ExpiresAt.ToMicros(), task.Deadline);
        }
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Implicit_task_is_nothing_to_come_back_to(Engine engine)
    {
        var (broker, world, _) = await WorldAsync(engine);
        await broker.Seed.ChangeAsync(world.Agent, i => i with { ImplicitTask = true });
        var name = (await world.Agent.TokenAsync(("scope", world.Grant())))["task"]!;

        await RefusedAsync(broker, 400, "invalid_grant", "task_not_open",
            () => world.Agent.TokenAsync(("task", name), ("scope", world.Grant())));
        await RefusedAsync(broker, 403, null, "task_not_open", () => world.Agent.PostAsync(
            "/v1/tasks", new { workflow = world.Workflow.Name, purpose = "x", parent = name }));
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Named_task_gives_no_management_token(Engine engine)
    {
        var (broker, world, task) = await WorldAsync(engine);

        await RefusedAsync(broker, 400, "invalid_scope", "outside_task",
            () => world.Agent.TokenAsync(("task", task.Id), ("resource", broker.Issuer)));
        await RefusedAsync(broker, 400, "invalid_scope", "outside_task",
            () => world.Agent.TokenAsync(("task", task.Id), ("scope", "task:start@writ")));
    }

    // Naming the issuer, for which every identity has an implicit task, must open none for anything else.
    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Issuer_beside_another_audience_opens_no_implicit_task(Engine engine)
    {
        var (broker, world, _) = await WorldAsync(engine);
        var details = Details("""["orders:read"]""", world.Orders.Uri);
        (string, string)[][] forms =
        [
            [("resource", broker.Issuer), ("resource", world.Orders.Uri), ("scope", "orders:read")],
            [("resource", broker.Issuer), ("resource", world.Orders.Uri), ("authorization_details", details)],
            [("resource", broker.Issuer), ("resource", world.Orders.Uri)],
            [("scope", $"task:start@writ {world.Grant()}")],
            [("audience", "writ"), ("audience", world.Orders.Name), ("scope", world.Grant())],
        ];
        foreach (var form in forms)
        {
            var reply = await world.Agent.TokenAsync(form);
            // Either nothing, or a management token alone.
            if (reply.Status == 200)
                Assert.Equal([broker.Issuer], broker.Wiring.TokenCallers.ReadAny(reply.AccessToken)!.Audience);
            else Assert.Contains(reply.Code, new[] { "task_required", "mixed_audience", "not_entitled" });
        }
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Management_token_has_no_more_than_its_holder_may_do(Engine engine)
    {
        var (broker, world, _) = await WorldAsync(engine);
        await RefusedAsync(broker, 400, "invalid_scope", "not_entitled",
            () => world.Agent.TokenAsync(("resource", broker.Issuer), ("scope", "identity:create")));
        await RefusedAsync(broker, 400, "invalid_scope", "not_entitled",
            () => world.Agent.TokenAsync(("scope", "operator:invite@writ")));

        var narrow = (await world.Agent.TokenAsync(("resource", broker.Issuer), ("scope", "task:read"))).AccessToken;
        await RefusedAsync(broker, 403, "insufficient_scope", null, () => world.Agent.CallAsync(
            HttpMethod.Post, "/v1/tasks", new { workflow = world.Workflow.Name, purpose = "x" }, narrow));
    }

    private static Task<Reply> WithoutProofAsync(TestCaller caller, string task) =>
        caller.SendAsync(new HttpRequestMessage(HttpMethod.Post, "/oauth/token")
        {
            Content = new FormUrlEncodedContent(caller.Form(("task", task))),
        });

    private static string Details(string actions, string location) =>
        $$"""[{"type":"writ_access","actions":{{actions}},"locations":[{{JsonSerializer.Serialize(location)}}]}]""";

    private async Task<(TestBroker, TestWorld, TaskRow)> WorldAsync(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var world = await broker.Seed.WorldAsync();
        return (broker, world, await world.TaskAsync());
    }

    private static Task RefusedAsync(
        TestBroker broker, int status, string? error, string? code, Func<Task<Reply>> attempt) =>
        Attempt.IsRefusedAsync(broker, attempt, status, error, code);
}
