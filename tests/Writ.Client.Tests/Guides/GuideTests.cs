using Writ.Testing;

namespace Writ.Client.Tests;

/// <summary>What pages show of the SDK stands, word by word, in the sources beside this, which are compiled.</summary>
public sealed class GuideTests
{
    public static TheoryData<string, string> Boxes => [.. Guide.All
        .SelectMany(guide => guide.Boxes.Select(box => (guide.Path, box.Language, box.Text)))
        .Where(box => box.Language == "csharp").Select(box => (box.Path, box.Text))];

    [Theory, MemberData(nameof(Boxes))]
    public void Every_box_is_compiled(string page, string text)
    {
        var sources = Directory.EnumerateFiles(Repository.At("tests/Writ.Client.Tests/Guides"), "*Guide.cs")
            .Select(file => Words(File.ReadAllText(file)));
        Assert.True(sources.Any(source => source.Contains(Words(text), StringComparison.Ordinal)), $"{page}:\n{text}");
    }

    [Fact]
    public void Boxes_are_found_at_all() =>
        Assert.Subset(
            Boxes.Select(row => row.Data.Item1).ToHashSet(StringComparer.Ordinal),
            new HashSet<string>(["docs/for-agents.md", "docs/for-apis.md", "docs/certificates.md"]));

    private static string Words(string text) =>
        string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
