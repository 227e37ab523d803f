using System.Globalization;
using System.Text.Json;
using Writ.Bench.Load;

namespace Writ.Bench;

/// <summary>Prints a table, and one line of JSON per case where a file is named.</summary>
internal sealed class Report(string? file)
{
    private readonly List<Line> _lines = [];

    public void Add(Line line)
    {
        _lines.Add(line);
        var ratio = line.Reference is null ? "" : $"  {Ratio(line),6:P0}";
        Console.Error.WriteLine($"  {line.Case,-52} {line.Ours.PerSecond,9:F0}/s{ratio}");
    }

    public void Print()
    {
        Console.WriteLine();
        Console.WriteLine(
            $"{"case",-58} {"value",9} {"reference",9} {"ratio",6} "
            + $"{"p50 µs",7} {"p99 µs",8} {"cpu µs",7} {"its cpu",7} {"errors",6}");
        foreach (var line in _lines)
        {
            var (ours, reference) = (line.Ours, line.Reference?.PerSecond ?? 0);
            var speed = string.Create(
                CultureInfo.InvariantCulture, $"{ours.PerSecond,9:F0} {reference,9:F0} {Ratio(line),6:P0}");
            var cost = string.Create(
                CultureInfo.InvariantCulture,
                $"{ours.P50,7:F0} {ours.P99,8:F0} {ours.CpuMicros,7:F0} "
                + $"{line.Reference?.CpuMicros ?? 0,7:F0} {ours.Errors,6}");
            Console.WriteLine($"{Name(line),-58} {speed} {cost}");
        }
        if (file is null) return;
        File.WriteAllLines(file, _lines.Select(Json));
    }

    private static string Json(Line line) => JsonSerializer.Serialize(new
    {
        bench = line.Bench,
        @case = Name(line),
        value = Math.Round(line.Ours.PerSecond, 1),
        unit = "1/s",
        reference = Math.Round(line.Reference?.PerSecond ?? 0, 1),
        ratio = Math.Round(Ratio(line), 4),
        p50_us = Math.Round(line.Ours.P50, 1),
        p99_us = Math.Round(line.Ours.P99, 1),
        cpu_us = Math.Round(line.Ours.CpuMicros, 1),
        errors = line.Ours.Errors,
    });

    private static string Name(Line line) => line.Against is null ? line.Case : $"{line.Case} vs {line.Against}";

    private static double Ratio(Line line) =>
        line.Reference is { PerSecond: > 0 } r ? line.Ours.PerSecond / r.PerSecond : 0;
}

/// <summary>One measured case beside its reference (docs/performance.md).</summary>
internal sealed record Line(string Bench, string Case, LoadResult Ours, LoadResult? Reference, string? Against);
