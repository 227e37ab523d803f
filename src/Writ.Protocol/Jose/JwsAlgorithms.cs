using System.Collections.Immutable;

namespace Writ.Protocol;

/// <summary>
/// The signature algorithms that exist here (RFC 7518 §3.1, RFC 8037, RFC 9864): asymmetric ones only.
/// </summary>
public static class JwsAlgorithms
{
    /// <summary>All that a key of ours, of a client or of a foreign issuer may use. No HS*, no <c>none</c>.</summary>
    public static ImmutableArray<string> All { get; } =
    [
        "ES256", "ES384", "ES512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "EdDSA", "Ed25519",
    ];

    /// <summary>What the broker itself signs with.</summary>
    public static ImmutableArray<string> Ours { get; } = ["ES256", "ES384"];

    /// <summary>Whether the algorithm is known here at all.</summary>
    public static bool IsKnown(string alg) => All.Contains(alg, StringComparer.Ordinal);
}
