using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Writ.Tlog;

/// <summary>The head of a log (C2SP tlog-checkpoint): the text of a note.</summary>
/// <param name="Origin">Which log.</param>
/// <param name="Size">How many entries.</param>
/// <param name="Root">The root of their tree.</param>
public sealed record Checkpoint(string Origin, long Size, TreeHash Root)
{
    /// <summary>Further lines, which say nothing that can be checked.</summary>
    public IReadOnlyList<string> Extensions { get; init; } = [];

    /// <summary>Reads the text of a note: strictly, so that a checkpoint has one text.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out Checkpoint? checkpoint)
    {
        if (TryParseForm(text, out checkpoint) && (checkpoint.Size > 0 || checkpoint.Root == TreeHash.Empty))
            return true;
        checkpoint = null;
        return false;
    }

    /// <summary>Reads one whose root may be none that a tree of its size can have.</summary>
    internal static bool TryParseForm(string text, [NotNullWhen(true)] out Checkpoint? checkpoint)
    {
        checkpoint = null;
        if (!text.EndsWith('\n')) return false;
        var lines = text[..^1].Split('\n');
        if (lines.Length < 3 || lines.Any(line => line.Length == 0) || !TrySize(lines[1], out var size)
            || !TreeHash.TryParse(lines[2], out var root))
            return false;
        checkpoint = new Checkpoint(lines[0], size, root) { Extensions = lines[3..] };
        return true;
    }

    /// <summary>The text, with its last newline.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Origin}\n{Size}\n{Root}\n{string.Concat(Extensions.Select(line => line + "\n"))}");

    internal static bool TrySize(string digits, out long size)
    {
        size = 0;
        return digits.Length > 0 && !digits.AsSpan().ContainsAnyExceptInRange('0', '9')
            && (digits.Length == 1 || digits[0] != '0')
            && long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out size);
    }
}
