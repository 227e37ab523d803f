using System.Security.Cryptography;
using System.Text;
using Writ.Protocol;
using Writ.Server.Edge;
using Writ.Server.Storage;

namespace Writ.Server.Callers;

/// <summary>
/// Finds out who sends a request to an OAuth endpoint: private_key_jwt, a client certificate, or a client secret; and
/// which key it has proven (DPoP, or the certificate). What it cannot prove, it is not.
/// </summary>
public sealed class CallerAuthenticator(
    Settings settings, Registry registry, VerificationKeyCache keys, DpopNonces nonces, TimeProvider time)
{
    private readonly CertificateCallers _certificates = new(settings);
    private readonly ClientKeys _clientKeys = new(keys);

    /// <summary>Authenticates. Values in the claims of the caller are used up by the record of what it asks.</summary>
    public Task<CallerOutcome> AuthenticateAsync(CallerEvidence evidence, CancellationToken cancel = default) =>
        Spans.AreWanted ? TracedAsync(evidence, cancel) : FindOutAsync(evidence, cancel);

    private async Task<CallerOutcome> TracedAsync(CallerEvidence evidence, CancellationToken cancel)
    {
        using var span = Spans.Start("caller");
        var outcome = await FindOutAsync(evidence, cancel);
        outcome.TellTo(span);
        return outcome;
    }

    private async Task<CallerOutcome> FindOutAsync(CallerEvidence evidence, CancellationToken cancel)
    {
        var proof = ProveKey(evidence, null);
        if (proof.Error is { } error)
            return new CallerOutcome.Refused(error, "dpop_proof_invalid", evidence.Body.ClientId);
        var outcome = await AuthenticateClientAsync(evidence, cancel);
        if (outcome is not CallerOutcome.Authenticated { Caller: var caller }) return outcome;
        var claims = new List<Claim>(caller.Claims);
        if (proof.Claim is { } once) claims.Add(once);
        claims.Add(new Claim.PrincipalCurrent(caller.Principal.Id, caller.Principal.Version));
        return new CallerOutcome.Authenticated(new Caller(caller.Principal, caller.Method)
        {
            // RFC 8705 §3: whatever it authenticated with, the certificate's key is proven on this connection.
            Binding = proof.Binding
                ?? (evidence.Certificate is { } shown ? CertificateCallers.BindingOf(shown) : null),
            Address = evidence.Address,
            Claims = claims,
        });
    }

    /// <summary>Verifies the DPoP proof of a request, if there is one (RFC 9449 §4.3, §8).</summary>
    internal (Confirmation? Binding, Claim.Once? Claim, OAuthError? Error) ProveKey(
        CallerEvidence evidence, string? accessToken)
    {
        if (evidence.DpopHeaders.Count == 0) return default;
        // §4.3, check 1: not more than one header.
        if (evidence.DpopHeaders.Count > 1)
            return (null, null, OAuthError.InvalidDpopProof("there is more than one DPoP header"));
        var expected = new DpopExpectation(
            evidence.Method, evidence.Url, time.GetUtcNow(), settings.ProofMaxAge, settings.Skew, accessToken,
            settings.NonceRequired ? nonces.IsValid : null, keys);
        return DpopProof.Verify(evidence.DpopHeaders[0], expected) switch
        {
            DpopOutcome.Valid { Proof: var old } when old.IssuedAt <= settings.ProofsAfter =>
                (null, null, OAuthError.InvalidDpopProof("the proof was made before this broker was restored")),
            DpopOutcome.Valid { Proof: var proof } => (new Confirmation.Jkt(proof.Jkt), OnceOf(proof), null),
            DpopOutcome.Invalid invalid => (null, null, OAuthError.InvalidDpopProof(invalid.Reason)),
            _ => (null, null, OAuthError.UseDpopNonce()),
        };
    }

    private Task<CallerOutcome> AuthenticateClientAsync(CallerEvidence evidence, CancellationToken cancel)
    {
        var basic = evidence.Authorization is not null;
        // RFC 6749 §2.3: not more than one method in a request.
        if (basic && (evidence.Body.ClientAssertion is not null || evidence.Body.ClientSecret is not null))
            return Refuse(
                OAuthError.InvalidRequest("the client authenticates in two ways at once", "two_methods"),
                "two_methods", null);
        if (evidence.Body.ClientAssertion is { } assertion) return ByAssertionAsync(assertion, evidence, cancel);
        if (basic || evidence.Body.ClientSecret is not null) return BySecretAsync(evidence, cancel);
        if (evidence.Certificate is not null) return ByCertificateAsync(evidence, cancel);
        return Refuse(
            OAuthError.InvalidClient("the client did not authenticate", "no_credentials"), "no_credentials",
            evidence.Body.ClientId);
    }

    private async Task<CallerOutcome> ByAssertionAsync(
        string assertion, CallerEvidence evidence, CancellationToken cancel)
    {
        if (!Jws.TryRead(assertion, JwsLimits.Default, out var jws, out var unreadable))
            return Refused(unreadable.Description, "assertion_malformed", evidence.Body.ClientId);
        var claimed = ClientAssertion.PeekClientId(jws);
        if (claimed is null
            || (evidence.Body.ClientId is { } named && !string.Equals(named, claimed, StringComparison.Ordinal)))
            return Refused(
                "client_id and the client assertion do not agree", "assertion_invalid", evidence.Body.ClientId);
        if (await FindAsync(claimed, cancel) is not { } principal)
            return Refused("the client is not known", "unknown_client", claimed);
        var now = time.GetUtcNow();
        var expected = new ClientAssertionExpectation(principal.Id, settings.Issuer, now, settings.Skew)
        {
            MadeAfter = settings.ProofsAfter,
        };
        if (ClientAssertion.Verify(jws, _clientKeys.Of(principal, now), expected)
            is not ClientAssertionOutcome.Valid { Assertion: var valid })
            return Refused("the client assertion does not hold", "assertion_invalid", claimed);
        var once = new Claim.Once(
            Hash("assertion", principal.Id, valid.Jti),
            (valid.ExpiresAt + settings.Skew).ToMicros(),
            ClaimFailure.AssertionReplayed);
        return new CallerOutcome.Authenticated(new Caller(principal, "private_key_jwt") { Claims = [once] });
    }

    private async Task<CallerOutcome> BySecretAsync(CallerEvidence evidence, CancellationToken cancel)
    {
        if (ClientSecret.Read(evidence) is not { } offered)
            return Refused("the client credentials are malformed", "secret_malformed", evidence.Body.ClientId);
        var principal = await FindAsync(offered.ClientId, cancel);
        var now = time.GetUtcNow();
        var matches = false;
        foreach (var key in principal?.Keys ?? [])
            if (ClientKeys.InForce(key, now.ToMicros())
                && string.Equals(key.Kind, PrincipalKeyKind.Secret, StringComparison.Ordinal))
                matches |= ClientSecret.Matches(offered.Secret, key.Material);
        return matches
            ? new CallerOutcome.Authenticated(new Caller(principal!, offered.Method))
            : Refused("the client credentials do not hold", "secret_invalid", offered.ClientId);
    }

    private async Task<CallerOutcome> ByCertificateAsync(CallerEvidence evidence, CancellationToken cancel)
    {
        // RFC 8705 §2: client_id says who, the certificate proves it.
        if (evidence.Body.ClientId is not { } clientId || await FindAsync(clientId, cancel) is not { } principal)
            return Refused("the client is not known", "unknown_client", evidence.Body.ClientId);
        var now = time.GetUtcNow();
        var inForce = principal.Keys.Where(key => ClientKeys.InForce(key, now.ToMicros()));
        var method = _certificates.Match(evidence.Certificate!, inForce, now);
        return method is null
            ? Refused("the client certificate is not registered", "certificate_invalid", clientId)
            : new CallerOutcome.Authenticated(new Caller(principal, method));
    }

    private async ValueTask<Principal?> FindAsync(string clientId, CancellationToken cancel) =>
        SpiffeId.TryParse(clientId, out var id) && id.TrustDomain == settings.TrustDomain
            ? await registry.FindAsync(clientId, cancel)
            : null;

    private Claim.Once OnceOf(DpopProof proof) => new(
        Hash("dpop", proof.Jkt, proof.Jti),
        (proof.IssuedAt + settings.ProofMaxAge + settings.Skew).ToMicros(),
        ClaimFailure.ProofReplayed);

    internal static byte[] Hash(string purpose, string owner, string value) =>
        SHA256.HashData(Encoding.UTF8.GetBytes($"{purpose}\n{owner}\n{value}"));

    private static CallerOutcome.Refused Refused(string message, string reason, string? claimed) =>
        new(OAuthError.InvalidClient(message, reason), reason, claimed);

    private static Task<CallerOutcome> Refuse(OAuthError error, string reason, string? claimed) =>
        Task.FromResult<CallerOutcome>(new CallerOutcome.Refused(error, reason, claimed));
}
