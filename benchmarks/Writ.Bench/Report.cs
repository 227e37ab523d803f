using System.Globalization;
using System.Text.Json;
using Writ.Bench.Load;

namespace Writ.Bench;

/// <summary>Prints a table, and one line of JSON per case where a file is named.</summary>
internal sealed class Report(string? file)
{
    private readonly List<Line> _lines = [];
    private readonly List<Figure> _figures = [];

    public void Add(Line line)
    {
        _lines.Add(line);
        var ratio = line.Reference is null ? "" : $"  {RatioText(line)}";
        var unit = line.Unit == Unit.PerSecond ? "/s" : " µs";
        Console.Error.WriteLine($"  {line.Case,-52} {Text(line.Value),9}{unit}{ratio}");
    }

    public void Add(Figure figure)
    {
        _figures.Add(figure);
        Console.Error.WriteLine($"  {figure.Case,-58} {Text(figure.Value),9} {figure.Unit}");
    }

    public void Print()
    {
        Console.WriteLine();
        PrintLines();
        PrintFigures();
        if (file is not null)
            File.WriteAllLines(file, [.. _lines.Select(Json), .. _figures.Select(Json)]);
    }

    private void PrintLines()
    {
        if (_lines.Count == 0) return;
        Console.WriteLine(
            $"{"case",-58} {"value",9} {"reference",9} {"ratio",6} "
            + $"{"p50 µs",7} {"p99 µs",8} {"cpu µs",7} {"its cpu",7} {"errors",6}");
        foreach (var line in _lines)
        {
            var (ours, its) = (line.Ours, line.Reference);
            Console.WriteLine(
                $"{Name(line),-58} {Text(line.Value),9} {Text(line.ReferenceValue),9} {RatioText(line)} "
                + $"{Text(ours.P50),7} {Text(ours.P99),8} {Text(ours.CpuMicros),7} "
                + $"{Text(its?.CpuMicros ?? 0),7} {ours.Errors,6}");
        }

        if (_lines.Exists(line => line.Unit == Unit.Microseconds))
            Console.WriteLine("value and reference in µs of one decision; the ratio is how many times the reference");
    }

    private void PrintFigures()
    {
        if (_figures.Count == 0) return;
        Console.WriteLine();
        foreach (var figure in _figures)
            Console.WriteLine($"{figure.Case,-58} {Text(figure.Value),9} {figure.Unit}");
    }

    private static string Json(Line line) => JsonSerializer.Serialize(new
    {
        bench = line.Bench,
        @case = Name(line),
        value = Math.Round(line.Value, 3),
        unit = line.Unit == Unit.PerSecond ? "1/s" : "us",
        reference = Math.Round(line.ReferenceValue, 3),
        ratio = Math.Round(line.Ratio, 4),
        p50_us = Math.Round(line.Ours.P50, 3),
        p99_us = Math.Round(line.Ours.P99, 3),
        cpu_us = Math.Round(line.Ours.CpuMicros, 3),
        errors = line.Ours.Errors,
    });

    private static string Json(Figure figure) => JsonSerializer.Serialize(new
    {
        bench = figure.Bench,
        @case = figure.Case,
        value = Math.Round(figure.Value, 3),
        unit = figure.Unit,
    });

    private static string Name(Line line) => line.Against is null ? line.Case : $"{line.Case} vs {line.Against}";

    private static string RatioText(Line line) => line.Unit == Unit.PerSecond
        ? string.Create(CultureInfo.InvariantCulture, $"{line.Ratio,6:P0}")
        : string.Create(CultureInfo.InvariantCulture, $"{line.Ratio,5:F1}x");

    /// <summary>Three digits that say something.</summary>
    private static string Text(double value) => value.ToString(
        Math.Abs(value) switch { >= 100 or 0 => "F0", >= 10 => "F1", >= 1 => "F2", _ => "F3" },
        CultureInfo.InvariantCulture);
}

/// <summary>One measured case beside its reference (docs/performance.md).</summary>
internal sealed record Line(string Bench, string Case, LoadResult Ours, LoadResult? Reference, string? Against)
{
    public Unit Unit { get; init; }

    public double Value => In(Ours);

    public double ReferenceValue => Reference is null ? 0 : In(Reference);

    public double Ratio => ReferenceValue > 0 ? Value / ReferenceValue : 0;

    private double In(LoadResult result) => Unit == Unit.PerSecond ? result.PerSecond : 1e6 / result.PerSecond;
}
