using FsCheck;
using FsCheck.Fluent;

namespace Writ.Protocol.Tests;

// Promise P2: authority only narrows.
public sealed class NarrowingTests
{
    private const int Cases = 1500;

    [Fact]
    public void Intersection_is_the_intersection_of_the_atoms() =>
        ForAll(AuthorityGenerators.Pair, pair =>
        {
            var expected = AtomOracle.Of(pair.A);
            expected.IntersectWith(AtomOracle.Of(pair.B));
            return AtomOracle.Of(Narrowing.Intersect(pair.A, pair.B)).SetEquals(expected);
        });

    [Fact]
    public void Containment_is_containment_of_the_atoms() =>
        ForAll(AuthorityGenerators.Pair, pair =>
            Narrowing.Contains(pair.A, pair.B) == AtomOracle.Of(pair.B).IsSubsetOf(AtomOracle.Of(pair.A)));

    [Fact]
    public void Containment_sees_what_an_intersection_leaves() =>
        ForAll(AuthorityGenerators.Pair, pair =>
        {
            var both = Narrowing.Intersect(pair.A, pair.B);
            return Narrowing.Contains(pair.A, both)
                && Narrowing.Contains(pair.B, both)
                && Narrowing.Contains(pair.A, pair.B) == both.Equals(pair.B)
                && both.Equals(Narrowing.Intersect(pair.B, pair.A));
        });

    [Fact]
    public void Union_is_the_union_of_the_atoms_and_equality_is_equality_of_the_atoms() =>
        ForAll(AuthorityGenerators.Pair, pair =>
        {
            var expected = AtomOracle.Of(pair.A);
            expected.UnionWith(AtomOracle.Of(pair.B));
            var union = Authority.Union(pair.A, pair.B);
            return AtomOracle.Of(union).SetEquals(expected)
                && union.Equals(Authority.Union(pair.B, pair.A))
                && pair.A.Equals(pair.B) == AtomOracle.Of(pair.A).SetEquals(AtomOracle.Of(pair.B));
        });

    [Fact]
    public void Every_canonical_form_reads_back_as_itself() =>
        ForAll(AuthorityGenerators.Authority, authority =>
            Authority.TryParse(authority.ToJson(), out var read, out _)
            && read.Equals(authority)
            && read.ToJson() == authority.ToJson()
            && Authority.Of(authority.Details.Reverse()).Equals(authority));

    [Fact]
    public void Allows_answers_what_the_atoms_say() =>
        ForAll(AuthorityGenerators.Authority, authority =>
        {
            var atoms = AtomOracle.Of(authority);
            return AtomOracle.Actions.All(action => AtomOracle.Locations.All(location =>
                AtomOracle.Datatypes.Append(AtomOracle.Unforeseen).All(datatype =>
                    AtomOracle.Identifiers.Append(AtomOracle.Unforeseen).All(identifier =>
                        authority.Allows(ActionName.Parse(action), location, datatype, identifier)
                        == atoms.Contains((action, location, datatype, identifier))))));
        });

    [Fact]
    public void A_child_never_exceeds_its_parent_and_loses_nothing_that_both_allow() =>
        ForAll(AuthorityGenerators.Delegation, pair => IsRight(pair.Parent, pair.Child));

    [Fact]
    public void A_grandchild_never_exceeds_its_grandparent() =>
        ForAll(
            from first in AuthorityGenerators.Delegation
            from second in AuthorityGenerators.Delegation
            select (first.Parent, First: first.Child, Second: second.Child),
            line =>
            {
                if (Narrowing.Narrow(line.Parent, line.First) is not NarrowingResult.Narrowed child)
                    return true;
                var limits = new ParentLimits(
                    child.Authority,
                    child.Audience,
                    child.ExpiresAt,
                    line.Parent.MaxLifetime,
                    child.Depth,
                    line.Parent.MaxDepth);
                return Narrowing.Narrow(limits, line.Second) is not NarrowingResult.Narrowed grandchild
                    || (Narrowing.Contains(line.Parent.Authority, grandchild.Authority)
                        && grandchild.Audience.All(line.Parent.Audience.Contains)
                        && grandchild.ExpiresAt <= line.Parent.ExpiresAt
                        && grandchild.Depth <= line.Parent.MaxDepth);
            });

