using System.Text.Json;

namespace Writ.Server.Access.Deciders;

/// <summary>Decisions that an API made by itself, in the order in which it made them.</summary>
public sealed record ReportRequest
{
    /// <summary>The name of the spool that they come from: chosen once, at random.</summary>
    public required string Spool { get; init; }
    /// <summary>The number of the first one; the others follow without gaps.</summary>
    public required long First { get; init; }
    public required IReadOnlyList<ReportedDecision> Decisions { get; init; }
}

/// <summary>One decision that an API made by itself.</summary>
public sealed record ReportedDecision
{
    private const int MaxName = 256;
    private const int MaxId = 2048;
    private const int MaxText = 12 * 1024; // characters of lists, obligations and context
    private const int MaxObligations = 64;
    private const int MaxWords = 100;

    /// <summary>When, microseconds since 1970 by the API's clock.</summary>
    public required long At { get; init; }
    public required bool Decision { get; init; }
    /// <summary>Of a no: why.</summary>
    public string? Code { get; init; }
    public required string SubjectType { get; init; }
    public required string SubjectId { get; init; }
    public required string Action { get; init; }
    public required string ResourceType { get; init; }
    public required string ResourceId { get; init; }
    public string? Identifier { get; init; }
    public IReadOnlyList<string>? Datatypes { get; init; }
    /// <summary>The task of the token that was shown there.</summary>
    public string? Task { get; init; }
    /// <summary>The version of the policy that decided.</summary>
    public required string Policy { get; init; }
    /// <summary>The version of the registry that the facts are of.</summary>
    public required long Registry { get; init; }
    public JsonElement? Obligations { get; init; }
    public IReadOnlyList<string>? Rules { get; init; }
    public IReadOnlyList<string>? Reasons { get; init; }
    public IReadOnlyList<string>? Missing { get; init; }
    /// <summary>What the API asserted, as text: JSON, or of more than 4096 characters what tells it again
    /// (<c>sha256:…</c>).</summary>
    public string? Context { get; init; }

    /// <summary>What of it no record takes; null: nothing. A body may say null wherever it likes.</summary>
    internal string? Fault()
    {
        string?[] names = [SubjectType, Action, ResourceType, Policy, Code ?? "-", Task ?? "-"];
        if (names.Any(n => n is not { Length: > 0 and <= MaxName })) return "a name is missing, or too long";
        string?[] ids = [SubjectId, ResourceId, Identifier ?? "-"];
        if (ids.Any(n => n is not { Length: > 0 and <= MaxId })) return "an id is missing, or too long";
        IReadOnlyList<string>?[] lists = [Datatypes, Rules, Reasons, Missing];
        if (lists.Any(l => l?.Count > MaxWords)) return "a list is too long";
        var size = lists.Sum(l => l?.Sum(w => w.Length) ?? 0) + (Context?.Length ?? 0)
            + (Obligations?.GetRawText().Length ?? 0);
        if (size > MaxText) return "it is too long";
        return Decision == (Code is null) ? FaultOfObligations() : "a no has a code, and a yes has none";
    }

    private string? FaultOfObligations()
    {
        if (Obligations is not { ValueKind: not JsonValueKind.Null } list) return null;
        return list.ValueKind == JsonValueKind.Array && list.GetArrayLength() <= MaxObligations
            && Protocol.Obligations.None.And(list.EnumerateArray()).All is not null
                ? null
                : "its obligations are none";
    }
}
