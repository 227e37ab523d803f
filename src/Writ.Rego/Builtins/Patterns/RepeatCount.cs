using System.Globalization;

namespace Writ.Rego.Builtins.Patterns;

/// <summary>How often something is repeated.</summary>
/// <param name="Least">At least so often.</param>
/// <param name="Most">At most so often; without end when null.</param>
/// <param name="IsWritten">Whether it was written in numbers.</param>
internal readonly record struct RepeatCount(int Least, int? Most, bool IsWritten)
{
    /// <summary>RE2 takes no larger number, and no larger product of numbers within each other.</summary>
    public const int Largest = 1000;

    /// <summary>Reads <c>*</c>, <c>+</c>, <c>?</c> or <c>{2,5}</c>; null, and nothing is read, when none is here.
    /// </summary>
    public static RepeatCount? TryRead(string pattern, ref int at)
    {
        RepeatCount? sign = pattern[at] switch
        {
            '*' => new(0, null, false),
            '+' => new(1, null, false),
            '?' => new(0, 1, false),
            _ => null,
        };
        if (sign is not null)
        {
            at++;
            return sign;
        }

        if (pattern[at] != '{' || pattern.IndexOf('}', at) is not (> 0 and var end))
        {
            return null;
        }

        var parts = pattern[(at + 1)..end].Split(',');
        var isCount = parts.Length <= 2 && IsNumber(parts[0])
            && (parts.Length == 1 || parts[1].Length == 0 || IsNumber(parts[1]));
        if (!isCount)
        {
            return null;
        }

        at = end + 1;
        var least = Parse(parts[0]);
        return new(least, parts.Length == 1 ? least : parts[1].Length == 0 ? null : Parse(parts[1]), true);
    }

    public void Check(string text)
    {
        if (Least > Largest || Most > Largest || Most < Least)
        {
            throw Re2Parser.Broken("invalid repeat count", text);
        }
    }

    private static bool IsNumber(string text) =>
        text.Length > 0 && text.All(char.IsAsciiDigit) && (text.Length == 1 || text[0] != '0');

    private static int Parse(string text) =>
        text.Length > 4 ? Largest + 1 : int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}
