using System.Security.Claims;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Writ.Protocol;

namespace Writ.Client;

/// <summary>From an HTTP request to a presented token, and from a refusal to an answer (RFC 9449 §7.1).</summary>
internal sealed class WritAuthenticationHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options,
    ILoggerFactory logger,
    UrlEncoder encoder,
    ResourceServer server)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    private const string Dpop = "DPoP ";
    private const string Bearer = "Bearer ";

    private TokenRefusal? _refusal;

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (server.Model.Verifier.RequireNonce)
            GiveNonce();
        var authorization = Request.Headers.Authorization;
        if (authorization.Count == 0)
            return AuthenticateResult.NoResult();
        if (authorization.Count > 1)
            return Refuse(TokenRefusal.TwoCredentials);
        if (Read(authorization[0]!) is not { } presented)
            return AuthenticateResult.NoResult();

        switch (await server.VerifyAsync(presented, Context.RequestAborted))
        {
            case Verification.Verified { Token: var token }:
                Context.Features.Set(token);
                return AuthenticateResult.Success(new AuthenticationTicket(PrincipalOf(token), Scheme.Name));
            case Verification.Refused { Refusal: var refusal }:
                return Refuse(refusal);
            default:
                return Refuse(TokenRefusal.Stale);
        }
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        if (_refusal == TokenRefusal.NonceNeeded)
            GiveNonce();
        return RefusalAnswer.WriteAsync(Context, server.Model, _refusal);
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties)
    {
        var unmet = Context.Features.Get<WritAuthorizationHandler.UnmetRequirement>();
        return unmet?.Decision is { } decision
            ? RefusalAnswer.WriteDeniedAsync(Context, decision)
            : RefusalAnswer.WriteForbiddenAsync(Context, server.Model, unmet?.Requirement);
    }

    private AuthenticateResult Refuse(TokenRefusal refusal)
    {
        _refusal = refusal;
        return AuthenticateResult.Fail(refusal.Code);
    }

    private void GiveNonce() => Response.Headers[ProofKey.NonceHeaderName] = server.Verifier.NewNonce();

    private PresentedToken? Read(string authorization)
    {
        var isDpop = authorization.StartsWith(Dpop, StringComparison.OrdinalIgnoreCase);
        if (!isDpop && !authorization.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase))
            return null;
        var proofs = Request.Headers[ProofKey.HeaderName];
        return new PresentedToken
        {
            Token = authorization[(isDpop ? Dpop.Length : Bearer.Length)..].Trim(),
            IsDpop = isDpop,
            Method = Request.Method,
            Uri = server.Model.PublicOrigin + PathOf(),
            Proof = proofs.Count == 1 ? proofs[0] : null,
            CertificateThumbprint = Context.Connection.ClientCertificate is { } certificate
                ? Base64UrlText.Encode(certificate.GetCertHash(HashAlgorithmName.SHA256))
                : null,
        };
    }

    // The path as it was sent: what ASP.NET unescaped would be another text than what the client signed.
    private string PathOf()
    {
        var target = Context.Features.Get<IHttpRequestFeature>()?.RawTarget;
        if (target is not ['/', ..])
            return Request.PathBase.ToUriComponent() + Request.Path.ToUriComponent();
        var query = target.IndexOf('?', StringComparison.Ordinal);
        return query < 0 ? target : target[..query];
    }

    private ClaimsPrincipal PrincipalOf(VerifiedToken token)
    {
        var identity = new ClaimsIdentity(Scheme.Name, "act", roleType: null);
        identity.AddClaim(new Claim("sub", token.Claims.Subject));
        identity.AddClaim(new Claim("act", token.Actor));
        identity.AddClaim(new Claim("client_id", token.Claims.ClientId));
        identity.AddClaim(new Claim("txn", token.Claims.TaskId));
        return new ClaimsPrincipal(identity);
    }
}
