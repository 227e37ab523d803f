using System.Text.Json.Nodes;
using Writ.Protocol;
using Writ.Server.Audit;
using Writ.Server.Storage;

namespace Writ.Server.Tasks;

/// <summary>
/// A task with all below it, each with every credential it was given and the state that it is in. Of more than fits an
/// answer the newest are shown, and the answer says that it was cut: nobody hides what is alive behind junk.
/// </summary>
public sealed class TaskTrees(
    TaskStore tasks, RecordStore records, RecordIndexer indexer, RevocationSet revoked, TimeProvider time)
{
    internal const int MaxTasks = 1000;
    internal const int MaxCredentials = 5000;

    /// <summary>The task's document with its tree; <c>tree_cut</c>, <c>credentials_cut</c> if not all; <c>behind</c>
    /// if some records were not searched yet for it.</summary>
    public async Task<JsonObject> OfAsync(TaskRow root, CancellationToken cancel)
    {
        var behind = await indexer.CatchUpAsync(cancel); // what was issued a moment ago is shown, too
        var tree = (await tasks.TreeAsync(root.Id, MaxTasks + 1, cancel)).ToList();
        var treeCut = tree.Count > MaxTasks;
        if (treeCut) tree.RemoveAt(1); // the oldest but the root
        var rows = await records.CredentialsAsync([.. tree.Select(t => t.Id)], MaxCredentials + 1, cancel);
        var credentials = rows.Take(MaxCredentials).Select(IssuedCredential.Of);
        var byTask = credentials.ToLookup(c => c.Task, StringComparer.Ordinal);
        var json = TaskDocument.Of(root);
        json["tree"] = new JsonArray([.. tree.Select(t => Node(t, byTask[t.Id]))]);
        if (treeCut) json["tree_cut"] = true;
        if (rows.Count > MaxCredentials) json["credentials_cut"] = true;
        if (behind > 0) json["behind"] = behind;
        return json;
    }

    private JsonObject Node(TaskRow task, IEnumerable<IssuedCredential> credentials)
    {
        var json = TaskDocument.Of(task);
        json["credentials"] = new JsonArray([.. credentials.Select(c => (JsonNode)new JsonObject
        {
            ["jti"] = c.Jti,
            ["kind"] = "access_token",
            ["subject"] = c.Subject,
            ["client"] = c.Client,
            ["issued_at"] = Instant.Text(c.IssuedAt),
            ["expires_at"] = c.ExpiresAt is { } end ? Instant.Text(end) : null,
            ["state"] = StateOf(task, c),
        })]);
        return json;
    }

    /// <summary>As every verifier judges it: by the handles that it carries.</summary>
    private string StateOf(TaskRow task, IssuedCredential credential)
    {
        if (credential.ExpiresAt <= time.GetUtcNow().ToMicros()) return "expired";
        // Whatever ended the task killed all that it was given.
        if (task.Status != TaskStatusName.Open) return "revoked";
        var above = task.Above.Select(RevocationHandle.Task);
        // Tokens carry whole seconds; a record knows more.
        var issued = DateTimeOffset.FromUnixTimeSeconds(Instant.FromMicros(credential.IssuedAt).ToUnixTimeSeconds());
        return revoked.IsRevoked([.. credential.Handles(), .. above], issued, out _) ? "revoked" : "active";
    }
}
