using Writ.Server.Storage;

namespace Writ.Server.Tests;

/// <summary>One resource, two agents entitled to it (the second to less), one workflow of both.</summary>
public sealed record TestWorld(
    TestBroker Broker, ResourceRow Orders, TestCaller Agent, TestCaller Other, WorkflowRow Workflow)
{
    /// <summary>A grant at the resource: <c>orders:read@orders-1a2b</c>.</summary>
    public string Grant(string actions = "orders:read") => $"{actions}@{Orders.Name}";

    /// <summary>An open task of the first agent.</summary>
    public Task<TaskRow> TaskAsync(Func<TaskRow, TaskRow>? change = null) =>
        Broker.Seed.TaskAsync(Agent, Workflow, change);
}
