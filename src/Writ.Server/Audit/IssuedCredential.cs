using System.Text.Json;
using Writ.Protocol;
using Writ.Server.Storage;

namespace Writ.Server.Audit;

/// <summary>A credential as the record of its issue tells it: what it is, and everything that can kill it.</summary>
public sealed record IssuedCredential
{
    /// <summary>The detail that lists the tokens it descends from, nearest first; the family of refresh tokens, too.
    /// </summary>
    public const string AncestorsDetail = "ancestors";

    /// <summary>The detail that names the key that signs.</summary>
    public const string KidDetail = "kid";

    /// <summary>The detail that lists who acts, as <see cref="ActorChain"/> writes it.</summary>
    public const string ActDetail = "act";

    public required string Jti { get; init; }
    public required string Task { get; init; }
    public string? Subject { get; init; }
    /// <summary>Who asked for it: its client.</summary>
    public string? Client { get; init; }
    /// <summary>Whether its record has lost what it said of it.</summary>
    public bool IsErased { get; init; }
    public required long IssuedAt { get; init; }
    public long? ExpiresAt { get; init; }
    /// <summary>What was granted, as JSON.</summary>
    public string? Authority => Detail.GetValueOrDefault("authorization_details");
    /// <summary>The workflow of its task; null: none.</summary>
    public string? Workflow => Detail.GetValueOrDefault("workflow");
    /// <summary>What the policy was asked; null: nothing.</summary>
    public string? PolicyInput => Detail.GetValueOrDefault(PolicyDetail.Input);
    private IReadOnlyDictionary<string, string> Detail { get; init; } = AuditEvent.NoDetail;

    /// <summary>Reads the record of an issue.</summary>
    public static IssuedCredential Of(RecordRow row)
    {
        var index = RecordBody.Index(row);
        return new IssuedCredential
        {
            Jti = index.Jti!,
            Task = index.Task!,
            Subject = index.Subject,
            Client = index.Actor,
            IsErased = row.IsErased,
            IssuedAt = index.At,
            ExpiresAt = index.ExpiresAt,
            Detail = DetailOf(row),
        };
    }

    /// <summary>The handles that its token carries (<c>AccessTokenClaims.Handles</c>), but for its ancestor tasks.
    /// </summary>
    public IEnumerable<RevocationHandle> Handles()
    {
        yield return RevocationHandle.Token(Jti);
        yield return RevocationHandle.Task(Task);
        if (Subject is not null) yield return RevocationHandle.Identity(Subject);
        if (Client is not null) yield return RevocationHandle.Identity(Client);
        foreach (var actor in Listed(ActDetail, " < ")) yield return RevocationHandle.Identity(actor);
        foreach (var jti in Listed(AncestorsDetail, " ")) yield return RevocationHandle.Token(jti);
        if (Detail.TryGetValue(KidDetail, out var kid)) yield return RevocationHandle.SigningKey(kid);
    }

    private string[] Listed(string name, string separator) =>
        Detail.TryGetValue(name, out var text) ? text.Split(separator, StringSplitOptions.RemoveEmptyEntries) : [];

    private static Dictionary<string, string> DetailOf(RecordRow row)
    {
        using var document = JsonDocument.Parse(row.Body);
        return document.RootElement.TryGetProperty("detail", out var detail)
            ? detail.EnumerateObject().ToDictionary(m => m.Name, m => m.Value.GetString()!, StringComparer.Ordinal)
            : [];
    }
}
