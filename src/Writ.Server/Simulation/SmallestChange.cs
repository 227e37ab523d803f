using Writ.Rego.Queries;
using Writ.Rego.Values;
using Writ.Server.Policies;

namespace Writ.Server.Simulation;

/// <summary>
/// Searches for the fewest facts that would have turned an answer: one, then more, going on from those changes that let
/// a rule hold or fail elsewhere. Every answer is one that the policy really gave. Bounded in runs, and by whoever
/// asks; after that it says what it has.
/// </summary>
internal sealed class SmallestChange(
    PolicyVersion policy, DateTimeOffset now, TimeProvider time, Func<PolicyAnswer.Allowed?, bool> isTurned,
    Func<bool> isLate)
{
    private const int MostRuns = 30_000;
    private const int MostFacts = 4;
    private const int MostAnswers = 5;
    private const int Beam = 30; // changes from which the search goes on
    private int _runs;

    /// <summary>Whether the search ended before it had tried everything that it would try.</summary>
    public bool IsCut { get; private set; }

    /// <summary>The smallest sets of changes, those that are easiest to bring about first; none: none was found.
    /// </summary>
    public IReadOnlyList<IReadOnlyList<FactChange>> Find(RegoObject input)
    {
        var found = Find(input, false);
        return found.Count > 0 ? found : Find(input, true); // another question, where no other fact would do
    }

    private List<IReadOnlyList<FactChange>> Find(RegoObject input, bool withQuestion)
    {
        List<State> states = [new State([], input)];
        var seen = new HashSet<string>(StringComparer.Ordinal) { Outcome(input) };
        for (var depth = 1; depth <= MostFacts && states.Count > 0; depth++)
        {
            var found = new List<IReadOnlyList<FactChange>>();
            var others = new List<State>();
            foreach (var state in states) Try(state, withQuestion, found, others);
            if (found.Count > 0)
                return [.. found.Select(changes => Least(input, changes)).DistinctBy(Names, StringComparer.Ordinal)
                    .OrderBy(c => c.Count).ThenBy(c => c.Max(f => f.Distance)).ThenBy(Names, StringComparer.Ordinal)
                    .Take(MostAnswers)];
            if (depth < MostFacts) states = Further(others, seen);
        }
        return [];
    }

    /// <summary>One more change to a state: those that turn it, one for each fact, and the others.</summary>
    private void Try(
        State state, bool withQuestion, List<IReadOnlyList<FactChange>> found, List<State> others)
    {
        var values = FactValues.Of(state.Input, policy.Trace(state.Input, now, time), policy);
        foreach (var fact in values.Changes)
        {
            if ((!withQuestion && FactChange.IsAsked(fact.Key)) || state.Changes.Any(c => c.Path == fact.Key)) continue;
            foreach (var change in fact)
            {
                if (IsOver()) return;
                var changed = change.In(state.Input);
                if (isTurned(policy.AskYes(changed, now, time)))
                {
                    found.Add([.. state.Changes, change]);
                    break;
                }
                others.Add(new State([.. state.Changes, change], changed));
            }
        }
    }

    /// <summary>The states in which something went another way than in all before; those with the fewest rules that
    /// refuse first.</summary>
    private List<State> Further(List<State> states, HashSet<string> seen)
    {
        var ranked = new List<(int Refusing, State State)>();
        foreach (var state in states)
        {
            if (IsOver()) break;
            if (policy.Refusing(state.Input, now, time) is { } refusing && seen.Add(Outcome(state.Input)))
                ranked.Add((refusing.Count, state));
        }
        return [.. ranked.OrderBy(r => r.Refusing).Take(Beam).Select(r => r.State)];
    }

    /// <summary>Which rules did not hold, and where they failed.</summary>
    private string Outcome(RegoObject input) => string.Join(' ',
        RuleOutcome.Of(policy.Trace(input, now, time).Events).Where(rule => !rule.HasHeld)
            .Select(rule => $"{rule.File}:{rule.Row}:{rule.FailedAt?.Row}").Distinct(StringComparer.Ordinal));

    /// <summary>Without what it does not take.</summary>
    private List<FactChange> Least(RegoObject input, IReadOnlyList<FactChange> changes)
    {
        var least = changes.ToList();
        foreach (var change in changes)
        {
            var fewer = least.Where(c => c != change).ToList();
            var changed = fewer.Aggregate(input, (all, c) => c.In(all));
            if (fewer.Count > 0 && isTurned(policy.AskYes(changed, now, time))) least = fewer;
        }
        return least;
    }

    private static string Names(IReadOnlyList<FactChange> changes) =>
        string.Join(' ', changes.Select(c => c.Path).Order(StringComparer.Ordinal));

    private bool IsOver()
    {
        IsCut |= ++_runs > MostRuns || isLate();
        return IsCut;
    }

    /// <summary>A question with some facts changed.</summary>
    private sealed record State(IReadOnlyList<FactChange> Changes, RegoObject Input);
}
