using System.Runtime.InteropServices;
using Writ.Rego.Values;

namespace Writ.Rego.Builtins.Patterns.Automata;

/// <summary>
/// Tells whether a text holds a match with one look into a table for each character. A state is the set of steps that
/// the ways through a program have come to; states are made as texts lead to them, and when they have become too many,
/// all are forgotten. Safe for several threads.
/// </summary>
/// <param name="program">What is looked for.</param>
/// <param name="kinds">The code points that it tells apart.</param>
/// <param name="charge">Is told how many bytes a new state takes.</param>
internal sealed class LazyAutomaton(PatternProgram program, RuneKinds kinds, Action<long> charge)
{
    /// <summary>Of all states together: their steps and the ways out of them.</summary>
    private const int MostItems = 500_000;

    private const int Rarely = 256;

    /// <summary>Texts that take too many states seldom come alone, and states in vain double the time.</summary>
    private const int Pause = 50;

    private static readonly State Accepting = new([], -1, 0);
    private static readonly State Dead = new([], -1, 0);

    private Table _table = new(program, kinds, charge);
    private int _pause;

    /// <summary>Whether there is a match; null when it takes too many states to tell, and a while after that.
    /// </summary>
    public bool? IsMatch(string text)
    {
        if (Volatile.Read(ref _pause) > 0)
        {
            Interlocked.Decrement(ref _pause);
            return null;
        }

        var table = Volatile.Read(ref _table);
        var state = table.Start;
        for (var at = 0; at <= text.Length; at++)
        {
            var kind = kinds.Count;
            if (at < text.Length)
            {
                var isPair = ByteText.IsPair(text, at);
                kind = kinds.Of(isPair ? char.ConvertToUtf32(text[at], text[at + 1]) : text[at]);
                at += isPair ? 1 : 0;
            }

            if ((at & (Rarely - 1)) == 0)
            {
                Work.Tick(Rarely >> 5);
            }

            if ((Volatile.Read(ref state.Next[kind]) ?? table.Go(state, kind)) is not { } next)
            {
                _ = Interlocked.CompareExchange(ref _table, new Table(program, kinds, charge), table);
                Volatile.Write(ref _pause, Pause);
                return null;
            }

            if (ReferenceEquals(next, Accepting) || ReferenceEquals(next, Dead))
            {
                return ReferenceEquals(next, Accepting);
            }

            state = next;
        }

        return false;
    }

    /// <summary>What texts have led to.</summary>
    /// <param name="Steps">In the order of their numbers.</param>
    /// <param name="Before">A code point that stands for the one before: steps may ask for that.</param>
    /// <param name="Ways">How many ways lead out.</param>
    private sealed record State(int[] Steps, int Before, int Ways)
    {
        /// <summary>By kinds; null where no text has led yet.</summary>
        public State?[] Next { get; } = new State?[Ways];
    }

    private sealed class Table
    {
        private readonly PatternProgram _program;
        private readonly RuneKinds _kinds;
        private readonly Action<long> _charge;
        private readonly Dictionary<string, State> _states = new(StringComparer.Ordinal);
        private readonly ThreadList _reached;
        private readonly ThreadList _taken;
        private readonly Stack<int> _open = [];
        private int _items;

        public Table(PatternProgram program, RuneKinds kinds, Action<long> charge)
        {
            (_program, _kinds, _charge) = (program, kinds, charge);
            _reached = new ThreadList(program.Steps.Length);
            _taken = new ThreadList(program.Steps.Length);
            Start = new State([program.Start], -1, kinds.Count + 1);
            charge(2L * 16 * program.Steps.Length);
        }

        public State Start { get; }

        /// <summary>Makes the way out of a state; null when there is no more room.</summary>
        public State? Go(State state, int kind)
        {
            lock (_states)
            {
                var rune = kind < _kinds.Count ? _kinds.Samples[kind] : -1;
                var next = Reach(state, rune) ? Accepting : rune < 0 ? Dead : Find(rune);
                if (next is not null)
                {
                    Volatile.Write(ref state.Next[kind], next);
                }

                return next;
            }
        }

        /// <summary>All steps that are reached without taking anything; whether a match is among them.</summary>
        private bool Reach(State state, int after)
        {
            _reached.Clear();
            foreach (var step in state.Steps)
            {
                _open.Push(step);
            }

            while (_open.TryPop(out var at))
            {
                if (!_reached.TryAdd(at))
                {
                    continue;
                }

                var step = _program.Steps[at];
                switch (step.Kind)
                {
                    case StepKind.Match:
                        _open.Clear();
                        return true;
                    case StepKind.Fork:
                        _open.Push(step.Next);
                        _open.Push(step.Argument);
                        break;
                    case StepKind.Save:
                        _open.Push(step.Next);
                        break;
                    case StepKind.Ask when PatternProgram.Holds((TextPlace)step.Argument, state.Before, after):
                        _open.Push(step.Next);
                        break;
                }
            }

            Work.Tick(1 + (_reached.Count >> 1));
            return false;
        }

        /// <summary>The state after a code point; null when there is no room for a new one.</summary>
        private State? Find(int rune)
        {
            _taken.Clear();
            for (var i = 0; i < _reached.Count; i++)
            {
                var step = _program.Steps[_reached[i]];
                if (step.Kind == StepKind.Take && _program.Takes(step.Argument, rune))
                {
                    _taken.TryAdd(step.Next);
                }
            }

            if (!_program.IsAnchored)
            {
                _taken.TryAdd(_program.Start);
            }

            if (_taken.Count == 0)
            {
                return Dead;
            }

            // What stands for the code point before is one of four, and is part of the key.
            var before = !_program.HasPlaces ? ' ' : rune == '\n' ? '\n' : PatternProgram.IsWord(rune) ? 'a' : ' ';
            var sorted = new int[_taken.Count];
            for (var i = 0; i < sorted.Length; i++)
            {
                sorted[i] = _taken[i];
            }

            Array.Sort(sorted);
            var key = string.Concat(MemoryMarshal.Cast<int, char>(sorted), [before]);
            if (_states.TryGetValue(key, out var known))
            {
                return known;
            }

            _items += (sorted.Length * 2) + (_kinds.Count * 2);
            if (_items > MostItems)
            {
                return null;
            }

            _charge(sizeof(int) * ((sorted.Length * 2) + (_kinds.Count * 2)));
            var made = new State(sorted, before, _kinds.Count + 1);
            _states.Add(key, made);
            return made;
        }
    }
}
