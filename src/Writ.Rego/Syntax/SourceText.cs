namespace Writ.Rego.Syntax;

/// <summary>A text with its file's name; finds rows and columns when somebody asks.</summary>
internal sealed class SourceText(string file, string text)
{
    private int[]? _lineStarts;

    public string File { get; } = file;

    public string Text { get; } = text;

    /// <summary>Row and column of an offset, both from 1; the column counts characters, a tab as one.</summary>
    public (int Row, int Column) Locate(int offset)
    {
        var starts = _lineStarts ??= FindLines(Text);
        var found = Array.BinarySearch(starts, offset);
        var row = found >= 0 ? found : ~found - 1;
        return (row + 1, offset - starts[row] + 1);
    }

    /// <summary>The line that holds an offset, without its end.</summary>
    public string LineAt(int offset)
    {
        var from = offset == 0 ? 0 : Text.LastIndexOf('\n', Math.Min(offset, Text.Length) - 1) + 1;
        var to = Text.IndexOf('\n', from);
        return Text[from..(to < 0 ? Text.Length : to)].TrimEnd('\r');
    }

    private static int[] FindLines(string text)
    {
        var starts = new List<int> { 0 };
        for (var i = text.IndexOf('\n', 0); i >= 0; i = text.IndexOf('\n', i + 1))
        {
            starts.Add(i + 1);
        }

        return [.. starts];
    }
}
