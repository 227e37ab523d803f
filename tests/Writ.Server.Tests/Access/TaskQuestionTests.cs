using System.Text.Json;
using Writ.Server.Storage;
using static Writ.Server.Tests.Access.Asking;

namespace Writ.Server.Tests.Access;

/// <summary>A question that names a task: the broker's own facts of it bound the answer.</summary>
public sealed class TaskQuestionTests(SharedBrokers brokers) : IClassFixture<SharedBrokers>
{
    private const string Deleting = "orders:delete";

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Live_task_of_the_subject_is_a_fact_of_the_store(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var world = await broker.Seed.WorldAsync();
        var root = await broker.Seed.TaskAsync(world.Other, world.Workflow);
        var task = await world.TaskAsync(row => row with { Parent = root.Id, Ancestors = root.Id });

        var reply = await world.Agent.AskAsync(Question(
            world.Agent, "orders:read", world.Orders.Name,
            new { task = task.Id, workflow = new { name = "forged" }, facts = new { task = new { source = "x" } } }));

        Assert.Equal((true, null), DecisionOf(reply));
        var record = await RecordAsync(broker);
        Assert.Equal(task.Id, record.GetProperty("detail").GetProperty("asked_task").GetString());
        var context = InputOf(record).GetProperty("context");
        Assert.Equal("store", context.GetProperty("facts").GetProperty("task").GetProperty("source").GetString());
        Assert.Equal(world.Workflow.Name, context.GetProperty("workflow").GetProperty("name").GetString());
        Assert.Equal(root.Id, context.GetProperty("task").GetProperty("parent").GetString());
        var delegation = context.GetProperty("delegation");
        Assert.Equal(1, delegation.GetProperty("depth").GetInt32());
        Assert.Equal(world.Other.Id, delegation.GetProperty("principal").GetString());
        Assert.Equal(world.Agent.Id, delegation.GetProperty("chain")[0].GetString());
    }

    [Fact]
    public async Task Without_a_task_none_is_known()
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var world = await broker.Seed.WorldAsync();

        await world.Agent.AskAsync(Question(world.Agent, "orders:read", world.Orders.Name));

