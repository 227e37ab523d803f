using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;
using Writ.Server.Storage;

namespace Writ.Server.Decisions;

/// <summary>
/// What an approval is bound to: the exact thing that would be done, and the version of the policy that asked for a
/// person, so that a yes to one is none to another. Taken before the policy narrows it: what is given is no more. What
/// differs each time that the same is asked (ids, moments) is left out.
/// </summary>
internal static class ApprovalDigest
{
    public static string Of(Ask.ByCaller ask, Granting granting, string policy) =>
        Of(ask, granting, policy, isLikeness: false);

    /// <summary>The same without what whoever asks may change at no cost, the key and the time that it shall last: to a
    /// person both are the same question.</summary>
    public static string Likeness(Ask.ByCaller ask, Granting granting, string policy) =>
        Of(ask, granting, policy, isLikeness: true);

    private static string Of(Ask.ByCaller ask, Granting granting, string policy, bool isLikeness)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("policy", policy);
            json.WriteString("caller", ask.Caller.Principal.Id);
            if (!isLikeness) json.WriteString("key", ask.Caller.Binding?.Thumbprint);
            Write(json, ask, granting, isLikeness);
            json.WriteEndObject();
        }
        return Convert.ToHexStringLower(SHA256.HashData(buffer.WrittenSpan));
    }

    private static void Write(Utf8JsonWriter json, Ask.ByCaller ask, Granting granting, bool isLikeness)
    {
        switch (ask, granting)
        {
            case (Ask.Token token, Granting.Token { Claims: var claims }):
                json.WriteString("grant_type", token.GrantType);
                json.WriteString("subject", token.Subject);
                json.WriteString("actors", token.Actors.ToString());
                json.WriteString("task", token.OpensTask ? "" : claims.TaskId);
                json.WriteString("parent", token.Task?.Parent);
                json.WriteString("on_behalf_of", token.Task?.OnBehalfOf);
                json.WriteString("may_act", token.MayAct);
                json.WritePropertyName("authorization_details");
                claims.Authority.WriteTo(json);
                break;
            case (Ask.WorkToOpen asked, Granting.WorkToOpen { Task: var task }):
                json.WriteString("workflow", task.Workflow);
                json.WriteString("agent", task.Agent);
                json.WriteString("purpose", task.Purpose);
                json.WriteString("parent", task.Parent);
                json.WriteString("on_behalf_of", task.OnBehalfOf);
                json.WriteString("authorization_details", task.Authority);
                if (isLikeness) break;
                json.WriteNumber("deadline", SecondsOf(asked.Task));
                json.WriteNumber("heartbeat", task.HeartbeatSeconds ?? 0);
                break;
            case (Ask.Act act, _):
                json.WriteString("action", act.Action);
                json.WriteString("target", act.Target.Name);
                json.WriteString("method", act.Sent.Method);
                json.WriteString("path", act.Sent.Path);
                json.WriteString("query", act.Sent.Query);
                json.WriteString("body", act.Sent.BodyDigest);
                break;
            default:
                throw new InvalidOperationException($"No approval is for {granting.GetType().Name}.");
        }
    }

    /// <summary>How long the caller wants the task to last; 0: as long as it may.</summary>
    private static long SecondsOf(TaskRow asked) =>
        asked.Deadline == Instant.MaxMicros ? 0 : (asked.Deadline - asked.OpenedAt) / 1_000_000;
}
