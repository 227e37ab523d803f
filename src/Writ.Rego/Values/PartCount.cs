namespace Writ.Rego.Values;

/// <summary>
/// How many parts a value has as whoever writes it finds them: one that is there twice counts twice. A few lines of a
/// policy can make a value whose parts are shared so often that its text would fill any disk.
/// </summary>
internal sealed class PartCount
{
    private const int Small = 1_000;

    private readonly Dictionary<RegoValue, long> _known = new(ReferenceEqualityComparer.Instance);

    /// <summary>The number of parts; int.MaxValue for any above.</summary>
    public static long Of(RegoValue value)
    {
        var rest = Small;
        return IsSmall(value, ref rest) ? Small - rest : new PartCount().Count(value);
    }

    private static bool IsSmall(RegoValue value, ref int rest)
    {
        if (--rest < 0)
            return false;
        foreach (var part in Parts(value))
        {
            if (!IsSmall(part, ref rest))
                return false;
        }

        return true;
    }

    private long Count(RegoValue value)
    {
        if (value is not (RegoArray or RegoSet or RegoObject))
            return 1;
        if (_known.TryGetValue(value, out var count))
            return count;
        Work.Enter();
        count = 1;
        foreach (var part in Parts(value))
        {
            count = Math.Min(count + Count(part), int.MaxValue);
        }

        _known.Add(value, count);
        return count;
    }

    private static IEnumerable<RegoValue> Parts(RegoValue value) => value switch
    {
        RegoArray array => array.Span.ToArray(),
        RegoSet set => set,
        RegoObject map => map.SelectMany(member => new[] { member.Key, member.Value }),
        _ => [],
    };
}
