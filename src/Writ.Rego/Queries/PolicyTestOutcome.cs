namespace Writ.Rego.Queries;

/// <summary>How a test ends.</summary>
public enum PolicyTestOutcome
{
    /// <summary>It holds.</summary>
    Pass,

    /// <summary>It does not.</summary>
    Fail,

    /// <summary>It could not be evaluated.</summary>
    Error,

    /// <summary>It is not to be run yet.</summary>
    Skipped,
}
