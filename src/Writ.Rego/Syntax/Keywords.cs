using System.Collections.Frozen;

namespace Writ.Rego.Syntax;

/// <summary>The words that are no names. Four of them are keywords in v0 only where a module imports them.</summary>
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
        }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, TokenKind>.AlternateLookup<ReadOnlySpan<char>> BySpan =
        All.GetAlternateLookup<ReadOnlySpan<char>>();

    public static IReadOnlyList<string> Future { get; } = ["in", "every", "if", "contains"];

    public static TokenKind Find(ReadOnlySpan<char> word) =>
        word.Length is >= 2 and <= 8 && char.IsAsciiLetterLower(word[0]) && BySpan.TryGetValue(word, out var kind)
            ? kind
            : TokenKind.Name;

    public static bool IsKeyword(TokenKind kind) => kind is >= TokenKind.Package and <= TokenKind.Contains;

    public static bool IsFuture(TokenKind kind) => kind is >= TokenKind.In and <= TokenKind.Contains;
}
