namespace Writ.Rego.Builtins.Patterns.Automata;

/// <summary>Finds what matches an expression, in time linear in the text. Safe for several threads.</summary>
internal sealed class PatternMatcher
{
    private readonly PatternProgram _program;
    private readonly Lazy<LazyAutomaton?> _automaton;

    /// <summary>A matcher.</summary>
    /// <param name="node">The expression.</param>
    /// <param name="groupCount">How many groups it has, the whole match among them.</param>
    /// <param name="charge">Is told how many bytes are kept.</param>
    public PatternMatcher(PatternNode node, int groupCount, Action<long> charge)
    {
        _program = ProgramWriter.Write(node, groupCount);
        _automaton = new(() => RuneKinds.Of(_program) is { } kinds ? new(_program, kinds, charge) : null);
    }

    public bool IsMatch(string text) =>
        _automaton.Value?.IsMatch(text) ?? new ThreadSearch(_program, text, slotCount: 2).Find(0) is not null;

    /// <summary>
    /// All matches from the left as Go counts them: an empty one right after another is none.
    /// </summary>
    /// <param name="text">Where they are looked for.</param>
    /// <param name="hasGroups">Whether the groups are asked for, too.</param>
    public IEnumerable<Re2Match> Matches(string text, bool hasGroups)
    {
        if (_automaton.Value?.IsMatch(text) == false)
        {
            yield break;
        }

        var search = new ThreadSearch(_program, text, hasGroups ? _program.GroupCount * 2 : 2);
        var (at, end) = (0, -1);
        while (at <= text.Length && search.Find(at) is { } slots)
        {
            var isEmpty = slots[1] == slots[0];
            at = slots[1] > at ? slots[1]
                : at + (at < text.Length && char.IsSurrogatePair(text, at) ? 2 : 1);
            if (!isEmpty || slots[0] != end)
            {
                yield return new Re2Match(text, slots);
            }

            end = slots[1];
        }
    }
}
