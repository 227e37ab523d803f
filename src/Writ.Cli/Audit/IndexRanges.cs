namespace Writ.Cli.Audit;

/// <summary>A set of indexes, kept as ranges: what lies together costs no more than one.</summary>
internal sealed class IndexRanges
{
    private readonly Lock _lock = new();
    private List<(long From, long To)> _ranges = [];
    private int _tidyAt = 1 << 12;

    public void Add(long from, long to)
    {
        if (from >= to) return;
        lock (_lock)
        {
            if (_ranges is [.., var last] && last.To == from) _ranges[^1] = (last.From, to);
            else _ranges.Add((from, to));
            if (_ranges.Count < _tidyAt) return;
            Tidy();
            _tidyAt = Math.Max(1 << 12, _ranges.Count * 2);
        }
    }

    /// <summary>The first index that the other set has not; null: it has them all.</summary>
    public long? FirstWithout(IndexRanges others)
    {
        Tidy();
        others.Tidy();
        var at = 0;
        foreach (var (from, to) in _ranges)
        {
            while (at < others._ranges.Count && others._ranges[at].To <= from) at++;
            if (at == others._ranges.Count || others._ranges[at].From > from) return from;
            if (others._ranges[at].To < to) return others._ranges[at].To;
        }
        return null;
    }

    /// <summary>The first index that the other set has, too; null: there is none.</summary>
    public long? FirstWithin(IndexRanges others)
    {
        Tidy();
        others.Tidy();
        var at = 0;
        foreach (var (from, to) in _ranges)
        {
            while (at < others._ranges.Count && others._ranges[at].To <= from) at++;
            if (at < others._ranges.Count && others._ranges[at].From < to)
                return Math.Max(from, others._ranges[at].From);
        }
        return null;
    }

    /// <summary>The smallest; null: there is none.</summary>
    public long? First => _ranges.Count == 0 ? null : _ranges.Min(range => range.From);

    /// <summary>The largest; null: there is none.</summary>
    public long? Last => _ranges.Count == 0 ? null : _ranges.Max(range => range.To) - 1;

    /// <summary>Which blocks of so many indexes, counted from the first, have one of those up to an end.</summary>
    public IEnumerable<long> Blocks(long first, long end, int width)
    {
        Tidy();
        var last = -1L;
        foreach (var (from, to) in _ranges.Select(range => (Math.Max(range.From, first), Math.Min(range.To, end))))
        {
            if (from >= to) continue;
            for (var block = Math.Max(last + 1, (from - first) / width); block <= (to - 1 - first) / width; block++)
                yield return last = block;
        }
    }

    private void Tidy()
    {
        var tidy = new List<(long From, long To)>();
        foreach (var range in _ranges.Order())
        {
            if (tidy is [.., var last] && range.From <= last.To) tidy[^1] = (last.From, Math.Max(last.To, range.To));
            else tidy.Add(range);
        }
        _ranges = tidy;
    }
}
