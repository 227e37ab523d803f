using System.Text.Json;
using Writ.Server.Callers;

namespace Writ.Server.Inventory;

/// <summary>The body that registers an identity.</summary>
public sealed record CreateIdentityRequest : IdentityChanges
{
    /// <summary><c>agent/billing</c>; a single word takes its kind before it. Or give <see cref="Id"/>.</summary>
    public string? Name { get; init; }
    /// <summary><c>spiffe://example.org/agent/billing</c>.</summary>
    public string? Id { get; init; }
    /// <summary>agent, workload, service_account, pipeline, model or mcp_server.</summary>
    public string? Kind { get; init; }
    public IReadOnlyList<KeyRequest>? Keys { get; init; }
}

/// <summary>The body that changes an identity: what is left out stays; lists are replaced whole.</summary>
public record IdentityChanges
{
    /// <summary>An operator's name or id; left out when registering: the caller.</summary>
    public string? Owner { get; init; }
    public string? Team { get; init; }
    public string? Purpose { get; init; }
    public DateTimeOffset? ExpiresAt { get; init; }
    public int? ExpiresInDays { get; init; }
    public IReadOnlyDictionary<string, string>? Labels { get; init; }
    /// <summary>public, internal, confidential or restricted.</summary>
    public string? Clearance { get; init; }
    /// <summary>Grants (<c>orders:read@orders</c>) or <c>writ_access</c> objects: the ceiling.</summary>
    public IReadOnlyList<JsonElement>? Entitlements { get; init; }
    /// <summary>The longest life of its tokens; 0: the usual one of its kind. Beyond that it is an exception.</summary>
    public int? MaxTokenSeconds { get; init; }
    /// <summary>An agent that gets tokens without opening a task first.</summary>
    public bool? ImplicitTask { get; init; }
    /// <summary>Tokens bound to no key: an exception, and a finding.</summary>
    public bool? Bearer { get; init; }
    /// <summary>The version that the change rests on; left out: whatever it is now.</summary>
    public long? Version { get; init; }
}

/// <summary>The body of acts that want nothing but, perhaps, a reason.</summary>
public sealed record ReasonRequest
{
    public string? Reason { get; init; }
}
