using Writ.Server.Acts;

namespace Writ.Server.Simulation;

/// <summary>The body that puts a version of the policy beside the live one.</summary>
public sealed record ShadowRequest : PolicyUpload
{
    /// <summary>Where it came from: a folder, a commit, a bundle's revision.</summary>
    public string? Source { get; init; }
    public string? Because { get; init; }
}
