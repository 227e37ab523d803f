using System.Text.Json.Nodes;
using Writ.Server.Callers;
using Writ.Server.Storage;

namespace Writ.Server.Governance;

/// <summary>An operator as the management API shows it.</summary>
public static class OperatorDocument
{
    public static JsonObject Of(OperatorRow row, IEnumerable<PrincipalKeyRow>? keys, long now)
    {
        var json = new JsonObject { ["id"] = row.Id, ["name"] = row.Name, ["role"] = row.Role };
        if (row.Team is not null) json["team"] = row.Team;
        json["status"] = row.Status;
        json["created_at"] = Instant.Text(row.CreatedAt);
        json["version"] = row.Version;
        if (keys is not null) json["keys"] = new JsonArray([.. keys.Select(k => (JsonNode)KeyReader.Document(k, now))]);
        return json;
    }
}
