using Writ.Rego.Types;
using Writ.Rego.Values;

namespace Writ.Rego.Compile;

/// <summary>Types as sets of values: their union, whether two have a value in common, and what lies within.</summary>
internal static class TypeSets
{
    /// <summary>A union of more alternatives is anything.</summary>
    private const int MaxAlternatives = 24;

    private const int MaxItems = 64;

    /// <summary>A type of more parts is anything: parts may be shared, and count each time they occur.</summary>
    private const int MaxParts = 1_000;

    /// <summary>The type, or anything where it has too many parts.</summary>
    public static RegoType Bounded(RegoType type)
    {
        var rest = MaxParts;
        return IsBounded(type, ref rest) ? type : RegoType.Anything;
    }

    public static RegoType Of(RegoValue value) => value switch
    {
        RegoNull => RegoType.Null,
        RegoBoolean => RegoType.Boolean,
        RegoNumber => RegoType.Number,
        RegoString => RegoType.String,
        RegoArray { Count: <= MaxItems } array =>
            new RegoType.Array(Array.ConvertAll(array.Span.ToArray(), Of), null),
        RegoArray => new RegoType.Array([], RegoType.Anything),
        RegoSet set => new RegoType.Set(
            set.Count > MaxItems ? RegoType.Anything : Union(Array.ConvertAll(set.Unordered.ToArray(), Of))),
        RegoObject { Count: <= MaxItems } map => new RegoType.Object(
            [.. map.Select(item => KeyValuePair.Create(item.Key, Of(item.Value)))], null),
        _ => new RegoType.Object([], (RegoType.Anything, RegoType.Anything)),
    };

    public static RegoType Union(IEnumerable<RegoType> types)
    {
        if (types is IReadOnlyList<RegoType> { Count: > 0 } list && AreSame(list))
            return list[0];
        var all = new List<RegoType>();
        foreach (var type in types.SelectMany(type => type is RegoType.Any { Of.Count: > 0 } any ? any.Of : [type]))
        {
            if (type is RegoType.Any || all.Count >= MaxAlternatives)
                return RegoType.Anything;
            if (!all.Contains(type))
                all.Add(type);
        }

        return all.Count switch
        {
            0 => RegoType.Anything,
            1 => all[0],
            _ => new RegoType.Any(all),
        };
    }

    private static bool AreSame(IReadOnlyList<RegoType> types)
    {
        for (var i = 1; i < types.Count; i++)
        {
            if (!ReferenceEquals(types[i], types[0]) && !types[i].Equals(types[0]))
                return false;
        }

        return true;
    }

    public static bool Overlap(RegoType one, RegoType other) => ReferenceEquals(one, other) || (one, other) switch
    {
        (RegoType.Any { Of.Count: 0 }, _) or (_, RegoType.Any { Of.Count: 0 }) => true,
        (RegoType.Any any, _) => OverlapAny(any, other),
        (_, RegoType.Any any) => OverlapAny(any, one),
        (RegoType.Scalar left, RegoType.Scalar right) => left.Name == right.Name,
        (RegoType.Array left, RegoType.Array right) => Overlap(left, right),
        (RegoType.Set, RegoType.Set) => true,
        (RegoType.Object left, RegoType.Object right) => Overlap(left, right),
        _ => false,
    };

    /// <summary>What lies below a key, or below any when it is null; null when nothing can.</summary>
    public static RegoType? Select(RegoType type, RegoValue? key)
    {
        switch (type)
        {
            case RegoType.Any { Of.Count: 0 }:
                return RegoType.Anything;
            case RegoType.Any any:
                return SelectAny(any, key);
            case RegoType.Array array when key is RegoNumber number:
                return number.TryGetInt64(out var at) && at >= 0
                    ? at < array.Static.Count ? array.Static[(int)at] : array.Dynamic
                    : null;
            case RegoType.Array when key is null:
                return Values(type);
            case RegoType.Object map when key is not null:
                foreach (var (name, value) in map.Static)
                {
                    if (name.Equals(key))
                        return value;
                }

                return map.Dynamic is var (keys, values) && Overlap(keys, Of(key)) ? values : null;
            case RegoType.Object:
                return Values(type);
            case RegoType.Set set:
                return set.Of;
            default:
                return null;
        }
    }

    // What takes its parameters along into a lambda is a method of its own: it is made where the method begins.
    private static RegoType? SelectAny(RegoType.Any any, RegoValue? key)
    {
        RegoType[] below = [.. any.Of.Select(alternative => Select(alternative, key)).OfType<RegoType>()];
        return below.Length == 0 ? null : Union(below);
    }

    private static bool OverlapAny(RegoType.Any any, RegoType other)
    {
        for (var i = 0; i < any.Of.Count; i++)
        {
            if (Overlap(any.Of[i], other))
                return true;
        }

        return false;
    }

    /// <summary>What a walk through a collection gives.</summary>
    public static RegoType Values(RegoType type) => type switch
    {
        RegoType.Array array => Union(array.Dynamic is null ? array.Static : array.Static.Append(array.Dynamic)),
        RegoType.Object map => Union(
            map.Static.Select(item => item.Value).Concat(map.Dynamic is var (_, value) ? [value] : [])),
        RegoType.Set set => set.Of,
        _ => RegoType.Anything,
    };

    private static bool IsBounded(RegoType? type, ref int rest)
    {
        if (--rest < 0)
            return false;
        switch (type)
        {
            case RegoType.Array array:
                return AreBounded(array.Static, ref rest) && IsBounded(array.Dynamic, ref rest);
            case RegoType.Set set:
                return IsBounded(set.Of, ref rest);
            case RegoType.Any any:
                return AreBounded(any.Of, ref rest);
            case RegoType.Object map:
                foreach (var (_, value) in map.Static)
                {
                    if (!IsBounded(value, ref rest))
                        return false;
                }

                return map.Dynamic is not var (keys, values)
                    || (IsBounded(keys, ref rest) && IsBounded(values, ref rest));
            default:
                return true;
        }
    }

    private static bool AreBounded(IReadOnlyList<RegoType> types, ref int rest)
    {
        foreach (var type in types)
        {
            if (!IsBounded(type, ref rest))
                return false;
        }

        return true;
    }

    private static bool Overlap(RegoType.Array left, RegoType.Array right)
    {
        if ((left.Dynamic is null && right.Static.Count > left.Static.Count)
            || (right.Dynamic is null && left.Static.Count > right.Static.Count))
        {
            return false;
        }

        for (var i = 0; i < Math.Max(left.Static.Count, right.Static.Count); i++)
        {
            var one = i < left.Static.Count ? left.Static[i] : left.Dynamic!;
            var other = i < right.Static.Count ? right.Static[i] : right.Dynamic!;
            if (!Overlap(one, other))
                return false;
        }

        return true;
    }

    private static bool Overlap(RegoType.Object left, RegoType.Object right) => Fits(left, right) && Fits(right, left);

    /// <summary>Named properties beside others may be left out: the options of a built-in.</summary>
    private static bool Fits(RegoType.Object one, RegoType.Object other) => one.Static.All(item =>
        Select(other, item.Key) is { } type ? Overlap(item.Value, type) : one.Dynamic is not null);
}
