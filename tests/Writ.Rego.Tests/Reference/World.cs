using Writ.Rego.Values;

namespace Writ.Rego.Tests.Reference;

/// <summary>What a body sees: <c>with</c> makes another one for one expression.</summary>
internal sealed record World(RegoValue? Input, RegoValue Data)
{
    /// <summary>The paths below <c>data</c> that were replaced: no rule speaks there.</summary>
    public IReadOnlyList<string[]> Replaced { get; init; } = [];

    /// <summary>What is called instead of a function, by its full name: a value, or another function's name.</summary>
    public IReadOnlyDictionary<string, Mock> Mocks { get; init; } = new Dictionary<string, Mock>();

    /// <summary>Documents that were computed; else a chain of rules would be computed exponentially often.</summary>
    public Dictionary<string, RegoValue?> Known { get; init; } = [];

    public bool IsReplaced(string[] path) =>
        Replaced.Any(place => path.Length >= place.Length && path.Take(place.Length).SequenceEqual(place));

    /// <summary>Either a value or a function.</summary>
    internal sealed record Mock(RegoValue? Value, string? Function);
}
