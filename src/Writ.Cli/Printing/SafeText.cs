using System.Globalization;
using System.Text;

namespace Writ.Cli.Printing;

/// <summary>
/// Text of others, made fit for a terminal. Records hold what anybody once sent, refusals included: nothing in it may
/// move the cursor, turn the line around, or hide (C0 and C1 controls, bidirectional overrides, zero-width characters).
/// </summary>
internal static class SafeText
{
    /// <summary>On one line; what cannot be seen becomes U+FFFD.</summary>
    public static string Of(string text)
    {
        var isPlain = true;
        foreach (var rune in text.EnumerateRunes())
            isPlain &= !IsUnseen(rune);
        if (isPlain)
            return text;
        var safe = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
            safe.Append(IsUnseen(rune) ? "\uFFFD" : rune.ToString());
        return safe.ToString();
    }

    /// <summary>Line by line.</summary>
    public static string Lines(string text) => string.Join('\n', text.Split('\n').Select(Of));

    private static bool IsUnseen(Rune rune) => Rune.GetUnicodeCategory(rune) is
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
