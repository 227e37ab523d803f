using Writ.Rego.Values;

namespace Writ.Rego.Tests.Reference;

/// <summary>Values by their order alone: nothing here hashes or looks up.</summary>
internal static class ReferenceValues
{
    public static bool Same(RegoValue one, RegoValue other) => one.CompareTo(other) == 0;

    public static IEnumerable<KeyValuePair<RegoValue, RegoValue>> Members(RegoValue collection)
    {
        switch (collection)
        {
            case RegoArray array:
                return array.Span.ToArray().Select((item, i) => KeyValuePair.Create<RegoValue, RegoValue>(
                    RegoNumber.Of(i), item));
            case RegoSet set:
                return set.Select(item => KeyValuePair.Create(item, item));
            case RegoObject map:
                return map;
            default:
                return [];
        }
    }

    public static RegoValue? Get(RegoValue? collection, RegoValue key) => collection is null
        ? null
        : Members(collection).Where(member => Same(member.Key, key)).Select(member => member.Value).FirstOrDefault();

    public static RegoSet SetOf(IEnumerable<RegoValue> items)
    {
        var sorted = new List<RegoValue>();
        foreach (var item in items.Order())
        {
            if (sorted.Count == 0 || !Same(sorted[^1], item))
                sorted.Add(item);
        }

        return RegoSet.Of([.. sorted]);
    }

    /// <summary>An object; a key with two different values is a conflict.</summary>
    public static RegoObject ObjectOf(IEnumerable<KeyValuePair<RegoValue, RegoValue>> items)
    {
        var builder = new RegoObject.Builder();
        KeyValuePair<RegoValue, RegoValue>? last = null;
        foreach (var item in items.OrderBy(item => item.Key))
        {
            if (last is { } before && Same(before.Key, item.Key))
            {
                if (!Same(before.Value, item.Value))
                    throw new ReferenceError("eval_conflict_error");
                continue;
            }

            builder.Set(item.Key, item.Value);
            last = item;
        }

        return builder.Build();
    }
}
