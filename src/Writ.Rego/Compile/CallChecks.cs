using Writ.Rego.Resolve;
using Writ.Rego.Tree;
using Writ.Rego.Values;

namespace Writ.Rego.Compile;

/// <summary>
/// Calls name functions that exist, with as many arguments as they take; <c>with</c> replaces what can be.
/// </summary>
internal sealed class CallChecks
{
    private readonly FunctionTable _calls;
    private readonly RuleNode _root;
    private readonly Diagnostics _problems;

    public CallChecks(FunctionTable calls, RuleNode root, Diagnostics problems) =>
        (_calls, _root, _problems) = (calls, root, problems);

    /// <summary>Checks what was called in a module or in a query.</summary>
    /// <param name="resolved">The calls.</param>
    /// <param name="forbidsDeprecated">Whether functions that will go may not be called.</param>
    public void Check(ResolvedCalls resolved, bool forbidsDeprecated)
    {
        foreach (var (call, isStatement) in resolved.Calls)
        {
            Check(call, isStatement, forbidsDeprecated);
        }

        foreach (var with in resolved.Replacements)
        {
            Check(with);
        }
    }

    private void Check(Term.Call call, bool isStatement, bool forbidsDeprecated)
    {
        if (!_calls.IsKnown(call))
        {
            _problems.Add(call.Span, ErrorCodes.Type, $"undefined function {Name(call.Function)}");
            return;
        }

        if (forbidsDeprecated && call.Builtin is { IsDeprecated: true } old)
        {
            _problems.Add(
                call.Span, ErrorCodes.Type, $"deprecated built-in function calls in expression: {old.Name}");
        }

        if (_calls.Arity(call) is not { } arity || call.Arguments.Length == arity)
            return;
        if (call.Arguments.Length == arity + 1 && isStatement)
            return;
        var have = string.Join(", ", Enumerable.Repeat("???", call.Arguments.Length));
        var want = call.Builtin is { } builtin
            ? string.Join(", ", builtin.Type.Arguments)
            : string.Join(", ", Enumerable.Repeat("any", arity));
        _problems.Add(
            call.Span, ErrorCodes.Type,
            $"{Name(call.Function)}: arity mismatch\n\thave: ({have})\n\twant: ({want})");
    }

    private static string Name(Term function) => function is Term.Reference reference
        ? string.Join('.', reference.Path.Select(part => (part as Term.Literal)?.Value).OfType<RegoString>()
            .Select(word => word.Value).Prepend("data"))
        : ((Term.Variable)function).Name;

    private void Check(WithModifier with)
    {
        var root = with.Target as Term.Variable ?? (with.Target as Term.Reference)?.Head as Term.Variable;
        if (root is null)
        {
            _problems.Add(
                with.Span, ErrorCodes.Type, "with keyword target must reference existing input, data, or a function");
            return;
        }

        if (root.Name == "input" || _calls.FindBuiltin(with.Target) is not null)
            return;
        if (root.Name != "data")
        {
            _problems.Add(
                with.Span, ErrorCodes.Type,
                "with keyword target must reference existing input, data, or a function: "
                + $"undefined function {root.Name}");
            return;
        }

        var node = _root;
        var path = with.Target is Term.Reference reference ? reference.Path : [];
        for (var i = 0; i < path.Length - 1; i++)
        {
            if (path[i] is not Term.Literal { Value: RegoString word }
                || !node.Children.TryGetValue(word.Value, out var child))
            {
                return;
            }

            node = child;
            if (node.Group is not null)
            {
                _problems.Add(
                    with.Span, ErrorCodes.Compile, "with keyword cannot partially replace virtual document(s)");
            }
        }
    }
}
