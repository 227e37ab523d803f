namespace Writ.Rego.Queries;

/// <summary>What happens in a run.</summary>
public enum TraceKind
{
    /// <summary>A rule begins.</summary>
    Enter,

    /// <summary>An expression is tried.</summary>
    Eval,

    /// <summary>An expression did not hold, or a rule has no value.</summary>
    Fail,

    /// <summary>A rule has a value.</summary>
    Exit,

    /// <summary>The policy said something by <c>trace</c>.</summary>
    Note,
}
