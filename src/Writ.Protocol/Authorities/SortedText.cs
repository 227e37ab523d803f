using System.Collections.Immutable;

namespace Writ.Protocol;

/// <summary>Sets of text as sorted, distinct arrays: small, comparable, and cheap to merge.</summary>
internal static class SortedText
{
    internal static ImmutableArray<string> Of(IEnumerable<string> texts) =>
        [.. texts.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    internal static bool Contains(ImmutableArray<string> set, string text) =>
        set.AsSpan().BinarySearch(text, StringComparer.Ordinal) >= 0;

    internal static bool IsSubset(ImmutableArray<string> inner, ImmutableArray<string> outer)
    {
        if (inner.Length > outer.Length)
            return false;
        foreach (var text in inner)
        {
            if (!Contains(outer, text))
                return false;
        }

        return true;
    }

    internal static ImmutableArray<string> Intersect(ImmutableArray<string> one, ImmutableArray<string> other) =>
        IsSubset(one, other) ? one : one.RemoveAll(text => !Contains(other, text));

    internal static ImmutableArray<string> Except(ImmutableArray<string> one, ImmutableArray<string> other) =>
        one.RemoveAll(text => Contains(other, text));

    internal static ImmutableArray<string> Union(ImmutableArray<string> one, ImmutableArray<string> other) =>
        IsSubset(other, one) ? one : Of([.. one, .. other]);
}
