using Writ.Rego.Values;

namespace Writ.Rego.Builtins;

/// <summary>Objects: parts of them, and several made one.</summary>
internal static class ObjectBuiltins
{
    private const string Keys = "any<array[any], object[any: any], set[any]>";

    public static IEnumerable<Builtin> All =>
    [
        new("object.get", "(object[any: any], any, any) => any", Get),
        new("object.keys", "(object[any: any]) => set[any]", (_, a) => new RegoSet(a.Object(0).Table)),
        new("object.union", "(object[any: any], object[any: any]) => any", (_, a) => Union(a.Object(0), a.Object(1))),
        new("object.union_n", "(array[object[any: any]]) => any", UnionOfAll),
        new("object.remove", $"(object[any: any], {Keys}) => any", (_, a) => Pick(a, wanted: false)),
        new("object.filter", $"(object[any: any], {Keys}) => any", (_, a) => Pick(a, wanted: true)),
        new("object.subset", $"({Keys}, {Keys}) => any", Subset),
    ];

    private static RegoValue Get(BuiltinContext context, Operands a)
    {
        RegoValue? found = a.Object(0);
        if (a[1] is not RegoArray path)
        {
            return a.Object(0).TryGet(a[1], out var value) ? value : a[2];
        }

        for (var i = 0; i < path.Count && found is not null; i++)
        {
            found = ComparisonBuiltins.Find(found, path[i]);
        }

        return found ?? a[2];
    }

    /// <summary>Objects under one key are united in turn; of other values the right one counts.</summary>
    private static RegoObject Union(RegoObject left, RegoObject right)
    {
        Work.Enter();
        if (left.Count == 0 || right.Count == 0)
        {
            return left.Count == 0 ? right : left;
        }

        Work.Tick((left.Count + right.Count) >> 2);
        var builder = new RegoObject.Builder(left.Count + right.Count);
        foreach (var (key, value) in left)
        {
            builder.Set(key, value);
        }

        foreach (var (key, value) in right)
        {
            var isPair = left.TryGet(key, out var other) && other is RegoObject && value is RegoObject;
            builder.Set(key, isPair ? Union((RegoObject)other!, (RegoObject)value) : value);
        }

        return builder.Build();
    }

    private static RegoObject UnionOfAll(BuiltinContext context, Operands a)
    {
        var union = new ObjectUnion();
        foreach (var item in a.Array(0))
        {
            context.CheckTime();
            union.Add(item as RegoObject ?? throw a.WrongItem(0, item, "object"));
        }

        return union.Build();
    }

    private static RegoObject Pick(Operands a, bool wanted)
    {
        var map = a.Object(0);
        var keys = a[1] switch
        {
            RegoSet set => set,
            RegoArray array => RegoSet.Of(array.Span),
            RegoObject other => new RegoSet(other.Table),
            _ => throw a.Wrong(1, "object", "set", "array"),
        };
        var builder = new RegoObject.Builder(map.Count);
        var table = map.Table;
        for (var slot = 0; slot < table.Count; slot++)
        {
            if (keys.Contains(table[slot]) == wanted)
            {
                builder.Set(table[slot], map.Values[slot]);
            }
        }

        return builder.Build();
    }

    private static RegoBoolean Subset(BuiltinContext context, Operands a) => (a[0], a[1]) switch
    {
        (RegoArray array, RegoSet set) => RegoBoolean.Of(IsSubset(RegoSet.Of(array.Span), set)),
        (RegoObject, RegoObject) or (RegoArray, RegoArray) or (RegoSet, RegoSet) =>
            RegoBoolean.Of(IsSubset(a[0], a[1])),
        _ => throw BuiltinError.Failed(
            "both arguments object.subset must be of the same type or array and set"),
    };

    private static bool IsSubset(RegoValue whole, RegoValue part)
    {
        Work.Enter();
        return (whole, part) switch
        {
            (RegoObject left, RegoObject right) => right.All(member =>
                left.TryGet(member.Key, out var value) && IsSubset(value, member.Value)),
            (RegoSet left, RegoSet right) => right.Count <= left.Count && right.All(left.Contains),
            (RegoArray left, RegoArray right) => IsPart(left.Span, right.Span),
            _ => whole.Equals(part),
        };
    }

    private static bool IsPart(ReadOnlySpan<RegoValue> whole, ReadOnlySpan<RegoValue> part)
    {
        for (var start = 0; start <= whole.Length - part.Length; start++)
        {
            var same = whole[start..].CommonPrefixLength(part);
            Work.Tick(1 + (same >> 3));
            if (same == part.Length)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// Many objects made one, in time linear in all of them: what was united before is changed in place. Objects under
    /// one key are united in turn; of other values the last counts.
    /// </summary>
    private sealed class ObjectUnion
    {
        private readonly Dictionary<RegoValue, object> _members = [];

        public ObjectUnion Add(RegoObject map)
        {
            Work.Enter();
            Work.Tick(map.Count >> 2);
            foreach (var (key, value) in map)
            {
                _members[key] = value is RegoObject right && _members.TryGetValue(key, out var left)
                    && left is RegoObject or ObjectUnion
                    ? (left as ObjectUnion ?? new ObjectUnion().Add((RegoObject)left)).Add(right)
                    : value;
            }

            return this;
        }

        public RegoObject Build()
        {
            Work.Enter();
            var builder = new RegoObject.Builder(_members.Count);
            foreach (var (key, value) in _members)
            {
                builder.Set(key, value as RegoValue ?? ((ObjectUnion)value).Build());
            }

            return builder.Build();
        }
    }
}
