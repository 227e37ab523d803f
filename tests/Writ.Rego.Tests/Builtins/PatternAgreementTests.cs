using System.Text;
using System.Text.RegularExpressions;
using Writ.Rego.Builtins.Patterns;
using Writ.Rego.Builtins.Patterns.Automata;

namespace Writ.Rego.Tests.Builtins;

/// <summary>
/// Generated expressions that mean the same to RE2 and to .NET: our automata find what .NET's find.
/// </summary>
public class PatternAgreementTests
{
    private static readonly string[] Atoms =
    [
        "a", "b", "[ab]", "[^a]", "(?s:.)", "ab", @"\b", @"\B", @"\A", @"\z", "(?m:^)", "(?m:$)", @"\w", "c", "é",
    ];

    private static readonly string[] Counts = ["*", "+", "?", "*?", "+?", "??", "{2}", "{0,2}", "{1,3}?", "{2,}"];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Our_automata_find_what_those_of_NET_find(ulong seed)
    {
        var chance = new Chance(seed);
        var compared = 0;
        for (var i = 0; i < 2_000; i++)
        {
            var pattern = Pattern(chance, 3);
            var text = Text(chance);
            if (LoopsOverNothing(Re2Parser.Parse(pattern).Node) || All(pattern, text) is not { } wanted)
                continue;
            compared++;
            var ours = Re2Regex.Parse(pattern);
            var found = string.Join(' ', ours.Matches(text, hasGroups: true).Select(match => Shown(
                match.Index, match.End, Enumerable.Range(1, ours.GroupCount - 1).Select(match.Group))));
            Assert.True(wanted == found, $"{pattern} in “{text}”: {wanted} and not {found}");
            Assert.Equal(wanted.Length > 0, ours.IsMatch(text));
        }

        Assert.True(compared > 800, $"only {compared} were compared");
    }

    /// <summary>All matches, but for empty ones right after another; null when they take too long.</summary>
    private static string? All(string pattern, string text)
    {
        var found = new List<string>();
        var end = -1;
        try
        {
            foreach (Match match in Of(pattern).Matches(text))
            {
                if (match.Length > 0 || match.Index != end)
                {
                    found.Add(Shown(
                        match.Index, match.Index + match.Length, match.Groups.Values.Skip(1).Select(one => one.Value)));
                }

                end = match.Index + match.Length;
            }
        }
        catch (RegexMatchTimeoutException)
        {
            return null;
        }

        return string.Join(' ', found);
    }

    /// <summary>
    /// Where a loop may go round without taking anything, engines go each their own way: see
    /// <see cref="RegexTests.Loops_over_nothing_end_as_those_of_Go"/>.
    /// </summary>
    private static bool LoopsOverNothing(PatternNode node) => node switch
    {
        PatternNode.Repeat repeat => repeat.Inner.IsNullable || LoopsOverNothing(repeat.Inner),
        PatternNode.Group group => LoopsOverNothing(group.Inner),
        PatternNode.Sequence sequence => sequence.Items.Any(LoopsOverNothing),
        PatternNode.Choice choice => choice.Items.Any(LoopsOverNothing),
        _ => false,
    };

    private static string Shown(int start, int end, IEnumerable<string> groups) =>
        $"{start}-{end}[{string.Join(',', groups)}]";

    private static Regex Of(string pattern) =>
        new(pattern, RegexOptions.NonBacktracking, TimeSpan.FromMilliseconds(200));

    private static string Text(Chance chance)
    {
        var text = new StringBuilder();
        for (var i = chance.Below(12); i > 0; i--)
        {
            text.Append("aaabbbc \n"[chance.Below(9)]);
        }

        return text.ToString();
    }

    private static string Pattern(Chance chance, int depth)
    {
        if (depth == 0)
            return Atoms[chance.Below(Atoms.Length)];
        return chance.Below(8) switch
        {
            0 or 1 => Atoms[chance.Below(Atoms.Length)],
            2 or 3 => Pattern(chance, depth - 1) + Pattern(chance, depth - 1),
            4 => $"(?:{Pattern(chance, depth - 1)}|{Pattern(chance, depth - 1)})",
            5 => $"({Pattern(chance, depth - 1)})",
            _ => $"(?:{Pattern(chance, depth - 1)}){Counts[chance.Below(Counts.Length)]}",
        };
    }
}
