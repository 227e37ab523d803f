using System.Collections.Immutable;

namespace Writ.Protocol;

/// <summary>What <see cref="Narrowing.Narrow"/> answers.</summary>
public abstract record NarrowingResult
{
    private NarrowingResult()
    {
    }

    /// <summary>The most that the child can be given of what it asked.</summary>
    /// <param name="Authority">Contained in the parent's, and only at <paramref name="Audience"/>; never empty.</param>
    /// <param name="Audience">A part of the parent's, sorted; never empty.</param>
    /// <param name="ExpiresAt">Not after the parent's end.</param>
    /// <param name="Depth">Actors in the child's chain.</param>
    /// <param name="WasCut">Whether some of the authority asked for is not in it; the answer must say so.</param>
    public sealed record Narrowed(
        Authority Authority,
        ImmutableArray<string> Audience,
        DateTimeOffset ExpiresAt,
        int Depth,
        bool WasCut) : NarrowingResult;

    /// <summary>Nothing can be given.</summary>
    /// <param name="Axis">On which axis the request fails.</param>
    public sealed record Refused(NarrowingAxis Axis) : NarrowingResult;
}
