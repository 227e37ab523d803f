using Writ.Rego.Compile;
using Writ.Rego.Evaluate;
using Writ.Rego.Syntax;
using Writ.Rego.Values;

namespace Writ.Rego.Queries;

/// <summary>
/// A query of which every expression's value is wanted. Immutable; each run is an evaluation of its own.
/// </summary>
public sealed class PreparedExpressions
{
    private readonly ScopeSizes _sizes;
    private readonly RuleBody _body;
    private readonly KeyValuePair<string, int>[] _variables;
    private readonly (Span Span, int Slot)[] _expressions;

    internal PreparedExpressions(
        ScopeSizes sizes, RuleBody body, KeyValuePair<string, int>[] variables, (Span Span, int Slot)[] expressions) =>
        (_sizes, _body, _variables, _expressions) = (sizes, body, variables, expressions);

    /// <summary>Finds all solutions, in the order in which they are found.</summary>
    /// <param name="input">What the query is about.</param>
    /// <returns>None when the query is undefined.</returns>
    /// <exception cref="RegoError">A conflict, a limit, or a built-in's error where those are strict.</exception>
    public IReadOnlyList<QuerySolution> Run(QueryInput input) => Guard.Run(() =>
    {
        var evaluation = new Evaluation(new Evaluate.Scope(null, input.Input, input.Data, _sizes), input);
        var found = new List<QuerySolution>();
        evaluation.Collector = bool (RegoValue?[] frame) =>
        {
            var bindings = new RegoObject.Builder(_variables.Length);
            foreach (var (name, slot) in _variables)
            {
                bindings.Set(name, frame[slot]!);
            }

            found.Add(new QuerySolution([.. _expressions.Select(one => Value(one, frame))], bindings.Build()));
            return false;
        };
        _body.Entry.Run(evaluation, new RegoValue?[_body.Slots]);
        return (IReadOnlyList<QuerySolution>)found;
    });

    private static ExpressionValue Value((Span Span, int Slot) expression, RegoValue?[] frame)
    {
        var (row, column) = expression.Span.Source!.Locate(expression.Span.Start);
        var value = expression.Slot < 0 ? RegoBoolean.True : frame[expression.Slot]!;
        return new ExpressionValue(value, expression.Span.Text, row, column);
    }
}