        var context = InputOf(await RecordAsync(broker)).GetProperty("context");
        Assert.False(context.TryGetProperty("task", out _));
        Assert.False(context.GetProperty("facts").TryGetProperty("task", out _));
    }

    [Fact]
    public async Task What_lies_outside_the_task_or_its_workflow_is_refused()
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var world = await broker.Seed.WorldAsync();
        var all = await broker.Seed.IdentityAsync(
            Seed.Name("agent/all"), [$"orders:read,orders:write,{Deleting}@{world.Orders.Name}"]);
        var workflow = await broker.Seed.WorkflowAsync(
            Seed.Name("all"), [all], [$"orders:read,orders:write@{world.Orders.Name}"]);
        var narrow = await broker.Seed.AuthorityAsync([world.Grant()]);
        var task = await broker.Seed.TaskAsync(all, workflow, row => row with { Authority = narrow.ToJson() });
        // A task as it could only be from before its workflow was narrowed.
        var wide = await broker.Seed.AuthorityAsync([world.Grant(Deleting)]);
        var old = await broker.Seed.TaskAsync(all, workflow, row => row with { Authority = wide.ToJson() });
        var theirs = await broker.Seed.WorkflowAsync(Seed.Name("theirs"), [world.Other], [world.Grant()]);
        var foreign = await broker.Seed.TaskAsync(all, theirs);

        Assert.Equal((true, null), await AskAsync(task, "orders:read"));
        Assert.Equal((false, "outside_task"), await AskAsync(task, "orders:write"));
        Assert.Equal((false, "outside_workflow"), await AskAsync(task, Deleting));
        Assert.Equal((false, "outside_workflow"), await AskAsync(old, Deleting));
        Assert.Equal((false, "outside_workflow"), await AskAsync(foreign, "orders:read"));

        async Task<(bool, string?)> AskAsync(TaskRow named, string action) => DecisionOf(
            await all.AskAsync(Question(all, action, world.Orders.Name, new { task = named.Id })));
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Task_that_is_over_unknown_or_of_another_is_a_no(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var world = await broker.Seed.WorldAsync();
        var task = await world.TaskAsync();
        var theirs = await broker.Seed.TaskAsync(world.Other, world.Workflow);
        var root = await broker.Seed.TaskAsync(world.Other, world.Workflow);
        var child = await world.TaskAsync(row => row with { Parent = root.Id, Ancestors = root.Id });
        var brief = await world.TaskAsync(row => row with { Deadline = broker.Now.AddMilliseconds(1).ToMicros() });
        Assert.Equal((true, null), await AskAsync(task.Id));
        Assert.Equal((true, null), await AskAsync(child.Id));

        await broker.Seed.EndTaskAsync(task.Id);
        await broker.Seed.EndTaskAsync(root.Id);

        Assert.Equal((false, "task_not_open"), await AskAsync(task.Id));
        Assert.Equal((false, "task_not_open"), await AskAsync(child.Id));
        Assert.Equal((false, "not_your_task"), await AskAsync(theirs.Id));
        Assert.Equal((false, "unknown_task"), await AskAsync("task_none"));
        broker.Clock.Advance(TimeSpan.FromMilliseconds(5));
        Assert.Equal((false, "task_not_open"), await AskAsync(brief.Id));

        async Task<(bool, string?)> AskAsync(string id) => DecisionOf(
            await world.Agent.AskAsync(Question(world.Agent, "orders:read", world.Orders.Name, new { task = id })));
    }

    [Fact]
    public async Task Task_serves_no_subject_that_nobody_registered()
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var world = await broker.Seed.WorldAsync();
        var task = await world.TaskAsync();

        Assert.Equal(
            (false, "not_your_task"), DecisionOf(await world.Other.AskAsync(Unregistered(new { task = task.Id }))));
    }

    [Fact]
    public async Task Whoever_may_not_ask_about_the_subject_learns_nothing_of_its_task()
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var world = await broker.Seed.WorldAsync();
        var task = await world.TaskAsync();
        var stranger = await broker.Seed.IdentityAsync(
            Seed.Name("agent/stranger"), [], row => row with { Team = "support" });

        foreach (var named in (string[])[task.Id, "task_none"])
        {
            var reply = await stranger.AskAsync(
                Question(world.Agent, "orders:read", world.Orders.Name, new { task = named }));
            Assert.Equal((403, "not_yours"), (reply.Status, reply.Code));
        }
    }

    [Theory]
    [InlineData("""{"id": "task_1"}""")]
    [InlineData("null")]
    [InlineData("\"\"")]
    [InlineData("17")]
    public async Task Task_that_cannot_be_read_is_not_taken_for_none(string task)
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var world = await broker.Seed.WorldAsync();

        var reply = await world.Agent.AskAsync(Question(
            world.Agent, "orders:read", world.Orders.Name, new { task = JsonElement.Parse(task) }));

        Assert.Equal((400, "invalid_request"), (reply.Status, reply.Code));
    }

    [Fact]
    public async Task Purpose_and_workflow_of_the_task_satisfy_the_shipped_rules()
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var secrets = await broker.Seed.ResourceAsync(Seed.Name("ledger"), "orders:read", "confidential");
        var agent = await broker.Seed.IdentityAsync(Seed.Name("agent/bookkeeper"), [$"orders:read@{secrets.Name}"]);
        var workflow = await broker.Seed.WorkflowAsync(
            Seed.Name("books"), [agent], [$"orders:read@{secrets.Name}"]);
        var task = await broker.Seed.TaskAsync(agent, workflow);

        Assert.Equal((true, null), DecisionOf(await agent.AskAsync(
            Question(agent, "orders:read", secrets.Name, new { task = task.Id }))));
        Assert.Equal((false, "workflow_required"), DecisionOf(await agent.AskAsync(
            Question(agent, "orders:read", secrets.Name))));
    }
}
