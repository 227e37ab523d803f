using System.Text;

namespace Writ.Cli.Policies.Reports;

/// <summary>A table in lines and bars: titles in the middle, cells to the left.</summary>
internal static class TextTable
{
    public static string Of(IReadOnlyList<string> titles, IReadOnlyList<IReadOnlyList<string>> rows)
    {
        var widths = titles.Select(
            (title, i) => rows.Select(row => row[i].Length).Append(title.Length).Max()).ToArray();
        var line = $"+{string.Join('+', widths.Select(width => new string('-', width + 2)))}+\n";
        var text = new StringBuilder(line);
        Row(text, titles.Select((title, i) => Middle(title, widths[i])));
        if (rows.Count > 0)
            text.Append(line);
        foreach (var row in rows)
        {
            Row(text, row.Select((cell, i) => cell.PadRight(widths[i])));
        }

        return text.Append(line).ToString();
    }

    private static void Row(StringBuilder text, IEnumerable<string> cells) =>
        text.Append("| ").AppendJoin(" | ", cells).Append(" |\n");

    private static string Middle(string title, int width)
    {
        var left = (width - title.Length) / 2;
        return new string(' ', left) + title + new string(' ', width - title.Length - left);
    }
}
