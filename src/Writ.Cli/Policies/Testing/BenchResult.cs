using System.Globalization;
using Writ.Cli.Policies.Reports;

namespace Writ.Cli.Policies.Testing;

/// <summary>How long each of many runs took, in order, and what all of them allocated.</summary>
internal sealed record BenchResult(IReadOnlyList<double> Nanoseconds, long Bytes)
{
    private static readonly double[] Percentiles = [0.75, 0.9, 0.95, 0.99, 0.999, 0.9999];

    public int Count => Nanoseconds.Count;

    public double Mean => Nanoseconds.Average();

    public long BytesPerRun => Bytes / Count;

    /// <summary>As Go's benchmarks are written: a name, how often, how long, how much.</summary>
    public string Line(string name, bool hasMemory)
    {
        var line = string.Create(CultureInfo.InvariantCulture, $"{name}\t{Count}\t{Mean:0} ns/op");
        return hasMemory ? string.Create(CultureInfo.InvariantCulture, $"{line}\t{BytesPerRun} B/op") : line;
    }

    public string Table(bool hasMemory, bool hasMetrics)
    {
        List<string[]> rows = [["samples", Text(Count)], ["ns/op", Text(Mean)]];
        if (hasMemory)
            rows.Add(["B/op", Text(BytesPerRun)]);
        if (hasMetrics)
            rows.AddRange(Histogram().Select(one => (string[])[one.Name, Text(one.Value)]));
        return TextTable.Of(rows[0], rows[1..]);
    }

    public string Json(bool hasMemory, bool hasMetrics) => PrettyJson.Object(
        ("N", PrettyJson.Number(Count)),
        ("T", PrettyJson.Number((long)Nanoseconds.Sum())),
        ("MemBytes", hasMemory ? PrettyJson.Number(Bytes) : null),
        ("Extra", hasMetrics
            ? PrettyJson.Object(Histogram().Select(one => (one.Name, (string?)PrettyJson.Number(Rounded(one.Value)))))
            : null)) + "\n";

    private static double Rounded(double value) => Math.Round(value, 1);

    private static string Text(double value) => Rounded(value).ToString(CultureInfo.InvariantCulture);

    private IEnumerable<(string Name, double Value)> Histogram()
    {
        const string name = "histogram_timer_rego_query_eval_ns_";
        foreach (var part in Percentiles)
        {
            yield return (string.Create(CultureInfo.InvariantCulture, $"{name}{part * 100:0.##}%"), At(part));
        }

        yield return ($"{name}count", Count);
        yield return ($"{name}max", Nanoseconds[^1]);
        yield return ($"{name}mean", Mean);
        yield return ($"{name}median", At(0.5));
        yield return ($"{name}min", Nanoseconds[0]);
        var mean = Mean;
        yield return ($"{name}stddev", Math.Sqrt(Nanoseconds.Average(one => (one - mean) * (one - mean))));
    }

    private double At(double part) => Nanoseconds[(int)Math.Min(part * Count, Count - 1)];
}
