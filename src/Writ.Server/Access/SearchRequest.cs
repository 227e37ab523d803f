using System.Text.Json;
using System.Text.Json.Serialization;

namespace Writ.Server.Access;

/// <summary>The body of a Search request (AuthZEN 1.0 §8.4 to §8.6): a question that leaves open what is searched.
/// </summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Skip)]
public sealed record SearchRequest
{
    /// <summary>Of subjects that are searched the type alone.</summary>
    public EvaluationEntity? Subject { get; init; }
    /// <summary>Not looked at where actions are searched.</summary>
    public EvaluationAction? Action { get; init; }
    /// <summary>Of resources that are searched the type alone, and which part of them.</summary>
    public EvaluationEntity? Resource { get; init; }
    public JsonElement? Context { get; init; }
    public SearchPage? Page { get; init; }
}

/// <summary>Which part of the result is wanted (AuthZEN 1.0 §8.2.1).</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Skip)]
public sealed record SearchPage
{
    /// <summary>The <c>next_token</c> of the page before.</summary>
    public string? Token { get; init; }
    /// <summary>The most results of one page.</summary>
    public int? Limit { get; init; }
}
