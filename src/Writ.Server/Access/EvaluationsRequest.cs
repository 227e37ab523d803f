using System.Text.Json;
using System.Text.Json.Serialization;

namespace Writ.Server.Access;

/// <summary>The body of an Access Evaluations request (AuthZEN 1.0 §7.1): many questions, and what they have in common.
/// Without any it is the one question that its other members are.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Skip)]
public sealed record EvaluationsRequest
{
    public EvaluationEntity? Subject { get; init; }
    public EvaluationAction? Action { get; init; }
    public EvaluationEntity? Resource { get; init; }
    public JsonElement? Context { get; init; }
    /// <summary>Each overrides the members above that it has of its own.</summary>
    public IReadOnlyList<JsonElement>? Evaluations { get; init; }
    public EvaluationsOptions? Options { get; init; }
}

/// <summary>How they are to be answered (AuthZEN 1.0 §7.1.2).</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Skip)]
public sealed record EvaluationsOptions
{
    /// <summary>execute_all, deny_on_first_deny or permit_on_first_permit.</summary>
    public string? EvaluationsSemantic { get; init; }
}
