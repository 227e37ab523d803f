using Writ.Rego.Builtins;
using Writ.Rego.Values;

namespace Writ.Rego;

/// <summary>What one run of a query sees and may cost.</summary>
public sealed record QueryInput
{
    /// <summary><c>input</c>; undefined when null.</summary>
    public RegoValue? Input { get; init; }

    /// <summary>The base documents below <c>data</c>.</summary>
    public RegoObject Data { get; init; } = RegoObject.Empty;

    /// <summary>Bounds.</summary>
    public EvaluationLimits Limits { get; init; } = EvaluationLimits.Default;

    /// <summary>An error in a built-in fails the query; otherwise the call is undefined.</summary>
    public bool IsStrict { get; init; }

    /// <summary>The clock of <c>time.now_ns</c> and of the limit on time.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Takes what the run did, of a policy compiled with <see cref="PolicyOptions.IsTraced"/>.</summary>
    public EvaluationTrace? Trace { get; init; }

    /// <summary>Takes what <c>print</c> prints.</summary>
    public Action<string>? Print { get; init; }

    /// <summary>What <c>opa.runtime</c> gives.</summary>
    public RegoObject Runtime { get; init; } = RegoObject.Empty;

    /// <summary>Ends the run early.</summary>
    public CancellationToken Cancellation { get; init; }

    internal BuiltinContext Context() => new()
    {
        NowNanoseconds = (Time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100,
        Cancellation = Cancellation,
        Print = Print,
        Trace = Trace is null ? null : Trace.Note,
        Runtime = Runtime,
    };
}
