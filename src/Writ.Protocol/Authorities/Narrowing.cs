using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace Writ.Protocol;

/// <summary>
/// Promise P2: authority only narrows. Pure functions, exact, and linear in what was written down: containment is
/// judged atom by atom (action, location, datatype, identifier) against the union of the outer details.
/// </summary>
public static class Narrowing
{
    /// <summary>What both allow, however much that is: for authorities known to have little in common.</summary>
    public static Authority Intersect(Authority a, Authority b) => Intersect(a, b, long.MaxValue)!;

    /// <summary>
    /// What both allow, unless it spans more than <see cref="Authority.MaxAtoms"/>: more than can be written down and
    /// read again. Stops as soon as that is known.
    /// </summary>
    /// <param name="a">One of the two.</param>
    /// <param name="b">The other.</param>
    /// <param name="both">What both allow; null when it spans too much.</param>
    public static bool TryIntersect(Authority a, Authority b, [NotNullWhen(true)] out Authority? both)
    {
        both = Intersect(a, b, Authority.MaxAtoms);
        return both is not null;
    }

    /// <summary>What all allow; of none at all, nothing.</summary>
    public static Authority Intersect(params ReadOnlySpan<Authority> authorities)
    {
        if (authorities.IsEmpty)
            return Authority.Empty;
        var result = authorities[0];
        foreach (var authority in authorities[1..])
            result = Intersect(result, authority);
        return result;
    }

    /// <summary>Whether every atom of <paramref name="inner"/> is in <paramref name="outer"/>.</summary>
    public static bool Contains(Authority outer, Authority inner)
    {
        if (inner.IsEmpty || outer.Equals(inner))
            return true;
        if (outer.IsEmpty)
            return false;
        if (outer.Details.Length == 1)
        {
            foreach (var detail in inner.Details)
            {
                if (!CoversProduct(outer.Details[0], detail))
                    return false;
            }

            return true;
        }

        var table = outer.Table;
        foreach (var detail in inner.Details)
        {
            if (!table.Covers(detail))
                return false;
        }

        return true;
    }

    /// <summary>The part of an authority that lies at the given locations.</summary>
    public static Authority At(Authority authority, IReadOnlyCollection<string> locations)
    {
        var kept = new List<AuthorizationDetail>(authority.Details.Length);
        var cut = false;
        foreach (var detail in authority.Details)
        {
            var left = detail.Locations.RemoveAll(location => !locations.Contains(location, StringComparer.Ordinal));
            cut |= left.Length < detail.Locations.Length;
            if (!left.IsEmpty)
            {
                kept.Add(AuthorizationDetail.OfCanonical(
                    detail.Actions, left, detail.Datatypes, detail.Identifier));
            }
        }

        return cut ? Authority.Of(kept) : authority;
    }

    /// <summary>The shortest of some lifetimes.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static TimeSpan Shortest(params ReadOnlySpan<TimeSpan> lifetimes)
    {
        if (lifetimes.IsEmpty)
            throw new ArgumentException("The shortest of no lifetimes.", nameof(lifetimes));
        var shortest = lifetimes[0];
        foreach (var lifetime in lifetimes[1..])
            shortest = lifetime < shortest ? lifetime : shortest;
        return shortest;
    }

    /// <summary>
    /// Narrows every axis together: action, location, identifier, datatype, audience, lifetime and depth. Authority
    /// and lifetime are cut to what the parent has; an audience or a depth beyond the parent's is refused, for a child
    /// that asked for another place must not be handed a token for this one.
    /// </summary>
    public static NarrowingResult Narrow(ParentLimits parent, ChildRequest child)
    {
        var depth = parent.Depth + (child.AddsActor ? 1 : 0);
        if (depth > parent.MaxDepth)
            return new NarrowingResult.Refused(NarrowingAxis.Depth);

        var allowed = SortedText.Of(parent.Audience);
        var audience = child.Audience.IsEmpty ? allowed : SortedText.Of(child.Audience);
        if (audience.IsEmpty || !SortedText.IsSubset(audience, allowed))
            return new NarrowingResult.Refused(NarrowingAxis.Audience);

        if (child.Lifetime is { } asked && asked <= TimeSpan.Zero)
            return new NarrowingResult.Refused(NarrowingAxis.Lifetime);
        var lifetime = Shortest(child.Lifetime ?? parent.MaxLifetime, parent.MaxLifetime, parent.ExpiresAt - child.Now);
        if (lifetime <= TimeSpan.Zero)
            return new NarrowingResult.Refused(NarrowingAxis.Lifetime);

        var wanted = child.Authority ?? parent.Authority;
        var authority = At(Intersect(parent.Authority, wanted), audience);
        if (authority.IsEmpty)
            return new NarrowingResult.Refused(NarrowingAxis.Authority);

        var wasCut = child.Authority is not null && !Contains(authority, wanted);
        return new NarrowingResult.Narrowed(authority, audience, child.Now + lifetime, depth, wasCut);
    }

    private static Authority? Intersect(Authority a, Authority b, long maxAtoms)
    {
        if (a.IsEmpty || b.IsEmpty)
            return Authority.Empty;
        if (a.Equals(b))
            return a.Atoms <= maxAtoms ? a : null;
        if (a.Details.Length == 1 && b.Details.Length == 1)
            return IntersectProducts(a.Details[0], b.Details[0]) is var both && both.Atoms <= maxAtoms ? both : null;
        return a.Table.Intersect(b.Table, maxAtoms) is { } table ? Authority.Of(table) : null;
    }

    private static Authority IntersectProducts(AuthorizationDetail a, AuthorizationDetail b)
    {
        if (a.Identifier is not null && b.Identifier is not null && a.Identifier != b.Identifier)
            return Authority.Empty;

        var actions = a.Actions.RemoveAll(action => !b.Actions.Contains(action));
        var locations = SortedText.Intersect(a.Locations, b.Locations);
        var datatypes = DatatypeSet.Of(a.Datatypes).Intersect(DatatypeSet.Of(b.Datatypes));
        return actions.IsEmpty || locations.IsEmpty || datatypes.IsEmpty
            ? Authority.Empty
            : Authority.Of(AuthorizationDetail.OfCanonical(
                actions, locations, datatypes.Names, a.Identifier ?? b.Identifier));
    }

    private static bool CoversProduct(AuthorizationDetail outer, AuthorizationDetail inner)
    {
        if (outer.Identifier is not null && outer.Identifier != inner.Identifier)
            return false;
        foreach (var action in inner.Actions)
        {
            if (!outer.Actions.Contains(action))
                return false;
        }

        return SortedText.IsSubset(inner.Locations, outer.Locations)
            && DatatypeSet.Of(outer.Datatypes).Covers(DatatypeSet.Of(inner.Datatypes));
    }
}
