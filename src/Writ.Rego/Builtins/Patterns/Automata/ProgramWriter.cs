using System.Runtime.CompilerServices;
using Writ.Rego.Values;

namespace Writ.Rego.Builtins.Patterns.Automata;

/// <summary>
/// Writes an expression as steps, from its end to its beginning, so that each step knows the next. Counts are written
/// out: <c>a{2,4}</c> is <c>aa(a(a)?)?</c>.
/// </summary>
internal sealed class ProgramWriter
{
    /// <summary>As many as RE2 takes with its usual 8 MB.</summary>
    private const int MostSteps = 131_072;

    private readonly List<PatternStep> _steps = [];
    private readonly List<RuneClass> _classes = [];
    private readonly Dictionary<RuneClass, int> _numbers = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<(int First, int Last), int> _ranges = [];

    private ProgramWriter()
    {
    }

    /// <summary>
    /// The program of an expression. One that is too large fails the whole query: were the call undefined, a rule that
    /// denies would be off.
    /// </summary>
    public static PatternProgram Write(PatternNode node, int groupCount)
    {
        var writer = new ProgramWriter();
        var start = writer.Add(node, writer.Add(StepKind.Match, 0, 0));
        return new PatternProgram([.. writer._steps], [.. writer._classes], start, groupCount, node.IsAnchored);
    }

    private int Add(StepKind kind, int next, int argument)
    {
        Work.Tick();
        if (_steps.Count == MostSteps)
        {
            throw BuiltinError.Limit("a pattern that is too large for an automaton");
        }

        _steps.Add(new PatternStep(kind, next, argument));
        return _steps.Count - 1;
    }

    /// <summary>The first step of a node that goes on with another step.</summary>
    private int Add(PatternNode node, int next)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        switch (node)
        {
            case PatternNode.OneRune rune:
                return Add(StepKind.Take, next, NumberOf(rune.Class));
            case PatternNode.Place place:
                return Add(StepKind.Ask, next, (int)place.Kind);
            case PatternNode.Group group:
                var end = Add(StepKind.Save, next, (group.Number * 2) + 1);
                return Add(StepKind.Save, Add(group.Inner, end), group.Number * 2);
            case PatternNode.Sequence sequence:
                for (var i = sequence.Items.Count - 1; i >= 0; i--)
                {
                    next = Add(sequence.Items[i], next);
                }

                return next;
            case PatternNode.Choice choice:
                var entry = Add(choice.Items[^1], next);
                for (var i = choice.Items.Count - 2; i >= 0; i--)
                {
                    entry = Add(StepKind.Fork, Add(choice.Items[i], next), entry);
                }

                return entry;
            case PatternNode.Repeat repeat:
                return Add(repeat, next);
            default:
                throw new ArgumentOutOfRangeException(nameof(node));
        }
    }

    private int Add(PatternNode.Repeat repeat, int next)
    {
        var (entry, fixedTimes) = (next, repeat.Least);
        if (repeat.Most is { } most)
        {
            for (var i = repeat.Least; i < most; i++)
            {
                entry = AddFork(Add(repeat.Inner, entry), next, repeat.IsLazy);
            }
        }
        else if (repeat.Least == 0 && !repeat.Inner.IsNullable)
        {
            (entry, _) = AddLoop(repeat, next);
        }
        else
        {
            (_, entry) = AddLoop(repeat, next);
            entry = repeat.Least == 0 ? AddFork(entry, next, repeat.IsLazy) : entry;
            fixedTimes--;
        }

        for (var i = 0; i < fixedTimes; i++)
        {
            entry = Add(repeat.Inner, entry);
        }

        return entry;
    }

    /// <summary>The fork at a loop's end, and the loop's body.</summary>
    private (int Fork, int Body) AddLoop(PatternNode.Repeat repeat, int next)
    {
        var fork = Add(StepKind.Fork, 0, 0);
        var body = Add(repeat.Inner, fork);
        _steps[fork] = Fork(body, next, repeat.IsLazy);
        return (fork, body);
    }

    private int AddFork(int body, int exit, bool isLazy)
    {
        var fork = Fork(body, exit, isLazy);
        return Add(fork.Kind, fork.Next, fork.Argument);
    }

    private static PatternStep Fork(int body, int exit, bool isLazy) =>
        isLazy ? new(StepKind.Fork, exit, body) : new(StepKind.Fork, body, exit);

    private int NumberOf(RuneClass runes)
    {
        if (_numbers.TryGetValue(runes, out var number))
        {
            return number;
        }

        if (runes.Ranges is [var range])
        {
            if (!_ranges.TryGetValue(range, out number))
            {
                _ranges.Add(range, number = _classes.Count);
                _classes.Add(runes);
            }

            return number;
        }

        _numbers.Add(runes, number = _classes.Count);
        _classes.Add(runes);
        return number;
    }
}
