using System.Security.Cryptography;

namespace Writ.Client;

/// <summary>What <see cref="WritExtensions.AddWrit"/> needs to know, as the user writes it.</summary>
public sealed class WritOptions
{
    /// <summary>The broker's issuer: an origin without trailing slash; https, or http on loopback.</summary>
    public string Issuer { get; set; } = "";

    /// <summary>The SPIFFE id of this resource server: an identity of kind <c>workload</c>.</summary>
    public string ClientId { get; set; } = "";

    /// <summary>The PEM file with the server's key, mode 0600; or <see cref="Key"/>.</summary>
    public string? KeyFile { get; set; }

    /// <summary>The server's key. Stays the caller's to dispose.</summary>
    public ECDsa? Key { get; set; }

    /// <summary>The registered resources that this server is: name to URI, as the broker has them.</summary>
    public IDictionary<string, string> Resources { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>
    /// Scheme, host and port by which clients reach this server: what a proof's <c>htu</c> must begin with. Null: that
    /// of the first resource. Never taken from <c>Host</c>.
    /// </summary>
    public string? PublicOrigin { get; set; }

    /// <summary>How far two clocks may differ.</summary>
    public TimeSpan Skew { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How old a DPoP proof may be.</summary>
    public TimeSpan ProofMaxAge { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Whether every proof must carry a nonce of this server (RFC 9449 §9).</summary>
    public bool RequireNonce { get; set; }

    /// <summary>Whether tokens that are bound to no key are taken: a deliberate exception to promise P4.</summary>
    public bool AllowBearer { get; set; }

    /// <summary>
    /// How long the revocation feed may be silent before the broker is asked about each token. Raising it raises the
    /// second of promise P3.
    /// </summary>
    public TimeSpan StaleAfter { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Whether the broker is asked when the feed is silent; else such requests are refused at once.</summary>
    public bool IntrospectWhenStale { get; set; } = true;

    /// <summary>How long the broker may take to answer when it is asked about a token.</summary>
    public TimeSpan IntrospectionTimeout { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How many used proofs are remembered; beyond it requests are refused.</summary>
    public int MaxRememberedProofs { get; set; } = 1_000_000;

    /// <summary>How many verified tokens are kept.</summary>
    public int MaxCachedTokens { get; set; } = 10_000;

    /// <summary>What carries requests to the broker; it must not follow redirects. Stays the caller's.</summary>
    public HttpMessageHandler? Handler { get; set; }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; set; } = TimeProvider.System;
}
