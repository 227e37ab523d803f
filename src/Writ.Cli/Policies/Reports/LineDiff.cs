using System.Globalization;
using System.Text;

namespace Writ.Cli.Policies.Reports;

/// <summary>What changed between two texts, line by line, in the form of <c>diff -u</c>.</summary>
internal static class LineDiff
{
    private const int Context = 3;
    private const long MostWork = 25_000_000; // pairs of lines; beyond it all lines count as changed

    public static string Of(string name, string before, string after)
    {
        var edits = Edits(Lines(before), Lines(after));
        var text = new StringBuilder($"--- {name}\n+++ {name}\n");
        var i = 0;
        while (i < edits.Count)
        {
            if (edits[i].Sign == ' ')
            {
                i++;
                continue;
            }

            var first = Math.Max(i - Context, 0);
            var last = i;
            for (var next = i; next < edits.Count && next - last <= 2 * Context; next++)
            {
                last = edits[next].Sign == ' ' ? last : next;
            }

            var end = Math.Min(last + Context + 1, edits.Count);
            Hunk(text, edits, first, end);
            i = end;
        }

        return text.ToString();
    }

    private static void Hunk(StringBuilder text, List<(char Sign, string Line)> edits, int first, int end)
    {
        var (old, now) = (Count(edits, 0, first, '+'), Count(edits, 0, first, '-'));
        var (oldCount, newCount) = (Count(edits, first, end, '+'), Count(edits, first, end, '-'));
        text.Append(CultureInfo.InvariantCulture, $"@@ -{old + 1},{oldCount} +{now + 1},{newCount} @@\n");
        foreach (var (sign, line) in edits[first..end])
        {
            text.Append(sign).Append(line).Append('\n');
        }
    }

    private static int Count(List<(char Sign, string Line)> edits, int from, int to, char without) =>
        edits[from..to].Count(edit => edit.Sign != without);

    private static string[] Lines(string text) =>
        (text.EndsWith('\n') ? text[..^1] : text).Split('\n');

    /// <summary>The longest common lines stay; the ends that both share cost nothing.</summary>
    private static List<(char Sign, string Line)> Edits(string[] before, string[] after)
    {
        var head = before.Zip(after).TakeWhile(pair => pair.First == pair.Second).Count();
        var tail = before.Skip(head).Reverse().Zip(after.Skip(head).Reverse())
            .TakeWhile(pair => pair.First == pair.Second).Count();
        var (a, b) = (before[head..^tail], after[head..^tail]);
        var lengths = (long)a.Length * b.Length <= MostWork ? Lengths(a, b) : null;
        var edits = new List<(char Sign, string Line)>(before[..head].Select(line => (' ', line)));
        var (i, j) = (0, 0);
        while (i < a.Length || j < b.Length)
        {
            if (lengths is not null && i < a.Length && j < b.Length && a[i] == b[j])
                (edits, i, j) = (Add(edits, ' ', a[i]), i + 1, j + 1);
            else if (i < a.Length && (j == b.Length || lengths is null || lengths[i + 1][j] >= lengths[i][j + 1]))
                edits = Add(edits, '-', a[i++]);
            else
                edits = Add(edits, '+', b[j++]);
        }

        edits.AddRange(before[(before.Length - tail)..].Select(line => (' ', line)));
        return edits;
    }

    private static List<(char Sign, string Line)> Add(List<(char Sign, string Line)> edits, char sign, string line)
    {
        edits.Add((sign, line));
        return edits;
    }

    private static int[][] Lengths(string[] a, string[] b)
    {
        var lengths = new int[a.Length + 1][];
        lengths[a.Length] = new int[b.Length + 1];
        for (var i = a.Length - 1; i >= 0; i--)
        {
            lengths[i] = new int[b.Length + 1];
            for (var j = b.Length - 1; j >= 0; j--)
            {
                lengths[i][j] = a[i] == b[j]
                    ? lengths[i + 1][j + 1] + 1
                    : Math.Max(lengths[i + 1][j], lengths[i][j + 1]);
            }
        }

        return lengths;
    }
}
