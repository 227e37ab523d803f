using Writ.Server.Audit;
using Writ.Server.Storage;
using Writ.Server.Tasks;

namespace Writ.Server.Tests;

/// <summary>What is alive is seen, however much junk its maker heaps upon it.</summary>
public sealed class TaskTreeTests(SharedBrokers brokers) : IClassFixture<SharedBrokers>
{
    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Newest_tasks_are_shown_and_it_is_said_that_others_are_not(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var world = await broker.Seed.WorldAsync();
        var root = await world.TaskAsync();
        var junk = Enumerable.Range(0, TaskTrees.MaxTasks + 4).Select(i => Child(root, $"{root.Id}_{i:D4}"));
        await broker.Wiring.Audit.AppendOwnActAsync(
            new AuditEvent { Kind = "test.seed" }, [.. junk.Select(t => new Claim.OpenTask(t))]);

        var full = (await world.Agent.GetAsync($"/v1/tasks/{root.Id}")).Json;

        var tree = full.GetProperty("tree").EnumerateArray().Select(t => t.GetProperty("id").GetString()).ToList();
        Assert.Equal(TaskTrees.MaxTasks, tree.Count);
        Assert.Equal(root.Id, tree[0]);
        Assert.Equal($"{root.Id}_0005", tree[1]);
        Assert.Equal($"{root.Id}_{TaskTrees.MaxTasks + 3:D4}", tree[^1]);
        Assert.True(full.GetProperty("tree_cut").GetBoolean());
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Newest_credentials_are_shown_first_and_it_is_said_that_others_are_not(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var world = await broker.Seed.WorldAsync();
        var task = await world.TaskAsync();
        await Task.WhenAll(Enumerable.Range(0, TaskTrees.MaxCredentials).Select(i =>
            broker.Wiring.Audit.AppendOwnActAsync(
                new AuditEvent { Kind = "token.issue", Task = task.Id, Jti = $"at_junk_{i}", Subject = task.Agent },
                [])));
        await world.Agent.TokenAsync(("task", task.Id), ("scope", world.Grant()));
        var before = (await world.Agent.GetAsync($"/v1/tasks/{task.Id}")).Json;

        var credentials = before.GetProperty("tree")[0].GetProperty("credentials");

        Assert.Equal(TaskTrees.MaxCredentials, credentials.GetArrayLength());
        Assert.StartsWith("at_", credentials[0].GetProperty("jti").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain("junk", credentials[0].GetProperty("jti").GetString(), StringComparison.Ordinal);
        Assert.Equal("active", credentials[0].GetProperty("state").GetString());
        Assert.True(before.GetProperty("credentials_cut").GetBoolean());
        Assert.False(before.TryGetProperty("tree_cut", out _));
    }

    private static TaskRow Child(TaskRow parent, string id) => parent with
    {
        Id = id,
        Parent = parent.Id,
        Ancestors = parent.Id,
    };
}
