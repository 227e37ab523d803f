using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Writ.Protocol;

namespace Writ.Client;

/// <summary>
/// Judges tokens at a resource server, without asking anybody: signature, issuer, audience, time, binding, replay,
/// revocation. Holds no socket and no thread. Thread-safe.
/// </summary>
/// <remarks>
/// Verified tokens are kept for their life, so that the next request pays only for its proof; the revocations are asked
/// every time. The memory of used proofs dies with the process: a proof that may be from before our start must carry a
/// nonce of ours, which none from before can.
/// </remarks>
public sealed class TokenVerifier
{
    private readonly VerifierSettings _settings;
    private readonly RevocationView _revocations;
    private readonly TimeProvider _time;
    private readonly DateTimeOffset _started;
    private readonly VerificationKeyCache _proofKeys = new();
    private readonly ProofMemory _proofs;
    private readonly ResourceNonces _nonces;

    // By hash, so that a dump of the process holds no token (P6). Only tokens whose signature held get in.
    private readonly ConcurrentDictionary<string, VerifiedToken> _verified = new(StringComparer.Ordinal);
    private readonly Lock _sweeping = new();
    private volatile KeyRing _keys;

    /// <summary>Makes a verifier.</summary>
    /// <param name="settings">What tokens are held against.</param>
    /// <param name="keys">The issuer's token keys; <see cref="KeyRing.Empty"/> until they are fetched.</param>
    /// <param name="revocations">The revocations, kept up by the feed.</param>
    /// <param name="time">The clock.</param>
    public TokenVerifier(VerifierSettings settings, KeyRing keys, RevocationView revocations, TimeProvider time)
    {
        _settings = settings;
        _keys = keys;
        _revocations = revocations;
        _time = time;
        _started = time.GetUtcNow();
        _proofs = new ProofMemory(
            settings.MaxRememberedProofs, settings.ProofMaxAge + (2 * settings.Skew), time);
        _nonces = new ResourceNonces(time);
    }

    /// <summary>The issuer's token keys; replaced whole when they rotate.</summary>
    public KeyRing Keys
    {
        get => _keys;
        set => _keys = value;
    }

    /// <summary>A nonce for proofs, good for five minutes.</summary>
    public string NewNonce() => _nonces.Next();

    /// <summary>Judges one presented token.</summary>
    public Verification Verify(PresentedToken presented)
    {
        var hash = AccessTokenHash.Of(presented.Token);
        if (!_verified.TryGetValue(hash, out var token))
        {
            var outcome = Read(presented.Token);
            if (outcome is not Verification.Verified { Token: var read })
                return outcome;
            token = read;
            Keep(hash, token);
        }

        if (!token.Claims.IsTimely(_time.GetUtcNow(), _settings.Skew))
        {
            _verified.TryRemove(hash, out _);
            return Refuse(TokenRefusal.Expired);
        }

        if (CheckBinding(presented, token.Claims.Confirmation) is { } refusal)
            return Refuse(refusal);
        if (_revocations.Set.IsRevoked(token.Handles, token.Claims.IssuedAt, out _))
            return Refuse(TokenRefusal.Revoked);
        return _revocations.IsFresh ? new Verification.Verified(token) : new Verification.Stale(token);
    }

    /// <summary>RFC 9068 §4.</summary>
    private Verification Read(string text)
    {
        if (!Jws.TryRead(text, _settings.Limits, out var jws, out _))
            return Refuse(TokenRefusal.Malformed);
        if (!jws.TryVerify(_keys, JwsAlgorithms.Ours, AccessTokenClaims.Typ, out var token, out var error))
        {
            if (error == JoseError.UnknownKey)
                return new Verification.UnknownKey();
            return Refuse(error == JoseError.WrongType ? TokenRefusal.Malformed : TokenRefusal.BadSignature);
        }

        if (!AccessTokenClaims.TryParse(token, out var claims, out _))
            return Refuse(TokenRefusal.Malformed);
        if (claims.Issuer != _settings.Issuer)
            return Refuse(TokenRefusal.WrongIssuer);
        if (!claims.Audience.Any(_settings.Audiences.Contains))
            return Refuse(TokenRefusal.WrongAudience);
        return new Verification.Verified(new VerifiedToken(claims, token.Key.Kid ?? token.Key.Thumbprint));
    }

    private TokenRefusal? CheckBinding(PresentedToken presented, Confirmation? binding) => binding switch
    {
        // RFC 9449 §7.1: a DPoP-bound token under Bearer would be a token without proof.
        Confirmation.Jkt jkt when presented.IsDpop => CheckProof(presented, jkt.Thumbprint),
        // RFC 8705 §3: certificate-bound tokens come under Bearer.
        Confirmation.X5t x5t when !presented.IsDpop => CheckCertificate(presented, x5t.Thumbprint),
        null when !_settings.AllowBearer => TokenRefusal.NotBound,
        null when !presented.IsDpop => null,
        _ => TokenRefusal.WrongScheme,
    };

    private TokenRefusal? CheckProof(PresentedToken presented, string jkt)
    {
        if (presented.Proof is not { } header)
            return TokenRefusal.ProofMissing;
        var expected = new DpopExpectation(
            presented.Method,
            presented.Uri,
            _time.GetUtcNow(),
            _settings.ProofMaxAge,
            _settings.Skew,
            presented.Token,
            NonceIsValid: null,
            _proofKeys);
        var outcome = DpopProof.Verify(header, expected);
        if (outcome is not DpopOutcome.Valid { Proof: var proof })
        {
            return outcome is DpopOutcome.Invalid invalid
                ? TokenRefusal.BadProof(invalid.Reason)
                : TokenRefusal.NonceNeeded;
        }

        if (!FixedTimeEquals(proof.Jkt, jkt))
            return TokenRefusal.WrongKey;
        if (NeedsNonce(proof) && (proof.Nonce is not { } nonce || !_nonces.IsValid(nonce)))
            return TokenRefusal.NonceNeeded;

        return _proofs.Take(jkt, proof.Jti) switch
        {
            ProofMemory.Answer.New => null,
            ProofMemory.Answer.Seen => TokenRefusal.ProofReplayed,
            _ => TokenRefusal.TooManyProofs,
        };
    }

    private bool NeedsNonce(DpopProof proof) =>
        _settings.RequireNonce || proof.IssuedAt <= _started + _settings.Skew;

    private static TokenRefusal? CheckCertificate(PresentedToken presented, string thumbprint) =>
        presented.CertificateThumbprint is { } proven && FixedTimeEquals(proven, thumbprint)
            ? null
            : TokenRefusal.CertificateMismatch;

    private void Keep(string hash, VerifiedToken token)
    {
        if (_verified.Count >= _settings.MaxCachedTokens)
            Sweep();
        _verified[hash] = token;
    }

    private void Sweep()
    {
        lock (_sweeping)
        {
            if (_verified.Count < _settings.MaxCachedTokens)
                return;
            var now = _time.GetUtcNow();
            foreach (var (hash, token) in _verified)
            {
                if (!token.Claims.IsTimely(now, _settings.Skew))
                    _verified.TryRemove(hash, out _);
            }

            // All still good: begin again rather than grow; each then costs one signature more.
            if (_verified.Count >= _settings.MaxCachedTokens)
                _verified.Clear();
        }
    }

    private static bool FixedTimeEquals(string one, string other) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(one), Encoding.UTF8.GetBytes(other));

    private static Verification.Refused Refuse(TokenRefusal refusal) => new(refusal);
}
