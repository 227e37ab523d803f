using Writ.Protocol;
using Writ.Server.Audit;
using Writ.Server.Callers;
using Writ.Server.Edge;
using Writ.Server.Storage;

namespace Writ.Server.Tokens;

/// <summary>Records what does not get as far as a decision, then answers it (P1: refusals are recorded too).</summary>
public sealed class RefusalLog(AuditLog audit, FailureCounter failures)
{
    /// <summary>Wrong content type, too large, too slow.</summary>
    public Task BodyAsync(HttpContext http, int status)
    {
        var fault = RequestBody.FaultOf(status);
        return RequestAsync(http, OAuthError.InvalidRequest(fault.Detail, fault.Code).WithStatus(status));
    }

    /// <summary>A request that does not parse.</summary>
    public async Task RequestAsync(HttpContext http, OAuthError error)
    {
        await failures.RecordAsync(http, "request.refuse", error.Detail ?? error.Code, null);
        await Answers.OAuthAsync(http, error);
    }

    /// <summary>A caller that proved nothing. What it claimed to be is recorded as a claim.</summary>
    public async Task CallerAsync(HttpContext http, CallerOutcome.Refused refused)
    {
        // Asking for a nonce is the protocol's first step, not a failure (RFC 9449 §8).
        if (!string.Equals(refused.Error.Code, "use_dpop_nonce", StringComparison.Ordinal))
            await failures.RecordAsync(http, "caller.refuse", refused.Reason, refused.Claimed);
        await Answers.OAuthAsync(http, refused.Error);
    }

    /// <summary>A caller we know who was refused too often in this second: answered so, and counted.</summary>
    public async Task<bool> IsStoppedAsync(HttpContext http, Caller caller)
    {
        if (!failures.IsStopped(caller.Principal.Id)) return false;
        http.Response.Headers.RetryAfter = "1";
        await Answers.OAuthAsync(http, OAuthError.TemporarilyUnavailable(
            "too many requests of this client were refused just now", "too_many_refusals")
            .WithStatus(StatusCodes.Status429TooManyRequests));
        return true;
    }

    /// <summary>A claim that did not hold has consequences of its own: a refresh token used twice.</summary>
    public async Task ClaimAsync(Resolved.Ready ready, ClaimFailure failure, AuditEvent e)
    {
        if (ready.IfClaimFails(failure) is not { Count: > 0 } claims) return;
        e = e with { Reason = failure.Code, Jti = null, ExpiresAt = null };
        await audit.RefuseAsync(e, claims, CancellationToken.None);
    }

    /// <summary>A caller we know, with a request that cannot be decided. Uses up its one-time values.</summary>
    public async Task AskAsync(HttpContext http, Resolved.Refused refused, Caller caller)
    {
        var e = refused.Event with
        {
            Reason = refused.Error.Detail ?? refused.Error.Code,
            RequestId = http.TraceIdentifier,
        };
        IReadOnlyList<Claim> claims = [.. caller.Claims.Where(c => c is Claim.Once), .. refused.Claims];
        await audit.RefuseAsync(e, claims, CancellationToken.None);
        await Answers.OAuthAsync(http, refused.Error);
    }
}
