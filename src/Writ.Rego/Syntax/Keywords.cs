using System.Collections.Frozen;

namespace Writ.Rego.Syntax;

/// <summary>
/// The words that are no names. Four of them are keywords in v0 only where a module imports them, and two in no version
/// without that; the import of <c>not</c>, which is one everywhere, gives it more meaning.
/// </summary>
internal static class Keywords
{
    private static readonly FrozenDictionary<string, TokenKind> All =
        new Dictionary<string, TokenKind>(StringComparer.Ordinal)
        {
            ["package"] = TokenKind.Package,
            ["import"] = TokenKind.Import,
            ["as"] = TokenKind.As,
            ["default"] = TokenKind.Default,
            ["else"] = TokenKind.Else,
            ["not"] = TokenKind.Not,
            ["some"] = TokenKind.Some,
            ["with"] = TokenKind.With,
            ["null"] = TokenKind.Null,
            ["true"] = TokenKind.True,
            ["false"] = TokenKind.False,
            ["in"] = TokenKind.In,
            ["every"] = TokenKind.Every,
            ["if"] = TokenKind.If,
            ["contains"] = TokenKind.Contains,
            ["and"] = TokenKind.AndWord,
            ["or"] = TokenKind.OrWord,
        }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, TokenKind>.AlternateLookup<ReadOnlySpan<char>> BySpan =
        All.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>What can be imported, in order.</summary>
    public static IReadOnlyList<string> Future { get; } = ["and", "contains", "every", "if", "in", "not", "or"];

    public static TokenKind Find(ReadOnlySpan<char> word) =>
        word.Length is >= 2 and <= 8 && char.IsAsciiLetterLower(word[0]) && BySpan.TryGetValue(word, out var kind)
            ? kind
            : TokenKind.Name;

    public static bool IsKeyword(TokenKind kind) => kind is >= TokenKind.Package and <= TokenKind.OrWord;

    /// <summary>Whether a version knows a word as a keyword without an import.</summary>
    public static bool IsKeyword(string word, RegoVersion version) => Find(word) switch
    {
        TokenKind.Name or TokenKind.AndWord or TokenKind.OrWord => false,
        var kind => version == RegoVersion.V1 || !IsFuture(kind),
    };

    /// <summary>Whether a word is a keyword only where it is imported, in one version or in both.</summary>
    public static bool IsFuture(TokenKind kind) => kind is >= TokenKind.In and <= TokenKind.OrWord;
}
