using Writ.Rego.Builtins;
using Writ.Rego.Compile;
using Writ.Rego.Syntax;
using Writ.Rego.Values;

namespace Writ.Rego.Evaluate;

/// <summary>Calls of built-ins and of functions that rules define.</summary>
internal static class Calls
{
    /// <summary>
    /// Texts that are longer are counted at once: many of them fill the memory in few steps. So is the time after
    /// what asks the world outside.
    /// </summary>
    private const int Long = 100_000;

    internal sealed class OfBuiltin(Builtin builtin, Node[] arguments, Span span) : Node
    {
        public Builtin Builtin => builtin;

        public override RegoValue? Eval(Evaluation evaluation, RegoValue?[] frame)
        {
            if (evaluation.Scope.Mocks is null && arguments.Length is 1 or 2)
                return Few(evaluation, frame);
            var values = new RegoValue[arguments.Length];
            for (var i = 0; i < arguments.Length; i++)
            {
                if (arguments[i].Eval(evaluation, frame) is not { } value)
                    return null;
                values[i] = value;
            }

            return evaluation.Scope.Mocks is { } mocks && mocks.TryGetValue(builtin, out var mock)
                ? Replaced(evaluation, mock, values, span)
                : Invoke(evaluation, builtin, values, span);
        }

        /// <summary>One operand or two lie on the stack.</summary>
        private RegoValue? Few(Evaluation evaluation, RegoValue?[] frame)
        {
            if (arguments[0].Eval(evaluation, frame) is not { } first)
                return null;
            if (arguments.Length == 1)
                return Invoke(evaluation, builtin, [first], span);
            return arguments[1].Eval(evaluation, frame) is { } second ? Apply(evaluation, first, second) : null;
        }

        public RegoValue? Apply(Evaluation evaluation, RegoValue first, RegoValue second) =>
            Invoke(evaluation, builtin, [first, second], span);
    }

    internal sealed class OfFunction(RuleGroup function, Node[] arguments, Span span) : Node
    {
        public override RegoValue? Eval(Evaluation evaluation, RegoValue?[] frame)
        {
            var values = new RegoValue[arguments.Length];
            for (var i = 0; i < arguments.Length; i++)
            {
                if (arguments[i].Eval(evaluation, frame) is not { } value)
                    return null;
                values[i] = value;
            }

            return evaluation.Scope.Mocks is { } mocks && mocks.TryGetValue(function, out var mock)
                ? Replaced(evaluation, mock, values, span)
                : evaluation.Call(function, values);
        }
    }

    public static RegoValue? Invoke(
        Evaluation evaluation, Builtin builtin, ReadOnlySpan<RegoValue> values, Span span)
    {
        evaluation.Tick();
        try
        {
            var result = builtin.Invoke(evaluation.Builtins, values);
            if (!builtin.IsDeterministic || result is RegoString { Size: > Long })
                evaluation.CheckLimits();
            return result;
        }
        catch (BuiltinError error) when (error.IsFatal || evaluation.IsStrict)
        {
            throw new RegoError(span.Diagnose(error.Code, $"{builtin.Name}: {error.Message}"), error);
        }
        catch (BuiltinError)
        {
            return null;
        }
        catch (Exception error) when (IsUnforeseen(error))
        {
            throw new RegoError(
                span.Diagnose(ErrorCodes.Internal, $"{builtin.Name}: {error.GetType().Name}: {error.Message}"), error);
        }
    }

    /// <summary>
    /// A library's exception that a built-in let through. The call is not undefined then: a rule that denies could be
    /// turned off by an operand that nobody thought of.
    /// </summary>
    private static bool IsUnforeseen(Exception error) =>
        error is not (RegoError or InsufficientExecutionStackException or OperationCanceledException);

    /// <summary>What stands in for a function sees the real functions again.</summary>
    private static RegoValue? Replaced(Evaluation evaluation, object mock, RegoValue[] values, Span span)
    {
        if (mock is RegoValue constant)
            return constant;
        var outer = evaluation.Scope;
        evaluation.Scope = outer.Enter(keepsMocks: false);
        try
        {
            return mock is Builtin builtin
                ? Invoke(evaluation, builtin, values, span)
                : evaluation.Call((RuleGroup)mock, values);
        }
        finally
        {
            evaluation.Scope = outer;
        }
    }
}
