using System.Globalization;

namespace Writ.Cli.Policies.Reports;

/// <summary>Which lines of the modules were reached, counted as OPA counts them.</summary>
internal sealed class CoverageReport
{
    private readonly SortedDictionary<string, (SortedSet<int> Covered, SortedSet<int> Missed)> _files =
        new(StringComparer.Ordinal);

    public CoverageReport(IEnumerable<(string File, int Row)> lines, IReadOnlySet<(string File, int Row)> reached)
    {
        foreach (var line in lines)
        {
            if (!_files.TryGetValue(line.File, out var rows))
                _files.Add(line.File, rows = ([], []));
            _ = reached.Contains(line) ? rows.Covered.Add(line.Row) : rows.Missed.Add(line.Row);
        }
    }

    public double Percentage => Percent(_files.Values.Sum(rows => rows.Covered.Count), _files.Values.Sum(Count));

    /// <summary>The lines that were not reached: <c>file:3</c>, <c>file:5-7</c>.</summary>
    public IEnumerable<string> Missed => _files.SelectMany(file => Ranges(file.Value.Missed).Select(range =>
        range.First == range.Last ? $"{file.Key}:{range.First}" : $"{file.Key}:{range.First}-{range.Last}"));

    public string Json() => PrettyJson.Object(
        ("files", PrettyJson.Object(_files.Select(file => (file.Key, (string?)Json(file.Value))))),
        ("covered_lines", PrettyJson.Number(_files.Values.Sum(rows => rows.Covered.Count))),
        ("not_covered_lines", PrettyJson.Number(_files.Values.Sum(rows => rows.Missed.Count))),
        ("coverage", PrettyJson.Number(Percentage)));

    public string Text() => TextTable.Of(
        ["Overall Coverage", Percentage.ToString("0.00", CultureInfo.InvariantCulture)], []);

    private static int Count((SortedSet<int> Covered, SortedSet<int> Missed) rows) =>
        rows.Covered.Count + rows.Missed.Count;

    private static double Percent(int covered, int all) => all == 0 ? 0 : Math.Round(100.0 * covered / all, 2);

    private static string Json((SortedSet<int> Covered, SortedSet<int> Missed) rows) => PrettyJson.Object(
        ("covered", Json(rows.Covered)),
        ("not_covered", Json(rows.Missed)),
        ("covered_lines", rows.Covered.Count == 0 ? null : PrettyJson.Number(rows.Covered.Count)),
        ("not_covered_lines", rows.Missed.Count == 0 ? null : PrettyJson.Number(rows.Missed.Count)),
        ("coverage", rows.Covered.Count == 0 ? null : PrettyJson.Number(Percent(rows.Covered.Count, Count(rows)))));

    private static string? Json(SortedSet<int> rows) => rows.Count == 0 ? null : PrettyJson.Array(
        Ranges(rows).Select(range => PrettyJson.Object(("start", Row(range.First)), ("end", Row(range.Last)))));

    private static string Row(int row) => PrettyJson.Object(("row", PrettyJson.Number(row)));

    private static List<(int First, int Last)> Ranges(SortedSet<int> rows)
    {
        var ranges = new List<(int First, int Last)>();
        foreach (var row in rows)
        {
            if (ranges.Count > 0 && ranges[^1].Last == row - 1)
                ranges[^1] = (ranges[^1].First, row);
            else
                ranges.Add((row, row));
        }

        return ranges;
    }
}
