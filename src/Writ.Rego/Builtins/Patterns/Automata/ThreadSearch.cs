using Writ.Rego.Values;

namespace Writ.Rego.Builtins.Patterns.Automata;

/// <summary>
/// Looks for the first match from the left as a backtracking search would find it, along all ways at once (Pike's
/// machine): the time is at most the text's length times the program's, whatever they are. For one text and thread.
/// </summary>
/// <param name="program">What is looked for.</param>
/// <param name="text">Where it is looked for.</param>
/// <param name="slotCount">Two for where the match lies, two more for each group that is asked for.</param>
internal sealed class ThreadSearch(PatternProgram program, string text, int slotCount)
{
    private const int Ascii = 128;

    private readonly Stack<int[]> _spare = [];
    private readonly Stack<(int Step, int Slot, int Before)> _open = [];
    private ThreadList _current = new(program.Steps.Length);
    private ThreadList _next = new(program.Steps.Length);

    /// <summary>The slots of the first match that begins at a place or after it; null when there is none.</summary>
    public int[]? Find(int at)
    {
        int[]? found = null;
        var (before, rune, length) = (RuneBefore(at), 0, 0);
        while (true)
        {
            if (_current.Count == 0)
            {
                if (found is not null || (program.IsAnchored && at > 0))
                {
                    break;
                }

                (at, before) = Skip(at, before);
            }

            (rune, length) = RuneAt(at);
            if (found is null && !(program.IsAnchored && at > 0))
            {
                var slots = NewSlots();
                slots[0] = at;
                Add(_current, program.Start, slots, at, before, rune);
                _spare.Push(slots);
            }

            Work.Tick(1 + (_current.Count >> 2));
            found = Step(rune, at + length, found);
            if (rune < 0)
            {
                break;
            }

            (_current, _next) = (_next, _current);
            (before, at) = (rune, at + length);
        }

        Clear(_current);
        return found;
    }

    /// <summary>All ways go on by one code point, up to the one that has found a match.</summary>
    private int[]? Step(int rune, int at, int[]? found)
    {
        var after = RuneAt(at).Rune;
        for (var i = 0; i < _current.Count; i++)
        {
            if (_current.SlotsOf(i) is not { } slots)
            {
                continue;
            }

            var step = program.Steps[_current[i]];
            if (step.Kind == StepKind.Match)
            {
                found ??= new int[slotCount];
                slots.CopyTo(found, 0);
                break;
            }

            if (program.Takes(step.Argument, rune))
            {
                Add(_next, step.Next, slots, at, rune, after);
            }
        }

        Clear(_current);
        return found;
    }

    /// <summary>Adds where a step leads without taking anything, the ways that count more first.</summary>
    private void Add(ThreadList list, int first, int[] slots, int at, int before, int after)
    {
        _open.Push((first, -1, 0));
        while (_open.TryPop(out var open))
        {
            if (open.Slot >= 0)
            {
                slots[open.Slot] = open.Before;
                continue;
            }

            if (!list.TryAdd(open.Step))
            {
                continue;
            }

            var step = program.Steps[open.Step];
            switch (step.Kind)
            {
                case StepKind.Fork:
                    _open.Push((step.Argument, -1, 0));
                    _open.Push((step.Next, -1, 0));
                    break;
                case StepKind.Ask when PatternProgram.Holds((TextPlace)step.Argument, before, after):
                    _open.Push((step.Next, -1, 0));
                    break;
                case StepKind.Save:
                    if (step.Argument < slotCount)
                    {
                        _open.Push((0, step.Argument, slots[step.Argument]));
                        slots[step.Argument] = at;
                    }

                    _open.Push((step.Next, -1, 0));
                    break;
                case StepKind.Match or StepKind.Take:
                    var own = NewSlots();
                    slots.CopyTo(own, 0);
                    own[1] = step.Kind == StepKind.Match ? at : own[1];
                    list.SlotsOf(list.Count - 1) = own;
                    break;
            }
        }
    }

    private void Clear(ThreadList list)
    {
        for (var i = 0; i < list.Count; i++)
        {
            if (list.SlotsOf(i) is { } slots)
            {
                _spare.Push(slots);
            }
        }

        list.Clear();
    }

    private int[] NewSlots()
    {
        if (!_spare.TryPop(out var slots))
        {
            slots = new int[slotCount];
        }

        Array.Fill(slots, -1);
        return slots;
    }

    /// <summary>The next place where a match can begin, as far as ASCII tells.</summary>
    private (int At, int Before) Skip(int at, int before)
    {
        var start = at;
        while (at < text.Length && text[at] < Ascii && !program.Beginnings[text[at]])
        {
            at++;
        }

        Work.Tick((at - start) >> 5);
        return (at, at == start ? before : text[at - 1]);
    }

    private int RuneBefore(int at) => at == 0 ? -1
        : at > 1 && ByteText.IsPair(text, at - 2) ? char.ConvertToUtf32(text[at - 2], text[at - 1])
        : text[at - 1];

    private (int Rune, int Length) RuneAt(int at) => at >= text.Length ? (-1, 0)
        : ByteText.IsPair(text, at) ? (char.ConvertToUtf32(text[at], text[at + 1]), 2)
        : (text[at], 1);
}
