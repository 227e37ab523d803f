using System.Numerics;

namespace Writ.Rego.Builtins.Patterns.Automata;

/// <summary>An expression as it was read.</summary>
internal abstract record PatternNode
{
    /// <summary>How deep the expression is: a leaf is one.</summary>
    public int Height { get; private init; } = 1;

    /// <summary>The largest product of counts that were written within each other.</summary>
    public long Copies { get; private init; } = 1;

    /// <summary>Whether it may match nothing at all.</summary>
    public bool IsNullable { get; private init; }

    /// <summary>Whether each match begins where the text does.</summary>
    public bool IsAnchored { get; private init; }

    public static PatternNode InOrder(IReadOnlyList<PatternNode> items) =>
        items is [var only] ? only : new Sequence(items)
        {
            Height = 1 + Largest(items, item => item.Height),
            Copies = Largest(items, item => item.Copies),
            IsNullable = items.All(item => item.IsNullable),
            IsAnchored = items is [{ IsAnchored: true }, ..],
        };

    public static PatternNode OneOf(IReadOnlyList<PatternNode> items) =>
        items is [var only] ? only : new Choice(items)
        {
            Height = 1 + Largest(items, item => item.Height),
            Copies = Largest(items, item => item.Copies),
            IsNullable = items.Any(item => item.IsNullable),
            IsAnchored = items.All(item => item.IsAnchored),
        };

    public static PatternNode At(TextPlace place) =>
        new Place(place) { IsNullable = true, IsAnchored = place == TextPlace.TextStart };

    public static PatternNode InGroup(int number, PatternNode inner) => new Group(number, inner)
    {
        Height = inner.Height + 1,
        Copies = inner.Copies,
        IsNullable = inner.IsNullable,
        IsAnchored = inner.IsAnchored,
    };

    /// <summary>Something several times; without end when <paramref name="most"/> is null.</summary>
    public static PatternNode Times(PatternNode inner, int least, int? most, bool isLazy, bool isCounted) =>
        new Repeat(inner, least, most, isLazy)
        {
            Height = inner.Height + 1,
            Copies = !isCounted ? inner.Copies : (most ?? least) is > 0 and var count ? inner.Copies * count : 1,
            IsNullable = least == 0 || inner.IsNullable,
            IsAnchored = least > 0 && inner.IsAnchored,
        };

    private static T Largest<T>(IReadOnlyList<PatternNode> items, Func<PatternNode, T> measure)
        where T : INumber<T> =>
        items.Count == 0 ? T.One : items.Max(measure)!;

    /// <summary>One code point of a class.</summary>
    public sealed record OneRune(RuneClass Class) : PatternNode;

    /// <summary>Nothing, where the place is as it says.</summary>
    public sealed record Place(TextPlace Kind) : PatternNode;

    public sealed record Sequence(IReadOnlyList<PatternNode> Items) : PatternNode;

    /// <summary>The first that leads to a match.</summary>
    public sealed record Choice(IReadOnlyList<PatternNode> Items) : PatternNode;

    /// <summary>What it matches is remembered under a number.</summary>
    public sealed record Group(int Number, PatternNode Inner) : PatternNode;

    /// <summary>As often as it leads to a match, or as seldom when it is lazy.</summary>
    public sealed record Repeat(PatternNode Inner, int Least, int? Most, bool IsLazy) : PatternNode;
}