    // A generator that hardly ever asks for too much proves nothing.
    [Fact]
    public void The_generator_exceeds_the_parent_on_each_axis_in_a_fifth_of_the_cases()
    {
        var cases = AuthorityGenerators.Delegation.Sample(Cases).ToList();
        foreach (var (axis, exceeds) in Axes)
        {
            var share = cases.Count(pair => exceeds(pair.Parent, pair.Child)) / (double)cases.Count;
            Assert.True(share >= 0.2, $"{axis}: {share:P1} of the cases");
        }

        var given = cases.Count(pair => Narrowing.Narrow(pair.Parent, pair.Child) is NarrowingResult.Narrowed);
        Assert.True(given >= cases.Count / 10, $"only {given} of {cases.Count} cases are given anything");
    }

    [Fact]
    public void An_intersection_of_many_details_is_not_exponential()
    {
        var wide = Authority.Of(Enumerable.Range(0, 400).Select(i => AuthorizationDetail.Of(
            [ActionName.Parse($"a{i}:read"), ActionName.Parse("orders:read")],
            ["https://a.example", $"https://{i}.example"],
            [$"d{i}", "shared"],
            i % 2 == 0 ? null : $"{i}")));
        var deep = Authority.Of(Enumerable.Range(0, 400).Select(i => AuthorizationDetail.Of(
            [ActionName.Parse("orders:read")], ["https://a.example"], [$"d{i}"], $"{i}")));
        var both = Narrowing.Intersect(wide, deep);
        Assert.True(Narrowing.Contains(wide, both));
        Assert.True(Narrowing.Contains(deep, both));
        Assert.Equal(400, both.Details.Sum(detail => detail.Datatypes!.Value.Length));
    }

    // Of 1000 and of 500 atoms; what they have in common has 500,000.
    [Fact]
    public void An_intersection_that_multiplies_is_given_up()
    {
        ActionName[] action = [ActionName.Parse("orders:read")];
        string[] place = ["https://a.example"];
        var kinds = Authority.Of(
            AuthorizationDetail.Of(action, place, Enumerable.Range(0, 1000).Select(i => $"d{i}")),
            AuthorizationDetail.Of([ActionName.Parse("orders:write")], place));
        var things = Authority.Of(Enumerable.Range(0, 500).Select(
            i => AuthorizationDetail.Of(action, place, datatypes: null, $"{i}")));
        Assert.False(Narrowing.TryIntersect(kinds, things, out var both));
        Assert.Null(both);
        Assert.False(Narrowing.TryIntersect(things, kinds, out _));
    }

    [Fact]
    public void An_intersection_is_given_up_exactly_when_it_spans_too_much()
    {
        ActionName[] action = [ActionName.Parse("orders:read")];
        string[] place = ["https://a.example"];
        Authority Kinds(int count) => Authority.Of(
            AuthorizationDetail.Of(action, place, Enumerable.Range(0, count).Select(i => $"d{i}")),
            AuthorizationDetail.Of([ActionName.Parse("orders:write")], place));
        var things = Authority.Of(Enumerable.Range(0, 2).Select(
            i => AuthorizationDetail.Of(action, place, datatypes: null, $"{i}")));
        Assert.True(Narrowing.TryIntersect(Kinds(Authority.MaxAtoms / 2), things, out var most));
        Assert.Equal(Authority.MaxAtoms, most.Atoms);
        Assert.False(Narrowing.TryIntersect(Kinds((Authority.MaxAtoms / 2) + 1), things, out _));
    }

    [Fact]
    public void Bounded_and_unbounded_intersection_agree() =>
        ForAll(AuthorityGenerators.Pair, pair =>
            Narrowing.TryIntersect(pair.A, pair.B, out var both)
            && both.Equals(Narrowing.Intersect(pair.A, pair.B))
            && both.Atoms <= Authority.MaxAtoms);

