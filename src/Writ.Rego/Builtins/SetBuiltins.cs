using Writ.Rego.Values;

namespace Writ.Rego.Builtins;

/// <summary>The algebra of sets.</summary>
internal static class SetBuiltins
{
    private const string Binary = "(set[any], set[any]) => set[any]";
    private const string OfSets = "(set[set[any]]) => set[any]";

    public static IEnumerable<Builtin> All =>
    [
        new("and", Binary, (_, a) => Intersection(a.Set(0), a.Set(1))) { Infix = "&" },
        new("or", Binary, (_, a) => Union(a.Set(0), a.Set(1))) { Infix = "|" },
        new("set_diff", Binary, (_, a) => Difference(a.Set(0), a.Set(1))) { IsDeprecated = true },
        new("intersection", OfSets, (_, a) => Fold(a, Intersection)),
        new("union", OfSets, UnionOfAll),
    ];

    public static RegoSet Difference(RegoSet left, RegoSet right)
    {
        var builder = new RegoSet.Builder(left.Count);
        foreach (var item in left.Unordered)
        {
            if (!right.Contains(item))
            {
                builder.Add(item);
            }
        }

        return builder.Count == left.Count ? left : builder.Build();
    }

    public static RegoSet Intersection(RegoSet left, RegoSet right)
    {
        var (small, large) = left.Count <= right.Count ? (left, right) : (right, left);
        var builder = new RegoSet.Builder(small.Count);
        foreach (var item in small.Unordered)
        {
            if (large.Contains(item))
            {
                builder.Add(item);
            }
        }

        return builder.Count == small.Count ? small : builder.Build();
    }

    public static RegoSet Union(RegoSet left, RegoSet right)
    {
        if (left.Count == 0 || right.Count == 0)
        {
            return left.Count == 0 ? right : left;
        }

        Work.Tick((left.Count + right.Count) >> 2);
        var builder = new RegoSet.Builder(left.Count + right.Count);
        Add(builder, left);
        Add(builder, right);
        return builder.Build();
    }

    private static RegoSet UnionOfAll(BuiltinContext context, Operands a)
    {
        var builder = new RegoSet.Builder();
        foreach (var item in a.Set(0).Unordered)
        {
            Add(builder, item as RegoSet ?? throw a.WrongItem(0, item, "set"));
        }

        return builder.Build();
    }

    private static RegoSet Fold(Operands a, Func<RegoSet, RegoSet, RegoSet> combine)
    {
        RegoSet? result = null;
        foreach (var item in a.Set(0).Unordered)
        {
            var set = item as RegoSet ?? throw a.WrongItem(0, item, "set");
            result = result is null ? set : combine(result, set);
        }

        return result ?? RegoSet.Empty;
    }

    private static void Add(RegoSet.Builder builder, RegoSet set)
    {
        foreach (var item in set.Unordered)
        {
            builder.Add(item);
        }
    }
}
