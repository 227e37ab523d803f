using Writ.Rego.Builtins;
using Writ.Rego.Types;

namespace Writ.Rego;

/// <summary>How policies are read and checked.</summary>
public sealed record PolicyOptions
{
    /// <summary>Version 1, all built-ins of the language, no strict checks.</summary>
    public static PolicyOptions Default { get; } = new();

    /// <summary>The syntax of modules that do not say it themselves by <c>import rego.v1</c>.</summary>
    public RegoVersion Version { get; init; } = RegoVersion.V1;

    /// <summary>Unused variables, imports and the like are errors.</summary>
    public bool IsStrict { get; init; }

    /// <summary>Runs can be traced (<see cref="QueryInput.Trace"/>); it costs speed, traced or not.</summary>
    public bool IsTraced { get; init; }

    /// <summary>
    /// Of several rules named <c>test_…</c> alike each is one of its own, and one with cases tells of each to the
    /// built-in <c>internal.test_case</c>.
    /// </summary>
    public bool SeparatesTests { get; init; }

    /// <summary>
    /// What the input and documents are, by which the types of policies are checked; null looks at no annotation
    /// <c>schemas</c> either.
    /// </summary>
    public SchemaSet? Schemas { get; init; }

    /// <summary>What policies may call.</summary>
    public BuiltinRegistry Builtins { get; init; } = BuiltinRegistry.Standard;
}
