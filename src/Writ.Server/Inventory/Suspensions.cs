using System.Text.Json;
using System.Text.Json.Nodes;
using Writ.Server.Audit;
using Writ.Server.Storage;

namespace Writ.Server.Inventory;

/// <summary>Who stopped an identity, when and why, as the log tells it.</summary>
public sealed class Suspensions(RecordStore records, RecordIndexer indexer)
{
    /// <summary>The kinds of record that tell of it: a lock, or a suspension by itself.</summary>
    private static readonly string[] Kinds = ["identity.lock", "identity.suspend"];

    /// <summary>The last one; null where the identity is not suspended.</summary>
    public async Task<JsonObject?> OfAsync(IdentityRow row, CancellationToken cancel)
    {
        if (row.Status != IdentityStatus.Suspended) return null;
        await indexer.CatchUpAsync(cancel);
        if (await records.LastAsync(row.Id, Kinds, cancel) is not { } found) return null;
        using var document = JsonDocument.Parse(found.Body);
        var record = document.RootElement;
        var detail = record.TryGetProperty("detail", out var given) ? given : default;
        return new JsonObject
        {
            ["at"] = Instant.Text(record.GetProperty("at").GetInt64()),
            ["by"] = Text(record, "actor"),
            ["because"] = Text(detail, "because"),
            ["decision_id"] = Text(record, "decision_id"),
        };
    }

    private static string? Text(JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) ? value.GetString() : null;
}
