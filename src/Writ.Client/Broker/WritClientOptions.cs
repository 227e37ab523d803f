using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Writ.Client;

/// <summary>What a <see cref="WritClient"/> needs to know.</summary>
public sealed record WritClientOptions
{
    /// <summary>The broker's issuer: an origin without trailing slash; https, or http on loopback.</summary>
    public required string Issuer { get; init; }

    /// <summary>The SPIFFE id of the identity: <c>spiffe://example.org/agent/billing</c>.</summary>
    public required string ClientId { get; init; }

    /// <summary>
    /// The registered key (P-256, P-384), for <c>private_key_jwt</c>; or <see cref="Certificate"/>. Stays the caller's
    /// to dispose.
    /// </summary>
    public ECDsa? Key { get; init; }

    /// <summary>A PEM file of mode 0600 with the registered key, instead of <see cref="Key"/>.</summary>
    public string? KeyFile { get; init; }

    /// <summary>
    /// The registered client certificate with its private key, instead of <see cref="Key"/>: the client authenticates
    /// with it on the TLS connection (RFC 8705 §2), at the broker's alias for that, and its tokens are bound to it
    /// (§3), good on connections that show it and nowhere else. Stays the caller's to dispose.
    /// </summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>
    /// The key that tokens are bound to (DPoP), also for a client with a certificate. Null: the certificate, or else a
    /// key that the client makes and that lives and dies with it in memory. Stays the caller's to dispose.
    /// </summary>
    public ECDsa? ProofKey { get; init; }

    /// <summary>
    /// What carries HTTP requests, to the broker and to resources; it must not follow redirects, and where there is a
    /// certificate it must show it. Null: a socket handler of the client's own. Stays the caller's to dispose.
    /// </summary>
    public HttpMessageHandler? Handler { get; init; }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>How long before its end a token is replaced; never more than a fifth of its life.</summary>
    public TimeSpan RefreshAhead { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long the broker may take to answer.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long to wait for a person who has to say yes to a token or a task; zero: not at all, so that the refusal is
    /// thrown with <see cref="WritException.Approval"/>.
    /// </summary>
    public TimeSpan ApprovalPatience { get; init; }

    /// <summary>Told each time that it waits for a person.</summary>
    public Action<PendingApproval>? WaitingForApproval { get; init; }

    /// <summary>Prints no key (promise P6).</summary>
    public override string ToString() => $"{ClientId} at {Issuer}";
}
