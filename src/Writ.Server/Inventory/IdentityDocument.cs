using System.Text.Json.Nodes;
using Writ.Protocol;
using Writ.Server.Callers;
using Writ.Server.Storage;

namespace Writ.Server.Inventory;

/// <summary>An identity as the management API shows it.</summary>
public static class IdentityDocument
{
    public static JsonObject Of(IdentityRow row, JsonArray? keys = null)
    {
        var json = new JsonObject
        {
            ["id"] = row.Id,
            ["name"] = SpiffeId.Parse(row.Id).Path[1..],
            ["kind"] = row.Kind,
            ["status"] = row.Status,
            ["owner"] = row.Owner,
            ["team"] = row.Team,
            ["purpose"] = row.Purpose,
            ["clearance"] = row.Clearance,
            ["labels"] = JsonNode.Parse(row.Labels),
            ["entitlements"] = JsonNode.Parse(row.Entitlements),
            ["implicit_task"] = row.ImplicitTask,
            ["bearer"] = row.Bearer,
            ["created_at"] = Instant.Text(row.CreatedAt),
            ["expires_at"] = Instant.Text(row.ExpiresAt),
            ["version"] = row.Version,
        };
        if (row.CreatedBy is { } maker) json["created_by"] = maker;
        if (row.MaxTokenSeconds is { } seconds) json["max_token_seconds"] = seconds;
        if (keys is not null) json["keys"] = keys;
        return json;
    }

    public static JsonArray Keys(IEnumerable<PrincipalKeyRow> keys, long now) =>
        [.. keys.Select(k => (JsonNode)KeyReader.Document(k, now))];

    /// <summary>New keys, with the secrets that are shown this once.</summary>
    public static JsonArray Keys(IEnumerable<OfferedKey.Accepted> keys, long now) =>
        [.. keys.Select(k => (JsonNode)KeyReader.Document(k.Row, now, k.Secret))];
}
