using Writ.Rego.Compile;
using Writ.Rego.Resolve;
using Writ.Rego.Syntax;
using Writ.Rego.Tree;

namespace Writ.Rego.Queries;

/// <summary>
/// Gives a variable to each expression of a query that has a value of its own. One expression alone may be false; among
/// others, or where several solutions are tried, each must hold.
/// </summary>
internal sealed class ExpressionCapture(FunctionTable calls, Scope scope)
{
    private readonly List<(Span Span, int? Variable)> _captured = [];

    /// <summary>The expressions as written, each with the variable that takes its value.</summary>
    public IReadOnlyList<(Span Span, int? Variable)> Captured => _captured;

    public Expression[] Rewrite(Expression[] body)
    {
        var mustHold = body.Length > 1 || Iterates(body);
        var checks = new List<Expression>();
        var rewritten = new Expression[body.Length];
        for (var i = 0; i < body.Length; i++)
        {
            var expression = rewritten[i] = body[i];
            if (expression is not Expression.Test { IsNegated: false } test || !HasValue(test.Term))
            {
                _captured.Add((expression.Span, null));
                continue;
            }

            var variable = new Term.Variable("$value", test.Span, scope.NewVariable("$"));
            rewritten[i] = new Expression.Unify(variable, test.Term, false, false, test.With, test.Span);
            _captured.Add((test.Span, variable.Id));
            if (mustHold)
                checks.Add(new Expression.Test(variable, false, [], test.Span));
        }

        return [.. rewritten, .. checks];
    }

    private bool HasValue(Term term) =>
        term is not Term.Call call || (call.Builtin?.Name != "print" && !calls.HasOutput(call));

    /// <summary>Whether a reference has a variable in its path, or a relation is called.</summary>
    private bool Iterates(Expression[] body)
    {
        var found = false;
        new TreeWalk(
            term => found |= term switch
            {
                Term.Reference reference => reference.Path.Any(part => part is Term.Variable),
                Term.Call call => call.Builtin is { IsRelation: true },
                _ => false,
            },
            expression => found |= expression is Expression.SomeIn).Body(body);
        return found;
    }
}
