using System.Text.Json;

namespace Writ.Server.Tests.Records;

/// <summary>One task told from its records.</summary>
public sealed class StoryTests(SharedBrokers brokers) : IClassFixture<SharedBrokers>
{
    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Story_tells_opening_credentials_refusals_child_tasks_and_the_end_in_order(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var staff = await Staff.HireAsync(broker);
        var world = await broker.Seed.WorldAsync();
        var opened = (await world.Agent.PostAsync(
            "/v1/tasks", new { workflow = world.Workflow.Name, purpose = "Cancel an order" })).Json;
        var id = opened.GetProperty("id").GetString()!;
        var token = await world.Agent.TokenAsync(("task", id), ("scope", world.Grant()));
        await world.Agent.TokenAsync(("task", id), ("scope", world.Grant("orders:delete")));
        var child = await world.TaskAsync(t => t with { Parent = id, Ancestors = id });
        await world.Agent.TokenAsync(("task", child.Id), ("scope", world.Grant()));
        await world.Agent.PostAsync($"/v1/tasks/{id}/end", new { reason = "done" });

        var story = (await staff.Viewer.GetAsync($"/v1/tasks/{id}/story")).Json;

        var events = story.GetProperty("events").EnumerateArray().ToList();
        Assert.Equal(
            [("task.start", "allow", 0), ("token.issue", "allow", 0), ("token.issue", "deny", 0),
                ("token.issue", "allow", 1), ("task.end", "allow", 0)],
            events.Select(e => (Of(e, "kind"), Of(e, "outcome"), e.GetProperty("depth").GetInt32())));
        Assert.Equal("completed", story.GetProperty("status").GetString());
        Assert.Equal("Cancel an order", Of(events[0], "purpose"));
        Assert.Equal(token["decision_id"], Of(events[1], "decision_id"));
        Assert.True(events[1].GetProperty("lifetime_seconds").GetInt64() > 0);
        Assert.Equal(64, Of(events[1], "policy")!.Length);
        Assert.NotNull(Of(events[2], "reason"));
        Assert.Equal(child.Id, Of(events[3], "task"));
        Assert.Equal("done", Of(events[4], "because"));
        Assert.All(events, e => Assert.True(e.GetProperty("after_seconds").GetDouble() >= -5));
    }

    [Fact]
    public async Task Story_of_a_task_that_is_not_there_is_not_found()
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var staff = await Staff.HireAsync(broker);

        Assert.Equal(404, (await staff.Viewer.GetAsync("/v1/tasks/task_none/story")).Status);
    }

    private static string? Of(JsonElement one, string name) =>
        one.TryGetProperty(name, out var value) ? value.GetString() : null;
}
