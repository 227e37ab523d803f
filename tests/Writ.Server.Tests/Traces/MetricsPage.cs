using System.Globalization;
using System.Text.RegularExpressions;

namespace Writ.Server.Tests.Traces;

/// <summary>
/// A strict reader of Prometheus' text format 0.0.4 and of OpenMetrics 1.0: whatever their grammars do not allow, or
/// what a scraper would take for something else, fails the test with the line.
/// </summary>
internal sealed partial class MetricsPage
{
    private readonly bool _isOpen;
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private string? _family;
    private string? _type;
    private string? _help;

    private MetricsPage(bool isOpen) => _isOpen = isOpen;

    /// <summary>Families by name, with their type.</summary>
    public Dictionary<string, string> Families { get; } = new(StringComparer.Ordinal);

    /// <summary>Samples by name and labels, as written.</summary>
    public Dictionary<string, double> Samples { get; } = new(StringComparer.Ordinal);

    public static MetricsPage Read(string text, bool isOpen)
    {
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("\r", text, StringComparison.Ordinal);
        var page = new MetricsPage(isOpen);
        var lines = text[..^1].Split('\n');
        if (isOpen)
        {
            Assert.Equal("# EOF", lines[^1]);
            lines = lines[..^1];
        }
        foreach (var line in lines) page.Take(line);
        foreach (var (name, _) in page.Families.Where(f => f.Value == "histogram")) page.CheckHistogram(name);
        return page;
    }

    /// <summary>The sum of all samples of that name whose labels have that text.</summary>
    public double Sum(string name, string labels = "") =>
        Samples.Where(s => NameOf(s.Key) == name && s.Key.Contains(labels, StringComparison.Ordinal)).Sum(s => s.Value);

    private void Take(string line)
    {
        if (HelpLine().Match(line) is { Success: true } help)
        {
            _help = help.Groups["name"].Value;
            Assert.True(_seen.Add(_help), $"A family comes once: {line}");
            Assert.Matches(_isOpen ? @"^([^\\""]|\\[\\n""])*$" : @"^([^\\]|\\[\\n])*$", help.Groups["text"].Value);
        }
        else if (TypeLine().Match(line) is { Success: true } type)
        {
            (_family, _type) = (type.Groups["name"].Value, type.Groups["type"].Value);
            Assert.True(_help == _family, $"HELP and TYPE go together: {line}");
            Families.Add(_family, _type);
        }
        else if (_isOpen && UnitLine().Match(line) is { Success: true } unit)
        {
            Assert.Equal(_family, unit.Groups["name"].Value);
            Assert.EndsWith("_" + unit.Groups["unit"].Value, _family, StringComparison.Ordinal);
        }
        else
        {
            TakeSample(line);
        }
    }

    private void TakeSample(string line)
    {
        var sample = SampleLine().Match(line);
        Assert.True(sample.Success, $"No line of the format: {line}");
        var name = sample.Groups["name"].Value;
        string[] allowed = (_type, _isOpen) switch
        {
            ("counter", true) => [_family + "_total"],
            ("counter", false) or ("gauge", _) => [_family!],
            ("histogram", _) => [_family + "_bucket", _family + "_sum", _family + "_count"],
            _ => [],
        };
        Assert.True(allowed.Contains(name), $"A sample lies in its family: {line}");
        if (_type == "counter") Assert.EndsWith("_total", name, StringComparison.Ordinal);
        var labels = sample.Groups["label"].Captures.Select(c => c.Value).ToArray();
        Assert.Equal(labels.Length, labels.Distinct().Count());
        Assert.Equal(name.EndsWith("_bucket", StringComparison.Ordinal), labels.Contains("le"));
        var value = Number(sample.Groups["value"].Value);
        if (_type != "gauge") Assert.True(value >= 0, line);
        Assert.True(Samples.TryAdd(name + sample.Groups["labels"].Value, value), $"A sample comes once: {line}");
    }

    private void CheckHistogram(string family)
    {
        var series = Samples.Where(s => NameOf(s.Key) == family + "_bucket")
            .GroupBy(s => Bucket().Replace(s.Key, "").Replace("{}", "", StringComparison.Ordinal));
        foreach (var one in series)
        {
            var bounds = one.Select(s => (Le: Bucket().Match(s.Key).Groups["le"].Value, s.Value)).ToList();
            Assert.All(bounds, b => Assert.Matches(@"^(\+Inf|\d+\.\d+)$", b.Le));
            Assert.Equal(bounds.Select(b => Number(b.Le)).Order(), bounds.Select(b => Number(b.Le)));
            Assert.Equal(bounds.Select(b => b.Value).Order(), bounds.Select(b => b.Value));
            Assert.Equal("+Inf", bounds[^1].Le);
            var rest = one.Key[(family.Length + "_bucket".Length)..];
            Assert.Equal(bounds[^1].Value, Samples[$"{family}_count{rest}"]);
            Assert.Contains($"{family}_sum{rest}", Samples);
        }
    }

    private static string NameOf(string sample) => sample.Split('{')[0];

    private static double Number(string text) => text switch
    {
        "+Inf" => double.PositiveInfinity,
        "-Inf" => double.NegativeInfinity,
        "NaN" => double.NaN,
        _ => double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture),
    };

    [GeneratedRegex(@"^# HELP (?<name>[a-zA-Z_:][a-zA-Z0-9_:]*) (?<text>\S.*)$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex HelpLine();

    [GeneratedRegex(
        "^# TYPE (?<name>[a-zA-Z_:][a-zA-Z0-9_:]*) (?<type>counter|gauge|histogram)$", RegexOptions.ExplicitCapture,
        1000)]
    private static partial Regex TypeLine();

    [GeneratedRegex("^# UNIT (?<name>[a-zA-Z0-9_:]+) (?<unit>[a-z]+)$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex UnitLine();

    [GeneratedRegex(
        """
        ^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(?<labels>\{(?<label>[a-zA-Z_][a-zA-Z0-9_]*)="([^"\\]|\\["\\n])*"(,(?<label>[a-zA-Z_][a-zA-Z0-9_]*)="([^"\\]|\\["\\n])*")*\})? (?<value>[+-]Inf|NaN|[+-]?\d+(\.\d+)?([eE][+-]?\d+)?)$
        """, RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex SampleLine();

    [GeneratedRegex(@",?le=""(?<le>[^""]*)""", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Bucket();
}
