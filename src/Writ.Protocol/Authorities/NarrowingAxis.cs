namespace Writ.Protocol;

/// <summary>The axes on which a child is refused outright instead of being narrowed.</summary>
public enum NarrowingAxis
{
    /// <summary>Nothing of the requested authority is in the parent's.</summary>
    Authority,

    /// <summary>An audience was asked for that the parent does not have (RFC 8707: <c>invalid_target</c>).</summary>
    Audience,

    /// <summary>The parent has ended, or the lifetime asked for is not positive.</summary>
    Lifetime,

    /// <summary>The chain of actors would be too long.</summary>
    Depth,
}
