using Writ.Rego;
using Writ.Rego.Values;

namespace Writ.Server.Policies;

/// <summary>What a document of the policy is. It decides nothing: what the broker says to a question is
/// <see cref="PolicyAnswer"/>, and even that is but the half of a decision.</summary>
public abstract record QueryAnswer
{
    private QueryAnswer() { }

    /// <summary>Its value.</summary>
    public sealed record Defined(RegoValue Value) : QueryAnswer;

    /// <summary>There is no such document, or it is not defined for this input.</summary>
    public sealed record Undefined : QueryAnswer
    {
        public static readonly Undefined Instance = new();
    }

    /// <summary>It could not be computed.</summary>
    public sealed record Failed(RegoDiagnostic Why) : QueryAnswer;
}
