using Writ.Rego.Bundles;

namespace Writ.Server.Policies.Sources;

/// <summary>Where the policy comes from, when it is not pushed.</summary>
public interface IPolicySource
{
    /// <summary>What it is and where, as records and operators are told it.</summary>
    string Name { get; }

    /// <summary>What it holds, when that is another state than the one that was seen last; null: it is the same.
    /// </summary>
    /// <param name="seen">The state that was seen last; null: none.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="PolicySourceException">It cannot be read.</exception>
    Task<SourceState?> ReadAsync(string? seen, CancellationToken cancel);
}

/// <summary>A state of a source.</summary>
/// <param name="Tag">What tells it from others: a commit, a bundle's ETag, a hash.</param>
/// <param name="Files">The policy.</param>
public sealed record SourceState(string Tag, PolicySet Files)
{
    /// <summary>The number that whoever signed it gave it; null: none.</summary>
    public long? Revision { get; init; }
}

/// <summary>A source that cannot be read, in words for operators.</summary>
public sealed class PolicySourceException(string message, Exception? inner = null) : Exception(message, inner);
