using System.Text.Json;
using System.Text.Json.Serialization;

namespace Writ.Server.Access;

/// <summary>The body of an Access Evaluation request (AuthZEN 1.0 §6.1), as its schema has it; <see
/// cref="EvaluationForm"/> reads it. What is not known is ignored (§10.1.1).</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Skip)]
public sealed record EvaluationRequest
{
    public EvaluationEntity? Subject { get; init; }
    public EvaluationAction? Action { get; init; }
    public EvaluationEntity? Resource { get; init; }
    /// <summary>Free; <c>honours</c> names the obligations that the asking side will keep (docs/decision.md).</summary>
    public JsonElement? Context { get; init; }
}

/// <summary>A subject or a resource (AuthZEN 1.0 §5.1, §5.2).</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Skip)]
public sealed record EvaluationEntity
{
    public string? Type { get; init; }
    public string? Id { get; init; }
    public JsonElement? Properties { get; init; }
}

/// <summary>An action (AuthZEN 1.0 §5.3).</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Skip)]
public sealed record EvaluationAction
{
    public string? Name { get; init; }
    public JsonElement? Properties { get; init; }
}
