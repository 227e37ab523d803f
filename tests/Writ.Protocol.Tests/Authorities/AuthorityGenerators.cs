using System.Collections.Immutable;
using FsCheck;
using FsCheck.Fluent;

namespace Writ.Protocol.Tests;

/// <summary>
/// Authorities over the oracle's universe, and pairs of a parent and a child that asks for more than the parent has
/// on each axis in about a third of the cases (the tests assert the share).
/// </summary>
internal static class AuthorityGenerators
{
    internal static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);

    // The parent never has the last action, location, datatype and identifier: reaching for one exceeds.
    private static readonly Universe Inner = new(1);
    private static readonly Universe Outer = new(0);

    internal static Gen<Authority> Authority { get; } = AuthorityIn(Outer, 0, 5);

    internal static Gen<(Authority A, Authority B)> Pair { get; } =
        from a in Authority
        from b in Authority
        select (a, b);

    internal static Gen<(ParentLimits Parent, ChildRequest Child)> Delegation { get; } =
        from held in AuthorityIn(Inner, 1, 4)
        from audience in NonEmpty(Inner.Locations)
        from depth in Gen.Choose(0, 4)
        from room in Gen.Choose(0, 2)
        from life in Gen.Choose(-5, 600)
        from cap in Gen.Choose(30, 900)
        let parent = new ParentLimits(
            held, [.. audience], Now.AddSeconds(life), TimeSpan.FromSeconds(cap), depth, depth + room)
        from child in Child(parent)
        select (parent, child);

    private static Gen<ChildRequest> Child(ParentLimits parent) =>
        from asksForAll in Gen.Elements(false, false, false, true)
        from wanted in AuthorityIn(Outer, 1, 3)
        from audience in Gen.Frequency(
            (1, Gen.Constant(ImmutableArray<string>.Empty)),
            (2, NonEmpty([.. parent.Audience]).Select(places => places.ToImmutableArray())),
            (2, NonEmpty(Outer.Locations).Select(places => places.ToImmutableArray())))
        from seconds in Gen.Frequency(
            (1, Gen.Constant((int?)null)),
            (4, Gen.Choose(-5, 1500).Select(s => (int?)s)))
        from adds in Gen.Elements(true, true, false)
        select new ChildRequest(
            Now,
            asksForAll ? null : wanted,
            audience,
            seconds is { } s ? TimeSpan.FromSeconds(s) : null,
            adds);

    private static Gen<Authority> AuthorityIn(Universe universe, int fewest, int most) =>
        from count in Gen.Choose(fewest, most)
        from details in DetailIn(universe).ListOf(count)
        select Protocol.Authority.Of(details);

    private static Gen<AuthorizationDetail> DetailIn(Universe universe) =>
        from actions in NonEmpty(universe.Actions)
        from locations in NonEmpty(universe.Locations)
        from hasDatatypes in Gen.Elements(true, true, false)
        from datatypes in NonEmpty(universe.Datatypes)
        from hasIdentifier in Gen.Elements(true, true, false)
        from identifier in Gen.Elements(universe.Identifiers)
        select AuthorizationDetail.Of(
            actions.Select(ActionName.Parse),
            locations,
            hasDatatypes ? datatypes : null,
            hasIdentifier ? identifier : null);

    private static Gen<List<string>> NonEmpty(string[] items) =>
        from one in Gen.Elements(items)
        from more in Gen.SubListOf(items)
        select more.Append(one).Distinct(StringComparer.Ordinal).ToList();

    private sealed class Universe(int without)
    {
        public string[] Actions { get; } = AtomOracle.Actions[..^without];

        public string[] Locations { get; } = AtomOracle.Locations[..^without];

        public string[] Datatypes { get; } = AtomOracle.Datatypes[..^without];

        public string[] Identifiers { get; } = AtomOracle.Identifiers[..^without];
    }
}
