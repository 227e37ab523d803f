using Writ.Server.Acts;

namespace Writ.Server.Governance;

/// <summary>The body that puts a version of the policy in force.</summary>
public sealed record PushPolicyRequest : PolicyUpload
{
    /// <summary>Where it came from: a folder, a commit, a bundle's revision.</summary>
    public string? Source { get; init; }
    public string? Because { get; init; }
    /// <summary>The number of the turn that was seen last; null: whatever is in force.</summary>
    public long? Replaces { get; init; }
}

/// <summary>The body that puts an earlier version in force again.</summary>
public sealed record RollBackRequest
{
    /// <summary>Its digest, or <c>shipped</c>; null: the version before the current one.</summary>
    public string? To { get; init; }
    public string? Because { get; init; }
}
