using System.Text.Json.Nodes;
using Writ.Server.Storage;

namespace Writ.Server.Tasks;

/// <summary>A task as the management API shows it.</summary>
public static class TaskDocument
{
    public static JsonObject Of(TaskRow task)
    {
        var json = new JsonObject
        {
            ["id"] = task.Id,
            ["workflow"] = task.Workflow,
            ["agent"] = task.Agent,
            ["purpose"] = task.Purpose,
            ["status"] = task.Status,
            ["implicit"] = task.Implicit,
            ["authorization_details"] = JsonNode.Parse(task.Authority),
            ["opened_by"] = task.OpenedBy,
            ["opened_at"] = Instant.Text(task.OpenedAt),
            ["deadline"] = Instant.Text(task.Deadline),
        };
        if (task.Parent is not null) json["parent"] = task.Parent;
        if (task.OnBehalfOf is not null) json["on_behalf_of"] = task.OnBehalfOf;
        if (task.EndedAt is { } ended) json["ended_at"] = Instant.Text(ended);
        if (task.EndReason is not null) json["end_reason"] = task.EndReason;
        if (task.HeartbeatSeconds is { } seconds) json["heartbeat_seconds"] = seconds;
        return json;
    }
}
