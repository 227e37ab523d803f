using Writ.Rego.Values;

namespace Writ.Rego.Evaluate;

/// <summary>Looking into values; what is not there is null.</summary>
internal static class Access
{
    public static RegoValue? Get(RegoValue of, RegoValue key) => of switch
    {
        RegoObject map => map.TryGet(key, out var value) ? value : null,
        RegoArray array => array.TryGet(key, out var item) ? item : null,
        RegoSet set => set.Find(key),
        _ => null,
    };

    /// <summary>As in a base document, whose keys are all strings: <c>data[2]</c> is <c>data["2"]</c>.</summary>
    public static RegoValue? GetDocument(RegoValue of, RegoValue key) =>
        Get(of, key) ?? (key is RegoNumber && of is RegoObject ? Get(of, RegoString.Of(key.ToString())) : null);

    public static bool Contains(RegoValue collection, RegoValue wanted)
    {
        switch (collection)
        {
            case RegoSet set:
                return set.Contains(wanted);
            case RegoArray array:
                if (array.FindIndex([]) is { } index)
                    return index.Positions(wanted).Length > 0;
                foreach (var item in array.Span)
                {
                    if (item.Equals(wanted))
                        return true;
                }

                return false;
            case RegoObject map:
                foreach (var value in map.Values)
                {
                    if (value.Equals(wanted))
                        return true;
                }

                return false;
            default:
                return false;
        }
    }

    public static bool IsTrue(RegoValue? value) => value is not null && !ReferenceEquals(value, RegoBoolean.False);
}
