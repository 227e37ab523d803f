using Writ.Protocol;

namespace Writ.Server.Decisions;

/// <summary>What the policy was asked and said, for the record of a decision and for whoever may see it.</summary>
/// <param name="Digest">The version that was asked.</param>
/// <param name="Input">The question, as JSON (docs/decision.md; what is asked about is a list).</param>
public sealed record PolicyTrace(string Digest, string Input)
{
    /// <summary>What came with a yes.</summary>
    public Obligations Obligations { get; init; } = Obligations.None;

    /// <summary>The rules that refused.</summary>
    public IReadOnlyList<string> Rules { get; init; } = [];

    /// <summary>All codes of the refusal; the first is the decision's.</summary>
    public IReadOnlyList<string> Reasons { get; init; } = [];

    /// <summary>What the rules looked for and did not find.</summary>
    public IReadOnlyList<string> Missing { get; init; } = [];

    /// <summary>What went wrong in the policy itself.</summary>
    public string? Fault { get; init; }
}
