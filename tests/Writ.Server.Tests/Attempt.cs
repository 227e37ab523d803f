using System.Text.Json;

namespace Writ.Server.Tests;

/// <summary>
/// An attack or a mistake, and what must come of it: the right answer, and a record of the refusal. Never a 500, never
/// a token.
/// </summary>
public static class Attempt
{
    /// <summary>The refusal's record; a failure when the answer is another, or nothing was recorded.</summary>
    public static async Task<JsonElement> IsRefusedAsync(
        TestBroker broker, Func<Task<Reply>> attempt, int status, string? error, string? code = null)
    {
        var head = await broker.HeadAsync();
        var reply = await attempt();
        var said = $"answered {reply.Status} {reply.Text}";
        Assert.True(reply.Status == status, said);
        Assert.True(error is null || reply.Error == error || reply.Code == error, said);
        Assert.True(code is null || reply.Code == code, said);
        Assert.Null(reply["access_token"]);
        var refusals = await RefusalsAsync(broker, head);
        Assert.True(refusals.Count > 0, $"No record of a refusal, though it was {said}");
        return refusals[^1];
    }

    private static async Task<List<JsonElement>> RefusalsAsync(TestBroker broker, long head)
    {
        // What the server refuses below HTTP is counted, and written behind the answer.
        List<JsonElement> refusals = [];
        for (var i = 0; i < 50 && refusals.Count == 0; i++)
        {
            if (i > 0) await Task.Delay(10);
            var records = await broker.RecordsAsync(head);
            refusals = [.. records.Where(r => r.GetProperty("outcome").GetString() == "deny")];
        }
        return refusals;
    }
}
