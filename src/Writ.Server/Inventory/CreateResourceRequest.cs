namespace Writ.Server.Inventory;

/// <summary>The body that registers a resource.</summary>
public sealed record CreateResourceRequest : ResourceChanges
{
    /// <summary>How grants name it: <c>orders</c>.</summary>
    public string? Name { get; init; }
    /// <summary>The audience of its tokens. It never changes: entitlements and tokens name it.</summary>
    public string? Uri { get; init; }
}

/// <summary>The body that changes a resource: what is left out stays; lists are replaced whole.</summary>
public record ResourceChanges
{
    /// <summary>An operator's name or id; left out when registering: the caller.</summary>
    public string? Owner { get; init; }
    public string? Team { get; init; }
    /// <summary>public, internal, confidential or restricted.</summary>
    public string? Classification { get; init; }
    /// <summary>What can be done there: <c>orders:read</c>.</summary>
    public IReadOnlyList<string>? Actions { get; init; }
    /// <summary>The purposes that it may be used for; empty: any.</summary>
    public IReadOnlyList<string>? Purposes { get; init; }
    /// <summary>The version that the change rests on; left out: whatever it is now.</summary>
    public long? Version { get; init; }
}