    [Fact]
    public void At_keeps_only_the_locations_named()
    {
        var action = ActionName.Parse("orders:read");
        var authority = Authority.Of(AuthorizationDetail.Of([action], ["https://a.example", "https://b.example"]));
        Assert.Equal(
            Authority.Of(AuthorizationDetail.Of([action], ["https://b.example"])),
            Narrowing.At(authority, ["https://b.example", "https://z.example"]));
        Assert.True(Narrowing.At(authority, []).IsEmpty);
        Assert.Same(authority, Narrowing.At(authority, ["https://a.example", "https://b.example"]));
    }

    [Fact]
    public void Of_nothing_there_is_no_intersection_and_no_shortest()
    {
        Assert.True(Narrowing.Intersect().IsEmpty);
        Assert.Throws<ArgumentException>(() => Narrowing.Shortest());
    }

    private static readonly (string Axis, Func<ParentLimits, ChildRequest, bool> Exceeds)[] Axes =
    [
        ("action", (p, c) => Exceeds(p, c, atom => atom.Action)),
        ("location", (p, c) => Exceeds(p, c, atom => atom.Location)),
        ("datatype", (p, c) => Exceeds(p, c, atom => atom.Datatype)),
        ("identifier", (p, c) => Exceeds(p, c, atom => atom.Identifier)),
        ("audience", (p, c) => c.Audience.Any(audience => !p.Audience.Contains(audience))),
        ("lifetime", (p, c) => c.Lifetime > p.MaxLifetime || c.Now + c.Lifetime > p.ExpiresAt),
        ("depth", (p, c) => c.AddsActor && p.Depth + 1 > p.MaxDepth),
    ];

    private static bool Exceeds(
        ParentLimits parent,
        ChildRequest child,
        Func<(string Action, string Location, string Datatype, string Identifier), string> axis) =>
        child.Authority is { } wanted
        && AtomOracle.Of(wanted).Select(axis).Except(AtomOracle.Of(parent.Authority).Select(axis)).Any();

    private static bool IsRight(ParentLimits parent, ChildRequest child)
    {
        var audience = child.Audience.IsEmpty ? parent.Audience : child.Audience;
        var atoms = AtomOracle.Of(parent.Authority);
        atoms.IntersectWith(AtomOracle.Of(child.Authority ?? parent.Authority));
        atoms.RemoveWhere(atom => !audience.Contains(atom.Location));
        var end = new[]
        {
            parent.ExpiresAt, child.Now + parent.MaxLifetime, child.Now + (child.Lifetime ?? parent.MaxLifetime),
        }.Min();

        return Narrowing.Narrow(parent, child) switch
        {
            NarrowingResult.Narrowed given =>
                AtomOracle.Of(given.Authority).SetEquals(atoms)
                && given.WasCut == (child.Authority is { } wanted && AtomOracle.Of(wanted).Count > atoms.Count)
                && given.Audience.ToHashSet().SetEquals(audience)
                && given.Audience.All(parent.Audience.Contains)
                && given.ExpiresAt == end
                && given.ExpiresAt > child.Now
                && given.Depth == parent.Depth + (child.AddsActor ? 1 : 0)
                && given.Depth <= parent.MaxDepth,
            NarrowingResult.Refused { Axis: NarrowingAxis.Depth } => child.AddsActor && parent.Depth == parent.MaxDepth,
            NarrowingResult.Refused { Axis: NarrowingAxis.Audience } => audience.Except(parent.Audience).Any(),
            NarrowingResult.Refused { Axis: NarrowingAxis.Lifetime } => end <= child.Now,
            _ => atoms.Count == 0,
        };
    }

    private static void ForAll<T>(Gen<T> cases, Func<T, bool> holds) =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(Cases).WithQuietOnSuccess(true),
            Prop.ForAll(cases.ToArbitrary(), holds));
}
