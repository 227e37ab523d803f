using System.Globalization;
using System.Text;

namespace Writ.Server.Edge;

/// <summary>
/// Texts and names that people give to things and read again in lists, logs and terminals. Nothing in them may move the
/// cursor, hide, or look like something else: no control and no format characters, one normal form.
/// </summary>
public static class PlainText
{
    /// <summary>The longest purpose, reason or label value.</summary>
    public const int MaxLength = 256;

    /// <summary>Whether this is a text: not blank, bounded, without what cannot be seen, in normal form C.</summary>
    public static bool IsText(string? text, int maxLength = MaxLength) =>
        !string.IsNullOrWhiteSpace(text) && text.Length <= maxLength && IsVisible(text)
        && text.IsNormalized(NormalizationForm.FormC);

    /// <summary>What is wrong with purposes; null: nothing.</summary>
    public static string? PurposesFault(IReadOnlyList<string>? purposes) =>
        purposes is { Count: > MaxPurposes } || purposes?.All(text => IsText(text)) is false
            ? $"purposes are at most {MaxPurposes} short texts."
            : null;

    private const int MaxPurposes = 64;

    public const string NameRule = "lower-case letters, digits, dots, dashes, underscores; at most 63";

    /// <summary>Whether this names a team, a workflow or an operator: <c>[a-z0-9][a-z0-9._-]{0,62}</c>.</summary>
    public static bool IsName(string? text, int maxLength = 63) =>
        text is { Length: > 0 } && text.Length <= maxLength
        && (char.IsAsciiLetterLower(text[0]) || char.IsAsciiDigit(text[0]))
        && text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '.' or '-' or '_');

    private static bool IsVisible(string text)
    {
        foreach (var rune in text.EnumerateRunes())
        {
            var hidden = Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format
                or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator
                or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate;
            if (hidden || rune == Rune.ReplacementChar) return false;
        }
        return true;
    }
}
