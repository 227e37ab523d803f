using Writ.Rego.Values;

namespace Writ.Rego.Evaluate;

/// <summary>Stands in memories for a document that was evaluated and has no value; known by reference.</summary>
internal static class Undefined
{
    public static RegoValue Mark { get; } = RegoArray.Own([RegoString.Of("undefined")]);
}
