using Writ.Client;

namespace Writ.Server.Tests.Approvals;

/// <summary>The SDK where a person has to say yes: it waits as long as it is told to, and goes on by itself.</summary>
public sealed class ApprovalSdkTests
{
    [Fact]
    public async Task Client_waits_and_goes_on_with_the_yes()
    {
        await using var w = await OpenAsync();
        var work = await w.AgentAsync();
        var answers = new List<Task<Reply>>();
        using var writ = Client(w, work, TimeSpan.FromSeconds(30), p => answers.Add(w.ApproveAsync(p.Id)));

        var token = await writ.AttachTask(work.Task).GetTokenAsync(TokenAsk.Of(work.World.Grant("orders:write")));
        var task = await writ.OpenTaskAsync(new TaskRequest
        {
            Purpose = ApprovalWorld.Danger,
            Workflow = work.World.Workflow.Name,
        });

        Assert.Equal([200, 200], (await Task.WhenAll(answers)).Select(a => a.Status));
        Assert.True(token.ExpiresAt <= TimeProvider.System.GetUtcNow().AddSeconds(ApprovalWorld.WindowSeconds));
        Assert.True(task.Deadline <= TimeProvider.System.GetUtcNow().AddSeconds(ApprovalWorld.WindowSeconds));
    }

    [Fact]
    public async Task No_of_a_person_is_a_refusal_and_says_why()
    {
        await using var w = await OpenAsync();
        var work = await w.AgentAsync();
        using var writ = Client(w, work, TimeSpan.FromSeconds(30), p => _ = w.DenyAsync(p.Id));

        var e = await Assert.ThrowsAsync<WritException>(() =>
            writ.AttachTask(work.Task).GetTokenAsync(TokenAsk.Of(work.World.Grant("orders:write"))));

        Assert.Equal(("approval_denied", true), (e.Code, e.IsRefusal));
        Assert.Contains("not today", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task Whose_patience_ends_learns_what_to_wait_for(int seconds)
    {
        await using var w = await OpenAsync();
        var work = await w.AgentAsync();
        var told = 0;
        using var writ = Client(w, work, TimeSpan.FromSeconds(seconds), _ => told++);

        var e = await Assert.ThrowsAsync<WritException>(() =>
            writ.AttachTask(work.Task).GetTokenAsync(TokenAsk.Of(work.World.Grant("orders:write"))));

        Assert.Equal(("approval_required", seconds == 0 ? 0 : 1), (e.Code, told));
        Assert.StartsWith("apr_", e.Approval!.Id, StringComparison.Ordinal);
        Assert.Equal($"{w.Broker.Issuer}/v1/approvals/{e.Approval.Id}", e.Approval.Uri);
        Assert.Equal("high impact", e.Approval.Because);
    }

    private static async Task<ApprovalWorld> OpenAsync() =>
        await ApprovalWorld.OverAsync(await TestBroker.StartAsync(Engine.Sqlite, TimeProvider.System));

    private static WritClient Client(
        ApprovalWorld w, AgentAtWork work, TimeSpan patience, Action<PendingApproval> waiting) =>
        new(new WritClientOptions
        {
            Issuer = w.Broker.Issuer,
            ClientId = work.Agent.Id,
            Key = work.Agent.Key,
            ApprovalPatience = patience,
            WaitingForApproval = waiting,
        });
}
