using System.Collections.Frozen;
using Writ.Protocol;

namespace Writ.Client;

/// <summary>What a <see cref="TokenVerifier"/> holds tokens against; checked and immutable.</summary>
public sealed record VerifierSettings
{
    /// <summary>The issuer that is trusted; compared as text.</summary>
    public required string Issuer { get; init; }

    /// <summary>The URIs of the resources that this server is: a token must be for one of them.</summary>
    public required FrozenSet<string> Audiences { get; init; }

    /// <summary>How far two clocks may differ.</summary>
    public TimeSpan Skew { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How old a DPoP proof may be.</summary>
    public TimeSpan ProofMaxAge { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Whether every proof must carry a nonce of ours; without it, only those from before our start.</summary>
    public bool RequireNonce { get; init; }

    /// <summary>Whether tokens that are bound to no key are taken.</summary>
    public bool AllowBearer { get; init; }

    /// <summary>How many proofs are remembered, per span of their life; beyond it requests are refused.</summary>
    public int MaxRememberedProofs { get; init; } = 1_000_000;

    /// <summary>How many verified tokens are kept.</summary>
    public int MaxCachedTokens { get; init; } = 10_000;

    /// <summary>How large a token may be.</summary>
    public JwsLimits Limits { get; init; } = JwsLimits.Default;
}
