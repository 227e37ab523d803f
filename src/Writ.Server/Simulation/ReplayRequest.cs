using Writ.Server.Acts;

namespace Writ.Server.Simulation;

/// <summary>The body that asks what another policy would have made of recorded decisions.</summary>
public sealed record ReplayRequest : PolicyUpload
{
    /// <summary>Decisions from this time on (RFC 3339); null: of the last 24 hours.</summary>
    public string? From { get; init; }
    /// <summary>Decisions before this time; null: up to now.</summary>
    public string? To { get; init; }
    /// <summary>Only of this identity or operator, or about it; null: of all.</summary>
    public string? Identity { get; init; }
}
