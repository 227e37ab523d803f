using Writ.Rego.Values;

namespace Writ.Rego.Queries;

/// <summary>A rule as its module has it.</summary>
/// <param name="Package">The package's path, without <c>data</c>.</param>
/// <param name="Path">The rule's name, and the words after it up to the first variable.</param>
/// <param name="IsWhole">Whether that is all of its reference: no variable follows.</param>
/// <param name="IsFunction">Whether it takes arguments.</param>
/// <param name="IsDefault">Whether it speaks when no other does.</param>
/// <param name="File">The module's file.</param>
/// <param name="Row">The line on which it begins, from 1.</param>
/// <param name="Column">The character on which it begins, from 1.</param>
public sealed record RuleDescription(
    IReadOnlyList<string> Package, IReadOnlyList<string> Path, bool IsWhole, bool IsFunction, bool IsDefault,
    string File, int Row, int Column)
{
    /// <summary>Its full name, as <c>data.authz["web-1"].allow</c>.</summary>
    public string Name => Reference([.. Package, .. Path]);

    /// <summary>The name of its package, as <c>data.authz</c>.</summary>
    public string PackageName => Reference(Package);

    /// <summary>The document below <c>data</c> at a path, as a policy would write it.</summary>
    public static string Reference(IEnumerable<string> path) => string.Concat(path.Select(Part).Prepend("data"));

    private static string Part(string word) =>
        word.Length > 0 && (char.IsAsciiLetter(word[0]) || word[0] == '_')
        && word.All(c => char.IsAsciiLetterOrDigit(c) || c == '_')
            ? "." + word
            : $"[{RegoString.Of(word)}]";
}
