using System.Text.Json;

namespace Writ.Server.Tasks;

/// <summary>The body that opens a task.</summary>
public sealed record OpenTaskRequest
{
    public string? Workflow { get; init; }
    /// <summary>The agent; the caller itself if left out.</summary>
    public string? Agent { get; init; }
    public string? Purpose { get; init; }
    public string? Parent { get; init; }
    public JsonElement? AuthorizationDetails { get; init; }
    /// <summary>The short form: <c>orders:read@orders</c>.</summary>
    public IReadOnlyList<string>? Grants { get; init; }
    public int? DeadlineSeconds { get; init; }
    public int? HeartbeatSeconds { get; init; }
    public OnBehalfOf? OnBehalfOf { get; init; }
}

/// <summary>Proof of the user behind a task.</summary>
public sealed record OnBehalfOf(string Token, string? TokenType);

/// <summary>The body that ends a task.</summary>
public sealed record EndTaskRequest(string? Status, string? Reason);
