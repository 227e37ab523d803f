using System.Text.Json;
using System.Text.Json.Nodes;
using Writ.Protocol;
using Writ.Server.Decisions;
using Writ.Server.Storage;

namespace Writ.Server.Acts;

/// <summary>What an approver is shown: the exact action and its parameters. No token, no secret (P6).</summary>
internal static class ApprovalContent
{
    private const int LongestBody = 16 * 1024;

    public static JsonObject Of(Ask.ByCaller ask, Granting granting, Facts facts)
    {
        var shown = (ask, granting) switch
        {
            (Ask.Token token, Granting.Token { Claims: var claims }) => Token(token, claims, facts),
            (Ask.WorkToOpen, Granting.WorkToOpen { Task: var task }) => Task(task, facts),
            (Ask.Act act, _) => Act(act),
            _ => throw new InvalidOperationException($"No approval is for {granting.GetType().Name}."),
        };
        if (ask.Caller.Binding is { } key)
            shown["key"] = $"{key.Proof} {key.Thumbprint}";
        if (ask.Caller.Address is { } address) shown["address"] = address.ToString();
        return shown;
    }

    /// <summary>Whom or what it is about.</summary>
    public static string SubjectOf(Ask.ByCaller ask) => ask switch
    {
        Ask.Token token => token.Subject,
        Ask.WorkToOpen work => work.Task.Agent,
        Ask.Act act => act.Target.Name,
        _ => ask.Caller.Principal.Id,
    };

    private static JsonObject Token(Ask.Token ask, AccessTokenClaims claims, Facts facts)
    {
        var shown = new JsonObject
        {
            ["kind"] = "token.issue",
            ["grant_type"] = ask.GrantType,
            ["client"] = ask.Caller.Principal.Id,
            ["subject"] = ask.Subject,
            ["lifetime_seconds"] = (long)(claims.ExpiresAt - facts.Now).TotalSeconds,
            ["authorization_details"] = JsonNode.Parse(claims.Authority.ToJson()),
        };
        if (ask.Actors.Depth > 0)
            shown["actors"] = new JsonArray([.. ask.Actors.Subjects.Select(a => (JsonNode)a)]);
        if (ask.MayAct is { } next) shown["may_act"] = next;
        if (ask.Task is { Implicit: false } task)
            shown["task"] = new JsonObject
            {
                ["id"] = task.Id,
                ["workflow"] = task.Workflow,
                ["purpose"] = task.Purpose,
                ["opened_by"] = task.OpenedBy,
            };
        if (ask.Task?.OnBehalfOf is { } user) shown["on_behalf_of"] = user;
        if (ask.Task is { Implicit: true, Parent: { } parent }) shown["parent_task"] = parent;
        return shown;
    }

    private static JsonObject Task(TaskRow task, Facts facts)
    {
        var shown = new JsonObject
        {
            ["kind"] = "task.start",
            ["workflow"] = task.Workflow,
            ["agent"] = task.Agent,
            ["purpose"] = task.Purpose,
            ["lifetime_seconds"] = (task.Deadline - facts.Now.ToMicros()) / 1_000_000,
            ["authorization_details"] = JsonNode.Parse(task.Authority),
        };
        if (task.Parent is { } parent) shown["parent_task"] = parent;
        if (task.OnBehalfOf is { } user) shown["on_behalf_of"] = user;
        return shown;
    }

    private static JsonObject Act(Ask.Act act)
    {
        var shown = new JsonObject
        {
            ["kind"] = "act",
            ["action"] = act.Action,
            ["target"] = act.Target.Name,
            ["method"] = act.Sent.Method,
            ["path"] = act.Sent.Path,
        };
        if (act.Sent.Query.Length > 0) shown["query"] = act.Sent.Query;
        if (act.Sent.Body.IsEmpty) return shown;
        shown["body_sha256"] = act.Sent.BodyDigest;
        shown["body_bytes"] = act.Sent.Body.Length;
        if (act.Sent.Body.Length > LongestBody) return shown;
        try
        {
            shown["body"] = JsonNode.Parse(act.Sent.Body.Span);
        }
        catch (JsonException)
        {
            // An endpoint that takes no body did not look at it; the digest stands for it.
        }
        return shown;
    }
}
