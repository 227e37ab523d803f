using System.Net;
using System.Text.Json.Nodes;
using Writ.Client;

namespace Writ.Cli.Dev;

/// <summary>
/// One task from its beginning to its end, each step held against what the promises say: a step that goes otherwise is
/// a <see cref="SampleFaultException"/>.
/// </summary>
internal sealed class SampleTask(DevStage stage, Story story, TimeProvider time)
{
    private const string Workflow = "order-desk";
    private const string Purpose = "Cancel Grace's order";
    private const string Order = "o-0002";
    private const string All = "orders:read,orders:cancel@orders";
    private const string Part = "orders:cancel@orders";
    private const string NotGiven = "orders:refund@orders";

    /// <summary>Within this a verifier refuses what was revoked (promise P3).</summary>
    private static readonly TimeSpan FeltWithin = TimeSpan.FromSeconds(1);

    private string Orders => $"{stage.OrdersUrl}/orders";

    public async Task RunAsync(CancellationToken cancel)
    {
        using var planner = new SampleAgent("agent/planner", stage, time);
        using var worker = new SampleAgent("agent/worker", stage, time);
        story.Title("One task, from its beginning to its end");

        await using var task = await OpenAsync(planner, cancel);
        var wide = await IssueAsync(planner, task, cancel);
        await UseAsync(planner, wide, cancel);
        await StealAsync(worker, wide, cancel);
        var narrow = await HandOnAsync(planner, worker, task, cancel);
        await UseNarrowAsync(worker, narrow, cancel);
        await RefuseAtApiAsync(worker, narrow, cancel);
        await RefuseAtBrokerAsync(planner, task, cancel);
        await EndAsync(planner, worker, task, (wide, narrow), cancel);
        await CountAsync([task.Id, narrow.TaskId!], cancel);
    }

    private async Task<WorkTaskHandle> OpenAsync(SampleAgent planner, CancellationToken cancel)
    {
        var request = new TaskRequest { Purpose = Purpose, Workflow = Workflow, Grants = [All] };
        story.Step("asked", $"{planner.Name} wants to “{Purpose}”", $"workflow {Workflow}, {All}");
        var task = await planner.Client.OpenTaskAsync(request, cancel);
        stage.LastTask = task.Id;
        story.Step("decided", $"yes: {task.Id} is open", "within its entitlement, the workflow and the request");
        return task;
    }

    private async Task<IssuedToken> IssueAsync(SampleAgent planner, WorkTaskHandle task, CancellationToken cancel)
    {
        var token = await task.GetTokenAsync(TokenAsk.Of(All), cancel);
        var minutes = (int)Math.Round((token.ExpiresAt - token.IssuedAt).TotalMinutes);
        story.Step("issued", $"{planner.Name} gets a token for {minutes} min", $"bound to its key, {token.DecisionId}");
        return token;
    }

    private async Task UseAsync(SampleAgent planner, IssuedToken token, CancellationToken cancel)
    {
        using var answer = await planner.CallAsync(HttpMethod.Get, Orders, token, cancel);
        await ExpectAsync(answer, HttpStatusCode.OK, cancel);
        var orders = JsonNode.Parse(await answer.Content.ReadAsStringAsync(cancel)) as JsonArray;
        story.Step("used", $"{planner.Name}: GET /orders → 200", $"{orders?.Count} orders");
    }

    private async Task StealAsync(SampleAgent thief, IssuedToken token, CancellationToken cancel)
    {
        using var answer = await thief.CallAsync(HttpMethod.Get, Orders, token, cancel);
        await ExpectAsync(answer, HttpStatusCode.Unauthorized, cancel);
        story.Refusal("refused", "the same token in other hands → 401", "stolen is useless: it is bound to a key");
    }

    private async Task<IssuedToken> HandOnAsync(
        SampleAgent planner, SampleAgent worker, WorkTaskHandle task, CancellationToken cancel)
    {
        var handedOn = await task.HandOnAsync(worker.Id, TokenAsk.Of(All), cancel);
        // Not disposed here: that would end the child task. It ends with its parent.
        var child = await worker.Client.ExchangeAsync(handedOn, TokenAsk.Of(Part), cancel);
        var token = await child.GetTokenAsync(TokenAsk.Of(Part), cancel);
        var how = $"a ticket, good once; {token.DecisionId}";
        story.Step("handed on", $"{planner.Name} → {worker.Name}: {Part} alone", how);
        return token;
    }

