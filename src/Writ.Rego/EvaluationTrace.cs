using System.Globalization;
using Writ.Rego.Queries;
using Writ.Rego.Syntax;
using Writ.Rego.Values;

namespace Writ.Rego;

/// <summary>
/// What one run did, of a policy compiled with <see cref="PolicyOptions.IsTraced"/>: why its rules held or not, which
/// lines were reached, which facts were looked at, and what each rule cost. Give each run one of its own.
/// </summary>
public sealed class EvaluationTrace
{
    private readonly List<TraceEvent> _events = [];
    private readonly HashSet<(string File, int Row)> _lines = [];
    private readonly HashSet<(string File, int Row)> _reached = [];
    private readonly Dictionary<string, RegoValue?> _facts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, RuleCost> _rules = new(StringComparer.Ordinal);
    private readonly Stack<long> _began = new();

    /// <summary>Events beyond this number are not kept.</summary>
    public int MaxEvents { get; init; } = 10_000;

    /// <summary>The clock of <see cref="Profile"/>.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>What happened, in order.</summary>
    public IReadOnlyList<TraceEvent> Events => _events;

    /// <summary>The lines of expressions that held, and of rules that had a value.</summary>
    public IReadOnlySet<(string File, int Row)> CoveredLines => _lines;

    /// <summary>The lines of expressions that were tried, and of rules that had a value: OPA's coverage.</summary>
    public IReadOnlySet<(string File, int Row)> ReachedLines => _reached;

    /// <summary>The paths of input and base documents that were looked at, with what was there, or null.</summary>
    public IReadOnlyDictionary<string, RegoValue?> Facts => _facts;

    /// <summary>What each rule cost, by its name and place.</summary>
    public IReadOnlyDictionary<string, RuleCost> Profile => _rules;

    internal void Enter(Span span, string name)
    {
        Add(TraceKind.Enter, span, name, isRule: true);
        _began.Push(Time.GetTimestamp());
    }

    internal void Exit(Span span, string name, bool hasValue, long steps)
    {
        var time = Time.GetElapsedTime(_began.Pop());
        Add(hasValue ? TraceKind.Exit : TraceKind.Fail, span, name, isRule: true);
        if (hasValue)
        {
            Cover(span);
            _reached.Add((span.Source?.File ?? "", span.Row));
        }

        var place = string.Create(CultureInfo.InvariantCulture, $"{name} ({span.Source?.File}:{span.Row})");
        var before = _rules.GetValueOrDefault(place) ?? new RuleCost(0, 0, TimeSpan.Zero);
        _rules[place] = new RuleCost(before.Runs + 1, before.Steps + steps, before.Time + time);
    }

    internal void Eval(Span span)
    {
        Add(TraceKind.Eval, span, FirstLine(span));
        _reached.Add((span.Source?.File ?? "", span.Row));
    }

    internal void Fail(Span span) => Add(TraceKind.Fail, span, FirstLine(span));

    /// <summary>The expression that says it is the last that was tried.</summary>
    internal void Note(string text)
    {
        if (_events.Count < MaxEvents)
        {
            var last = _events.Count > 0 ? _events[^1] : null;
            _events.Add(new TraceEvent(TraceKind.Note, _began.Count, last?.File ?? "", last?.Row ?? 0, text));
        }
    }

    internal void Cover(Span span) => _lines.Add((span.Source?.File ?? "", span.Row));

    internal void Fact(string path, RegoValue? value) => _facts[path] = value;

    private static string FirstLine(Span span)
    {
        var text = span.Text;
        var end = text.IndexOf('\n', StringComparison.Ordinal);
        return end < 0 ? text : text[..end].TrimEnd() + " …";
    }

    private void Add(TraceKind kind, Span span, string words, bool isRule = false)
    {
        if (_events.Count < MaxEvents)
            _events.Add(new TraceEvent(kind, _began.Count, span.Source?.File ?? "", span.Row, words, isRule));
    }
}
