using System.Collections.Immutable;

namespace Writ.Server.Audit;

/// <summary>
/// What happened, before it has a place in the log. docs/audit.md has the schema of the record it becomes.
/// </summary>
public sealed record AuditEvent
{
    /// <summary>
    /// Dotted, stable: <c>token.issue</c>, <c>task.end</c>, <c>identity.create</c>, <c>caller.refuse</c>.
    /// </summary>
    public required string Kind { get; init; }
    public string? DecisionId { get; init; }
    /// <summary>A stable code: why not, or why it was done. What people say of it: <see cref="Because"/>.</summary>
    public string? Reason { get; init; }
    /// <summary>Who asked: the authenticated caller.</summary>
    public string? Actor { get; init; }
    /// <summary>Whom it is about, where that is not the actor.</summary>
    public string? Subject { get; init; }
    public string? Task { get; init; }
    public string? Jti { get; init; }
    /// <summary>When what was issued ends by itself, microseconds.</summary>
    public long? ExpiresAt { get; init; }
    public string? RequestId { get; init; }
    /// <summary>What this erased: the details of the records from the first to before the second index of each.
    /// </summary>
    public IReadOnlyList<(long From, long To)> Erased { get; init; } = [];
    /// <summary>A no is the answer to a question about somebody: it is not the actor who was refused. Not written.
    /// </summary>
    public bool IsAnswer { get; init; }
    /// <summary>More, as text; values that are JSON are embedded as text. Never a secret, never a token.</summary>
    public ImmutableSortedDictionary<string, string> Detail { get; init; } = NoDetail;

    /// <summary>What a tree of the log begins with. In the record's core: who verifies a log needs it.</summary>
    public ImmutableSortedDictionary<string, string> Log { get; init; } = NoDetail;

    public static readonly ImmutableSortedDictionary<string, string> NoDetail =
        ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <summary>The reason that somebody gave in words of their own.</summary>
    public AuditEvent Because(string? words) => With("because", words);

    public AuditEvent With(string name, string? value) =>
        value is null ? this : this with { Detail = Detail.SetItem(name, value) };
}
