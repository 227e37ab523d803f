namespace Writ.Client;

/// <summary>Why a resource server refuses a request.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Error">The <c>error</c> of RFC 6750 §3.1 or RFC 9449 §7.1; null where it is our fault.</param>
/// <param name="Code">The stable code that docs/errors.md explains.</param>
/// <param name="Description">One sentence, in fixed words: nothing of the request is in it.</param>
public sealed record TokenRefusal(int Status, string? Error, string Code, string Description)
{
    internal const string UseNonce = "use_dpop_nonce";

    internal static TokenRefusal TwoCredentials { get; } =
        new(400, "invalid_request", "two_credentials", "The request carries more than one Authorization header.");

    internal static TokenRefusal WrongScheme { get; } =
        Token("wrong_scheme", "The token is presented under the wrong scheme for its binding.");

    internal static TokenRefusal Malformed { get; } =
        Token("token_malformed", "The token is not a well-formed at+jwt.");

    internal static TokenRefusal BadSignature { get; } =
        Token("token_signature_invalid", "The token's signature does not verify with a key of the issuer.");

    internal static TokenRefusal WrongIssuer { get; } = Token("wrong_issuer", "The token is from another issuer.");

    internal static TokenRefusal WrongAudience { get; } = Token("wrong_audience", "The token is for another resource.");

    internal static TokenRefusal Expired { get; } =
        Token("token_expired", "The token has expired, or is not yet good.");

    internal static TokenRefusal Revoked { get; } =
        Token("token_revoked", "The token, its task or its holder is revoked.");

    internal static TokenRefusal NotBound { get; } =
        Token("token_not_bound", "The token is bound to no key, and bearer tokens are not taken here.");

    internal static TokenRefusal CertificateMismatch { get; } =
        Token("certificate_mismatch", "The token is bound to a certificate that this connection did not prove.");

    internal static TokenRefusal ProofMissing { get; } =
        Proof("proof_missing", "The token needs exactly one DPoP proof.");

    internal static TokenRefusal WrongKey { get; } =
        Token("proof_wrong_key", "The proof is by another key than the one that the token is bound to.");

    internal static TokenRefusal ProofReplayed { get; } = Proof("proof_replayed", "The proof has been used before.");

    internal static TokenRefusal NonceNeeded { get; } =
        new(401, UseNonce, UseNonce, "The proof must carry the nonce of this answer.");

    internal static TokenRefusal TooManyProofs { get; } =
        new(503, null, "too_many_proofs", "More proofs arrive than can be remembered.");

    internal static TokenRefusal Stale { get; } =
        new(503, null, "verifier_stale", "It cannot be known at present whether the token is revoked.");

    internal static TokenRefusal NoKeys { get; } =
        new(503, null, "issuer_keys_unavailable", "The issuer's keys cannot be had at present.");

    internal static TokenRefusal BadProof(string why) => Proof("proof_invalid", why);

    private static TokenRefusal Token(string code, string description) => new(401, "invalid_token", code, description);

    private static TokenRefusal Proof(string code, string description) =>
        new(401, "invalid_dpop_proof", code, description);
}
