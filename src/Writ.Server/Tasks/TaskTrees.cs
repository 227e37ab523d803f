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

    /// <summary>The task's document with its tree; <c>tree_cut</c>, <c>credentials_cut</c> if not all.</summary>
    public async Task<JsonObject> OfAsync(TaskRow root, CancellationToken cancel)
    {
        await indexer.RunAsync(cancel); // what was issued a moment ago is shown, too
        var tree = (await tasks.TreeAsync(root.Id, MaxTasks + 1, cancel)).ToList();
        var treeCut = tree.Count > MaxTasks;
        if (treeCut) tree.RemoveAt(1); // the oldest but the root
        var credentials = await records.CredentialsAsync([.. tree.Select(t => t.Id)], MaxCredentials + 1, cancel);
        var byTask = credentials.Take(MaxCredentials).ToLookup(c => c.Task, StringComparer.Ordinal);
        var json = TaskDocument.Of(root);
        json["tree"] = new JsonArray([.. tree.Select(t => Node(t, byTask[t.Id]))]);
        if (treeCut) json["tree_cut"] = true;
        if (credentials.Count > MaxCredentials) json["credentials_cut"] = true;
        return json;
    }

    private JsonObject Node(TaskRow task, IEnumerable<RecordIndexRow> credentials)
    {
        var json = TaskDocument.Of(task);
        json["credentials"] = new JsonArray([.. credentials.Select(c => (JsonNode)new JsonObject
        {
            ["jti"] = c.Jti,
            ["kind"] = "access_token",
            ["subject"] = c.Subject,
            ["client"] = c.Actor,
            ["issued_at"] = Instant.Text(c.At),
            ["expires_at"] = c.ExpiresAt is { } end ? Instant.Text(end) : null,
            ["state"] = StateOf(task, c),
        })]);
        return json;
    }

    private string StateOf(TaskRow task, RecordIndexRow credential)
    {
        if (credential.ExpiresAt <= time.GetUtcNow().ToMicros()) return "expired";
        var handles = new List<RevocationHandle>
        {
            RevocationHandle.Token(credential.Jti!),
            RevocationHandle.Task(task.Id),
            RevocationHandle.Identity(task.Agent),
        };
        if (credential.Subject is { } subject) handles.Add(RevocationHandle.Identity(subject));
        foreach (var ancestor in task.Ancestors.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            handles.Add(RevocationHandle.Task(ancestor));
        return revoked.IsRevoked(handles, Instant.FromMicros(credential.At), out _) ? "revoked" : "active";
    }
}
