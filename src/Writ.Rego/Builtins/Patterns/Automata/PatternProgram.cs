namespace Writ.Rego.Builtins.Patterns.Automata;

/// <summary>An expression as steps, which <see cref="ThreadSearch"/> and <see cref="LazyAutomaton"/> run.</summary>
internal sealed class PatternProgram
{
    private const int Ascii = 128;

    private readonly bool[][] _asciiOfClasses;

    /// <summary>A program.</summary>
    /// <param name="steps">The steps.</param>
    /// <param name="classes">What its steps take, each once.</param>
    /// <param name="start">The first step.</param>
    /// <param name="groupCount">How many groups there are, the whole match among them.</param>
    /// <param name="isAnchored">Whether each match begins where the text does.</param>
    public PatternProgram(PatternStep[] steps, RuneClass[] classes, int start, int groupCount, bool isAnchored)
    {
        (Steps, Classes, Start, GroupCount, IsAnchored) = (steps, classes, start, groupCount, isAnchored);
        HasPlaces = steps.Any(step => step.Kind == StepKind.Ask);
        _asciiOfClasses = [.. classes.Select(AsciiOf)];
        Beginnings = BeginningsOf();
    }

    public PatternStep[] Steps { get; }

    public RuneClass[] Classes { get; }

    public int Start { get; }

    public int GroupCount { get; }

    public bool IsAnchored { get; }

    /// <summary>Whether it asks about places.</summary>
    public bool HasPlaces { get; }

    /// <summary>
    /// The characters of ASCII that a match can begin with; all of them when it may be empty.
    /// </summary>
    public bool[] Beginnings { get; }

    /// <summary>Whether a class holds a code point; none holds -1, the text's end.</summary>
    public bool Takes(int number, int rune) => rune < Ascii
        ? rune >= 0 && _asciiOfClasses[number][rune]
        : Classes[number].Contains(rune);

    /// <summary>Whether a place is what a step asks for.</summary>
    /// <param name="place">What is asked for.</param>
    /// <param name="before">The code point before, or -1.</param>
    /// <param name="after">The code point after, or -1.</param>
    public static bool Holds(TextPlace place, int before, int after) => place switch
    {
        TextPlace.TextStart => before < 0,
        TextPlace.TextEnd => after < 0,
        TextPlace.LineStart => before is < 0 or '\n',
        TextPlace.LineEnd => after is < 0 or '\n',
        TextPlace.WordBoundary => IsWord(before) != IsWord(after),
        _ => IsWord(before) == IsWord(after),
    };

    /// <summary>RE2's words are those of ASCII.</summary>
    public static bool IsWord(int rune) =>
        rune is >= 0 and < Ascii && (char.IsAsciiLetterOrDigit((char)rune) || rune == '_');

    private static bool[] AsciiOf(RuneClass runes)
    {
        var found = new bool[Ascii];
        foreach (var (first, last) in runes.Ranges)
        {
            for (var rune = first; rune <= last && rune < Ascii; rune++)
            {
                found[rune] = true;
            }
        }

        return found;
    }

    private bool[] BeginningsOf()
    {
        var found = new bool[Ascii];
        var seen = new bool[Steps.Length];
        var open = new Stack<int>([Start]);
        while (open.TryPop(out var at))
        {
            if (seen[at])
            {
                continue;
            }

            seen[at] = true;
            var step = Steps[at];
            switch (step.Kind)
            {
                case StepKind.Match:
                    Array.Fill(found, true);
                    return found;
                case StepKind.Take:
                    for (var rune = 0; rune < Ascii; rune++)
                    {
                        found[rune] |= _asciiOfClasses[step.Argument][rune];
                    }

                    break;
                case StepKind.Fork:
                    open.Push(step.Argument);
                    open.Push(step.Next);
                    break;
                default:
                    open.Push(step.Next);
                    break;
            }
        }

        return found;
    }
}
