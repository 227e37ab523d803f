using System.Text.Json;

namespace Writ.Server.Governance;

/// <summary>The body that puts a version of the policy in force.</summary>
public sealed record PushPolicyRequest
{
    /// <summary>Its modules, tests among them.</summary>
    public IReadOnlyList<PushedFile>? Files { get; init; }
    /// <summary>The documents below <c>data</c>.</summary>
    public JsonElement? Data { get; init; }
    /// <summary>Where it came from: a folder, a commit, a bundle's revision.</summary>
    public string? Source { get; init; }
    public string? Because { get; init; }
    /// <summary>The number of the turn that was seen last; null: whatever is in force.</summary>
    public long? Replaces { get; init; }
}

/// <summary>A module.</summary>
/// <param name="Name">Its path, as errors name it.</param>
/// <param name="Text">Its text.</param>
/// <param name="Version">The syntax: 0 or 1; null: 1, unless it says so itself.</param>
public sealed record PushedFile(string? Name, string? Text, int? Version);

/// <summary>The body that puts an earlier version in force again.</summary>
public sealed record RollBackRequest
{
    /// <summary>Its digest, or <c>shipped</c>; null: the version before the current one.</summary>
    public string? To { get; init; }
    public string? Because { get; init; }
}
