using System.Text.RegularExpressions;

namespace Writ.Testing;

/// <summary>A page for people, and what stands in its boxes.</summary>
public sealed partial record Guide(string Path, string Text)
{
    /// <summary>README.md and the pages of docs/.</summary>
    public static IEnumerable<Guide> All =>
        Directory.EnumerateFiles(Repository.At("docs"), "*.md").Order(StringComparer.Ordinal)
            .Select(file => System.IO.Path.GetRelativePath(Repository.Root, file))
            .Prepend("README.md")
            .Select(Of);

    public static Guide Of(string path) => new(path, File.ReadAllText(Repository.At(path)));

    /// <summary>Its boxes: the language behind the fence, and the text.</summary>
    public IEnumerable<(string Language, string Text)> Boxes =>
        Box().Matches(Text).Select(m => (m.Groups["language"].Value, m.Groups["text"].Value));

    /// <summary>The rows of its tables, each a list of cells.</summary>
    public IEnumerable<string[]> Rows =>
        Text.Split('\n').Where(line => line.StartsWith('|'))
            .Select(line => line.Trim('|').Split('|').Select(cell => cell.Trim()).ToArray());

    public override string ToString() => Path;

    [GeneratedRegex(
        "^```(?<language>[a-z]*)\n(?<text>.*?)^```$",
        RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Box();
}