    private async Task UseNarrowAsync(SampleAgent worker, IssuedToken token, CancellationToken cancel)
    {
        using var answer = await worker.CallAsync(HttpMethod.Post, $"{Orders}/{Order}/cancel", token, cancel);
        await ExpectAsync(answer, HttpStatusCode.OK, cancel);
        story.Step("used", $"{worker.Name}: POST /orders/{Order}/cancel → 200", "on behalf of the planner's task");
    }

    private async Task RefuseAtApiAsync(SampleAgent worker, IssuedToken token, CancellationToken cancel)
    {
        using var answer = await worker.CallAsync(HttpMethod.Get, Orders, token, cancel);
        await ExpectAsync(answer, HttpStatusCode.Forbidden, cancel);
        story.Refusal("refused", $"{worker.Name}: GET /orders → 403", "it was handed less than the planner has");
    }

    private async Task RefuseAtBrokerAsync(SampleAgent planner, WorkTaskHandle task, CancellationToken cancel)
    {
        try
        {
            await task.GetTokenAsync(TokenAsk.Of(NotGiven), cancel);
        }
        catch (WritException e) when (e.IsRefusal && e.DecisionId is not null)
        {
            story.Refusal("refused", $"{planner.Name} asks for {NotGiven}: {e.Code}", e.DecisionId);
            return;
        }

        throw new SampleFaultException($"{NotGiven} was given to {planner.Name}, which is not entitled to it.");
    }

    private async Task EndAsync(
        SampleAgent planner, SampleAgent worker, WorkTaskHandle task, (IssuedToken Wide, IssuedToken Narrow) tokens,
        CancellationToken cancel)
    {
        await task.CompleteAsync(cancel);
        var ended = time.GetTimestamp();
        story.Step("ended", $"{planner.Name} ends the task", "and with it all that it was given");
        await FeelAsync(planner, "GET /orders", (HttpMethod.Get, Orders), tokens.Wide, ended, cancel);
        var again = (HttpMethod.Post, $"{Orders}/{Order}/cancel");
        await FeelAsync(worker, $"POST /orders/{Order}/cancel", again, tokens.Narrow, ended, cancel);
    }

    // The API hears of it by the feed: the end is acknowledged first, the refusal must come within the second.
    private async Task FeelAsync(
        SampleAgent agent, string what, (HttpMethod Method, string Url) call, IssuedToken token, long ended,
        CancellationToken cancel)
    {
        while (true)
        {
            using var answer = await agent.CallAsync(call.Method, call.Url, token, cancel);
            var after = time.GetElapsedTime(ended);
            if (answer.StatusCode == HttpStatusCode.Unauthorized)
            {
                var when = $"{after.TotalMilliseconds:N0} ms after the end";
                story.Refusal("dead", $"{agent.Name}: {what} → 401", when);
                return;
            }

            if (after > FeltWithin)
                throw new SampleFaultException($"{agent.Name}'s token still works after the end.");
            await Task.Delay(TimeSpan.FromMilliseconds(10), time, cancel);
        }
    }

    private async Task CountAsync(IEnumerable<string> tasks, CancellationToken cancel)
    {
        var count = 0;
        foreach (var id in tasks)
        {
            var path = $"/v1/records?task={Uri.EscapeDataString(id)}&limit=500";
            var answer = await stage.Operator.Client.Management.SendAsync(HttpMethod.Get, path, body: null, cancel);
            if (answer is not { } page || page.GetProperty("items").GetArrayLength() is not (> 0 and var records))
                throw new SampleFaultException($"The audit log says nothing of {id}.");
            count += records;
        }

        var aside = $"each was written before its answer; what the API refused is in {stage.Folder.OrdersLog}";
        story.Step("recorded", $"{count} records of the broker", aside);
    }

    private static async Task ExpectAsync(HttpResponseMessage answer, HttpStatusCode expected, CancellationToken cancel)
    {
        if (answer.StatusCode == expected)
            return;
        var request = answer.RequestMessage!;
        var words = await answer.Content.ReadAsStringAsync(cancel);
        throw new SampleFaultException(
            $"{request.Method} {request.RequestUri!.PathAndQuery} gave {(int)answer.StatusCode}, not {(int)expected}: "
            + $"{answer.Headers.WwwAuthenticate} {words}");
    }
}
