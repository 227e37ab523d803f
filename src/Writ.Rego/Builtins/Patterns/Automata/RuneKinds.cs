using Writ.Rego.Values;

namespace Writ.Rego.Builtins.Patterns.Automata;

/// <summary>
/// Code points by kinds: a program does not tell two of the same kind apart. Kinds are numbered from zero; what comes
/// after the last of them is the text's end.
/// </summary>
internal sealed class RuneKinds
{
    private const int Ascii = 128;

    /// <summary>More are not worth a table.</summary>
    private const int MostKinds = 1_000;

    private const int MostRefinements = 1_000_000;

    private readonly int[] _starts;
    private readonly int[] _kinds;
    private readonly int[] _ascii = new int[Ascii];

    private RuneKinds(int[] starts, int[] kinds, int count)
    {
        (_starts, _kinds, Count) = (starts, kinds, count);
        Samples = new int[count];
        for (var i = starts.Length - 1; i >= 0; i--)
        {
            Samples[kinds[i]] = starts[i];
        }

        for (var rune = 0; rune < Ascii; rune++)
        {
            _ascii[rune] = kinds[IndexOf(rune)];
        }
    }

    public int Count { get; }

    /// <summary>A code point of each kind.</summary>
    public int[] Samples { get; }

    /// <summary>The kinds of a program; null when there are too many.</summary>
    public static RuneKinds? Of(PatternProgram program)
    {
        IEnumerable<RuneClass> classes = program.HasPlaces
            ? [.. program.Classes, RuneClass.Word, new RuneClass().Add('\n', '\n')]
            : program.Classes;
        var borders = new SortedSet<int> { 0 };
        foreach (var (first, last) in classes.SelectMany(runes => runes.Ranges))
        {
            borders.Add(first);
            borders.Add(last + 1);
        }

        int[] starts = [.. borders];
        var kinds = new int[starts.Length];
        var (next, work) = (1, 0);
        foreach (var runes in classes)
        {
            // What the class holds of a kind becomes a kind of its own.
            var split = new Dictionary<int, int>();
            foreach (var (first, last) in runes.Ranges)
            {
                for (var i = Array.BinarySearch(starts, first); i < starts.Length && starts[i] <= last; i++)
                {
                    if (!split.TryGetValue(kinds[i], out var kind))
                    {
                        split.Add(kinds[i], kind = next++);
                    }

                    kinds[i] = kind;
                    Work.Tick();
                    if (++work > MostRefinements)
                    {
                        return null;
                    }
                }
            }
        }

        var numbers = new Dictionary<int, int>();
        for (var i = 0; i < kinds.Length; i++)
        {
            if (!numbers.TryGetValue(kinds[i], out var number))
            {
                numbers.Add(kinds[i], number = numbers.Count);
            }

            kinds[i] = number;
        }

        return numbers.Count <= MostKinds ? new RuneKinds(starts, kinds, numbers.Count) : null;
    }

    public int Of(int rune) => rune < Ascii ? _ascii[rune] : _kinds[IndexOf(rune)];

    private int IndexOf(int rune)
    {
        var index = Array.BinarySearch(_starts, rune);
        return index >= 0 ? index : ~index - 1;
    }
}
