using Writ.Rego.Compile;
using Writ.Rego.Values;

namespace Writ.Rego.Evaluate;

/// <summary>Evaluates the rules of a document, or of a function.</summary>
internal static class Documents
{
    public static RegoValue? Compute(Evaluation evaluation, RuleGroup group)
    {
        var (value, collector) = (evaluation.Value, evaluation.Collector);
        try
        {
            return group.Kind switch
            {
                RuleKind.Complete => One(evaluation, group, null),
                RuleKind.Set => Set(evaluation, group),
                RuleKind.Object => Object(evaluation, group),
                _ => null,
            };
        }
        finally
        {
            (evaluation.Value, evaluation.Collector) = (value, collector);
        }
    }

    public static RegoValue? Call(Evaluation evaluation, RuleGroup group, RegoValue[] arguments)
    {
        var (value, collector) = (evaluation.Value, evaluation.Collector);
        try
        {
            return One(evaluation, group, arguments);
        }
        finally
        {
            (evaluation.Value, evaluation.Collector) = (value, collector);
        }
    }

    private static RegoValue? One(Evaluation evaluation, RuleGroup group, RegoValue[]? arguments)
    {
        RegoValue? result = null;
        if (group.Index is { } index)
            result = One(evaluation, group, index.Find(evaluation, arguments), arguments, result);
        if (result is null || group.OnlyValue is null)
            result = One(evaluation, group, group.Index?.Others ?? group.Programs, arguments, result);
        return result is null && group.Default is { } last
            ? group.DefaultValue ?? Run(evaluation, last, arguments)
            : result;
    }

    private static RegoValue? One(
        Evaluation evaluation, RuleGroup group, RuleProgram[] programs, RegoValue[]? arguments, RegoValue? result)
    {
        foreach (var program in programs)
        {
            if (Run(evaluation, program, arguments) is not { } value)
                continue;
            if (result is null)
                result = value;
            else if (!result.Equals(value))
                throw Emit.Value.Conflict(program.Span, arguments is not null);
            if (group.OnlyValue is not null)
                return result;
        }

        return result;
    }

    private static RegoValue? Run(Evaluation evaluation, RuleProgram program, RegoValue[]? arguments)
    {
        foreach (var body in program.Bodies)
        {
            var frame = Frame(body, arguments);
            evaluation.Value = null;
            var steps = evaluation.Steps;
            evaluation.Trace?.Enter(program.Span, program.Name);
            body.Entry.Run(evaluation, frame);
            evaluation.Trace?.Exit(program.Span, program.Name, evaluation.Value is not null, evaluation.Steps - steps);
            if (evaluation.Value is { } value)
                return value;
        }

        return null;
    }

    /// <summary>Arguments are never changed: a body without other variables takes them as they are.</summary>
    private static RegoValue?[] Frame(RuleBody body, RegoValue[]? arguments)
    {
        if (body.Slots == (arguments?.Length ?? 0))
            return arguments ?? [];
        var frame = new RegoValue?[body.Slots];
        arguments?.CopyTo(frame.AsSpan());
        return frame;
    }

    private static RegoSet Set(Evaluation evaluation, RuleGroup group)
    {
        var set = new RegoSet.Builder();
        RunAll(evaluation, group, set);
        return set.Build();
    }

    private static RegoObject Object(Evaluation evaluation, RuleGroup group)
    {
        var tree = new ObjectTree();
        RunAll(evaluation, group, tree);
        return tree.Build();
    }

    private static void RunAll(Evaluation evaluation, RuleGroup group, object collector)
    {
        if (group.Index is { } index)
            RunAll(evaluation, index.Find(evaluation, null), collector);
        RunAll(evaluation, group.Index?.Others ?? group.Programs, collector);
    }

    private static void RunAll(Evaluation evaluation, RuleProgram[] programs, object collector)
    {
        foreach (var program in programs)
        {
            foreach (var body in program.Bodies)
            {
                evaluation.Collector = collector;
                var (steps, held) = (evaluation.Steps, evaluation.HeldOf(body.Mark));
                evaluation.Trace?.Enter(program.Span, program.Name);
                body.Entry.Run(evaluation, Frame(body, null));
                evaluation.Trace?.Exit(
                    program.Span, program.Name, evaluation.HeldOf(body.Mark) > held, evaluation.Steps - steps);
            }
        }
    }
}
