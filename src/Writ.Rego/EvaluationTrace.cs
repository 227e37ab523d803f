using System.Globalization;
using Writ.Rego.Syntax;
using Writ.Rego.Values;

namespace Writ.Rego;

/// <summary>
/// What one run did, of a policy compiled with <see cref="PolicyOptions.IsTraced"/>: why its rules held or not, which
/// lines were reached, which facts were looked at, and what each rule cost. Give each run one of its own.
/// </summary>
public sealed class EvaluationTrace
{
    private readonly List<string> _events = [];
    private readonly HashSet<(string File, int Row)> _lines = [];
    private readonly Dictionary<string, RegoValue?> _facts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (long Runs, long Steps)> _rules = new(StringComparer.Ordinal);
    private int _depth;

    /// <summary>Events beyond this number are not kept.</summary>
    public int MaxEvents { get; init; } = 10_000;

    /// <summary>
    /// What happened, in order: <c>Enter</c>, <c>Eval</c>, <c>Fail</c> and <c>Exit</c> with the place and the source.
    /// </summary>
    public IReadOnlyList<string> Events => _events;

    /// <summary>The lines of expressions that held, and of rules that had a value.</summary>
    public IReadOnlySet<(string File, int Row)> CoveredLines => _lines;

    /// <summary>The paths of input and base documents that were looked at, with what was there, or null.</summary>
    public IReadOnlyDictionary<string, RegoValue?> Facts => _facts;

    /// <summary>How often each rule was evaluated and how many steps that took, what it called included.</summary>
    public IReadOnlyDictionary<string, (long Runs, long Steps)> Profile => _rules;

    internal void Enter(Span span, string name)
    {
        Add("Enter", span, name);
        _depth++;
    }

    internal void Exit(Span span, string name, bool hasValue, long steps)
    {
        _depth--;
        Add(hasValue ? "Exit" : "Fail", span, name);
        if (hasValue)
            Cover(span);
        var place = string.Create(CultureInfo.InvariantCulture, $"{name} ({span.Source?.File}:{span.Row})");
        var (runs, before) = _rules.GetValueOrDefault(place);
        _rules[place] = (runs + 1, before + steps);
    }

    internal void Eval(Span span) => Add("Eval", span, FirstLine(span));

    internal void Fail(Span span) => Add("Fail", span, FirstLine(span));

    internal void Cover(Span span) => _lines.Add((span.Source?.File ?? "", span.Row));

    internal void Fact(string path, RegoValue? value) => _facts[path] = value;

    private static string FirstLine(Span span)
    {
        var text = span.Text;
        var end = text.IndexOf('\n', StringComparison.Ordinal);
        return end < 0 ? text : text[..end].TrimEnd() + " …";
    }

    private void Add(string what, Span span, string words)
    {
        if (_events.Count < MaxEvents)
        {
            var place = string.Create(CultureInfo.InvariantCulture, $"{span.Source?.File}:{span.Row}");
            _events.Add($"{place,-20} {string.Concat(Enumerable.Repeat("| ", _depth))}{what} {words}");
        }
    }
}
