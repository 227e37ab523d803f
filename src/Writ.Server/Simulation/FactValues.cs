using System.Globalization;
using System.Text.RegularExpressions;
using Writ.Rego;
using Writ.Rego.Queries;
using Writ.Rego.Values;
using Writ.Server.Policies;

namespace Writ.Server.Simulation;

/// <summary>
/// What the facts that a run looked at might be instead: the values that its rules compare with (their literals, the
/// documents they read, the other facts), and what lies right beside a number.
/// </summary>
internal sealed partial class FactValues
{
    private const int MostValues = 200; // of one kind
    private const int MostMembers = 30; // of one object that was looked at whole
    private readonly RegoObject _input;
    private readonly SortedSet<string> _paths = new(StringComparer.Ordinal);
    private readonly HashSet<RegoValue> _numbers = [];
    private readonly HashSet<RegoValue> _texts = [];

    private FactValues(RegoObject input) => _input = input;

    /// <summary>Of one run.</summary>
    public static FactValues Of(RegoObject input, EvaluationTrace trace, PolicyVersion policy)
    {
        var values = new FactValues(input);
        foreach (var (path, value) in trace.Facts.OrderBy(f => FactChange.IsOfInput(f.Key) ? 0 : 1))
        {
            values.Take(value);
            if (FactChange.IsOfInput(path)) values.Look(path, value);
        }
        var outcomes = RuleOutcome.Of(trace.Events);
        var files = policy.Files.Files.ToDictionary(file => file.Name, StringComparer.Ordinal);
        // Where rules failed first: there is no place for all.
        foreach (var name in outcomes.OrderBy(r => r.HasHeld).Select(r => r.File).Distinct(StringComparer.Ordinal))
            if (files.TryGetValue(name, out var file)) values.TakeLiterals(file.Text);
        return values;
    }

    /// <summary>One change at a time, fact by fact; of one fact the nearest values first.</summary>
    public IEnumerable<IGrouping<string, FactChange>> Changes => _paths
        .SelectMany(path => Of(path).Select(value => new FactChange(path, FactChange.Find(_input, path), value)))
        .GroupBy(change => change.Path, StringComparer.Ordinal);

    private IEnumerable<RegoValue> Of(string path) => FactChange.Find(_input, path) switch
    {
        RegoBoolean flag => [RegoBoolean.Of(!flag.Value)],
        RegoNumber number => _numbers.Where(n => n != number).OrderBy(n => Distance(n, number)),
        RegoString text => _texts.Where(t => t != text),
        RegoArray list => Lists(list),
        null => [RegoBoolean.True, .. _texts, .. _numbers],
        _ => [],
    };

    /// <summary>One member more, none of one, or none at all.</summary>
    private IEnumerable<RegoValue> Lists(RegoArray list)
    {
        var members = list.Span.ToArray();
        if (members.Length > 0) yield return RegoArray.Empty;
        foreach (var text in _texts)
            if (!members.Contains(text)) yield return RegoArray.Of([.. members, text]);
        if (members.Length > 1)
            foreach (var member in members) yield return RegoArray.Of(members.Where(m => m != member));
    }

    private void Look(string path, RegoValue? value)
    {
        if (value is not RegoObject members) { _paths.Add(path); return; }
        foreach (var (name, member) in members.Take(MostMembers))
            if (name is RegoString { Value: var word } && member is not RegoObject) _paths.Add($"{path}.{word}");
    }

    private void Take(RegoValue? value)
    {
        switch (value)
        {
            case RegoNumber number: TakeNumber(number); break;
            case RegoString text when _texts.Count < MostValues: _texts.Add(text); break;
            case RegoArray list:
                foreach (var member in list.Span.ToArray().Take(MostValues)) Take(member);
                break;
            case RegoSet set:
                foreach (var member in set.Take(MostValues)) Take(member);
                break;
            case RegoObject members:
                foreach (var (name, member) in members.Take(MostValues))
                {
                    Take(name);
                    Take(member);
                }
                break;
        }
    }

    private void TakeNumber(RegoNumber number)
    {
        if (_numbers.Count >= MostValues) return;
        _numbers.Add(number);
        if (!number.TryGetInt64(out var whole) || whole is long.MaxValue or long.MinValue) return;
        _numbers.Add(RegoNumber.Of(whole + 1));
        _numbers.Add(RegoNumber.Of(whole - 1));
    }

    private void TakeLiterals(string module)
    {
        foreach (var line in module.Split('\n').Where(l => !l.TrimStart().StartsWith('#')))
            foreach (Match found in Literal().Matches(line))
                if (found.Groups["text"] is { Success: true, Value: var text }) Take(RegoString.Of(text));
                else if (long.TryParse(found.ValueSpan, CultureInfo.InvariantCulture, out var whole))
                    Take(RegoNumber.Of(whole));
    }

    private static double Distance(RegoValue one, RegoNumber other) =>
        Math.Abs(((RegoNumber)one).ToDouble() - other.ToDouble());

    [GeneratedRegex(
        "\"(?<text>[^\"\\\\]*)\"|\\b[0-9]+\\b", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Literal();
}
