using Writ.Rego.Compile;
using Writ.Rego.Evaluate;
using Writ.Rego.Values;

namespace Writ.Rego;

/// <summary>A query compiled against a policy. Immutable; each run is an evaluation of its own.</summary>
public sealed class PreparedQuery
{
    private readonly CompiledPolicy _policy;
    private readonly RuleBody _body;
    private readonly KeyValuePair<string, int>[] _variables;

    internal PreparedQuery(CompiledPolicy policy, RuleBody body, KeyValuePair<string, int>[] variables) =>
        (_policy, _body, _variables) = (policy, body, variables);

    /// <summary>Finds all solutions.</summary>
    /// <param name="input">What the query is about.</param>
    /// <returns>Each solution's variables by name, without duplicates; none when the query is undefined.</returns>
    /// <exception cref="RegoError">A conflict, a limit, or a built-in's error where those are strict.</exception>
    public IReadOnlyList<RegoObject> Run(QueryInput input) => Guard.Run(() => Evaluate(input));

    private List<RegoObject> Evaluate(QueryInput input)
    {
        var scope = new Evaluate.Scope(null, input.Input, input.Data, _policy.Sizes);
        var evaluation = new Evaluation(scope, input);
        var found = new List<RegoObject>();
        var seen = new HashSet<RegoObject>();
        evaluation.Collector = bool (RegoValue?[] frame) =>
        {
            var solution = new RegoObject.Builder(_variables.Length);
            foreach (var (name, slot) in _variables)
            {
                solution.Set(name, frame[slot]!);
            }

            var built = solution.Build();
            evaluation.CheckResult(built);
            if (seen.Add(built))
                found.Add(built);
            return _variables.Length == 0;
        };
        var before = Work.Swap(evaluation);
        try
        {
            _body.Entry.Run(evaluation, new RegoValue?[_body.Slots]);
        }
        finally
        {
            Work.Swap(before);
        }

        return found;
    }
}
