using System.Collections.Immutable;
using System.Text.Json;

namespace Writ.Protocol;

/// <summary>An identity, as the policy is told of it. Times are microseconds since 1970 in UTC.</summary>
/// <param name="Facts">The <c>subject</c> of a question: <c>type</c>, <c>id</c>, <c>properties</c>; without those that
/// pass with time, <c>age_seconds</c> and <c>expires_in_seconds</c>.</param>
/// <param name="CreatedAt">Since when it is registered.</param>
/// <param name="ExpiresAt">Until when.</param>
/// <param name="Entitlements">What it may ask for at the bundle's resources.</param>
/// <param name="Signals">The live observations about it.</param>
public sealed record BundledSubject(
    JsonElement Facts, long CreatedAt, long ExpiresAt, Authority Entitlements,
    ImmutableArray<BundledSubject.Signal> Signals)
{
    /// <summary>A risk observation.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="Score">How bad.</param>
    /// <param name="Source">Who wrote it.</param>
    /// <param name="At">Since when.</param>
    /// <param name="ExpiresAt">Until when it counts.</param>
    public sealed record Signal(string Name, long Score, string Source, long At, long ExpiresAt);
}
