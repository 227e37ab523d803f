using System.Text.Json;

namespace Writ.Server.Tests.Access;

/// <summary>Questions of AuthZEN, and what is read out of their answers.</summary>
internal static class Asking
{
    public const string Path = "/access/v1/evaluation";

    /// <summary>A question about an identity and a registered resource.</summary>
    public static object Question(TestCaller subject, string action, string resource, object? context = null) => new
    {
        subject = new { type = "agent", id = subject.Id },
        action = new { name = action },
        resource = new { type = "resource", id = resource },
        context = context ?? new { },
    };

    /// <summary>A question about somebody and something that nobody registered.</summary>
    public static object Unregistered(object? context = null) => new
    {
        subject = new { type = "user", id = "rick@the-citadel.com", properties = new { department = "science" } },
        action = new { name = "can_read" },
        resource = new { type = "todo", id = "1", properties = new { owner = "rick@the-citadel.com" } },
        context = context ?? new { },
    };

    public static Task<Reply> AskAsync(this TestCaller who, object question) => who.PostAsync(Path, question);

    /// <summary>The decision and, of a no, its code.</summary>
    public static (bool Decision, string? Code) DecisionOf(Reply reply)
    {
        Assert.True(reply.Status == 200, reply.ToString());
        Assert.Equal("application/json", reply.ContentType);
        return (reply.Json.GetProperty("decision").GetBoolean(), ContextOf(reply)["code"]);
    }

    /// <summary>The answer's context, as if it were a reply.</summary>
    public static Reply ContextOf(Reply reply) => reply with { Text = reply.Json.GetProperty("context").GetRawText() };

    /// <summary>Puts a policy of one rule in force.</summary>
    public static async Task PushAsync(this TestCaller owner, string rule)
    {
        var reply = await TestPolicies.PushAsync(owner, $"package writ.rules.tested\n\n{rule}\n");
        Assert.True(reply.Status == 201, reply.ToString());
    }

    /// <summary>The last record of a question.</summary>
    public static async Task<JsonElement> RecordAsync(TestBroker broker) =>
        (await broker.RecordsAsync()).Last(r => r.GetProperty("kind").GetString() == "access.evaluate");

    /// <summary>What the policy was asked, as the record keeps it.</summary>
    public static JsonElement InputOf(JsonElement record) =>
        JsonElement.Parse(record.GetProperty("detail").GetProperty("policy_input").GetString()!);
}
