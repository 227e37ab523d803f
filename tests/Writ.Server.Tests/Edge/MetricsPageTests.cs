using System.Text.RegularExpressions;
using Writ.Testing;

namespace Writ.Server.Tests.Edge;

/// <summary>docs/operations.md against the source: every metric is explained, and none that is not.</summary>
public sealed partial class MetricsPageTests
{
    [Fact]
    public void Every_metric_is_explained()
    {
        var source = string.Concat(
            Directory.EnumerateFiles(Repository.At("src/Writ.Server"), "*.cs", SearchOption.AllDirectories)
                .Where(file => !file.Contains("/obj/", StringComparison.Ordinal)).Select(File.ReadAllText));
        var made = Made().Matches(source).Select(m => m.Groups["name"].Value.Replace('.', '_')
            + (m.Groups["unit"].Value is "s" || m.Groups["kind"].Value is "ObserveSeconds" ? "_seconds" : "")
            + (m.Groups["kind"].Value is "CreateCounter<long>" ? "_total" : ""));
        var explained = Guide.Of("docs/operations.md").Rows
            .SelectMany(row => Explained().Matches(row[0])).Select(m => m.Groups["name"].Value);

        Assert.Equal(made.Order(StringComparer.Ordinal), explained.Order(StringComparer.Ordinal));
    }

    [GeneratedRegex(
        @"(?<kind>Create\w+(<\w+>)?|Observe(Seconds)?)\(\s*""(?<name>writ\.[a-z.]+)"", (""(?<unit>[^""]*)"")?",
        RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Made();

    [Fact]
    public void Alerts_are_about_metrics_that_there_are()
    {
        var explained = Guide.Of("docs/operations.md").Rows
            .SelectMany(row => Explained().Matches(row[0])).Select(m => m.Groups["name"].Value).ToHashSet();
        var named = Named().Matches(File.ReadAllText(Repository.At("deploy/prometheus-rules.yaml")))
            .Select(m => m.Groups["name"].Value.Replace("_bucket", "", StringComparison.Ordinal)).Distinct().ToList();

        Assert.True(named.Count > 10);
        Assert.All(named, name => Assert.Contains(name, explained));
    }

    [GeneratedRegex("(?<name>writ_[a-z_]+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Named();

    [GeneratedRegex("`(?<name>writ_[a-z_]+)`", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Explained();
}
