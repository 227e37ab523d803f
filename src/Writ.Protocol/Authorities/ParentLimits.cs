using System.Collections.Immutable;

namespace Writ.Protocol;

/// <summary>What a child may not exceed: the parent's token, already intersected with whatever else binds.</summary>
/// <param name="Authority">The parent's authority.</param>
/// <param name="Audience">Where the parent's authority may be taken to.</param>
/// <param name="ExpiresAt">The parent's end: no child outlives it.</param>
/// <param name="MaxLifetime">The longest life that policy gives such a child.</param>
/// <param name="Depth">How many actors stand in the parent's chain.</param>
/// <param name="MaxDepth">How many may stand in any chain.</param>
public sealed record ParentLimits(
    Authority Authority,
    ImmutableArray<string> Audience,
    DateTimeOffset ExpiresAt,
    TimeSpan MaxLifetime,
    int Depth,
    int MaxDepth);
