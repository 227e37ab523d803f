using Writ.Server.Acts;
using Writ.Server.Audit;
using Writ.Server.Decisions;
using Writ.Server.Storage;

namespace Writ.Server.Tokens;

/// <summary>The record of a decided token request and everything that is claimed with it.</summary>
internal sealed record TokenStep(AuditEvent Event, IReadOnlyList<Claim> Claims, string? RefreshToken)
{
    /// <summary>Puts together what the endpoint appends.</summary>
    /// <param name="ready">What was asked.</param>
    /// <param name="decision">What was decided.</param>
    /// <param name="wish">For whose yes the caller asks with it.</param>
    /// <param name="requestId">The request.</param>
    /// <param name="kid">The key that signs the token.</param>
    public static TokenStep Of(
        Resolved.Ready ready, Decision decision, ApprovalWish? wish, string requestId, string? kid)
    {
        var ask = ready.Ask;
        var e = ApprovalRequests.Describe(ready.Event, decision, wish) with
        {
            RequestId = requestId,
            Subject = ask.Subject,
            Task = ask.Task?.Id ?? ready.Event.Task,
        };
        if (decision is not Decision.Granted { Grant.What: Granting.Token { Claims: var token } } granted)
        {
            Claim[] wishes = wish is null ? [] : [wish.Claim];
            return new TokenStep(WithRequest(e, ask), [.. ask.Caller.Claims, .. ready.Claims, .. wishes], null);
        }
        var claims = new List<Claim>(ask.Caller.Claims);
        claims.AddRange(ready.Claims);
        claims.Add(new Claim.RegistryCurrent(ready.Facts.Registry.Version));
        claims.AddRange(ApprovalRequests.UseOf(granted, ready.Facts));
        var refresh = ready.Refresh?.Invoke(token);
        if (refresh is not null) claims.Add(refresh.Claim);
        if (ask.OpensTask)
        {
            // The task that opens with the token is no wider than it, and ends with it or its last refresh.
            claims.Add(new Claim.OpenTask(ask.Task! with
            {
                Authority = token.Authority.ToJson(),
                Deadline = refresh?.ExpiresAt ?? token.ExpiresAt.ToMicros(),
            }));
        }
        else
        {
            claims.Add(new Claim.TaskOpen(token.TaskId));
        }
        e = e with { Jti = token.Jti, ExpiresAt = token.ExpiresAt.ToMicros() };
        e = e.With("authorization_details", token.Authority.ToJson())
            .With("cnf", token.Confirmation is { } key ? $"{key.GetType().Name} {key.Thumbprint}" : "bearer")
            .With(IssuedCredential.KidDetail, kid)
            .With("parent_jti", ask.Parent?.Jti)
            .With(
                IssuedCredential.AncestorsDetail,
                token.Ancestors.Jtis.IsEmpty ? null : string.Join(' ', token.Ancestors.Jtis))
            .With(IssuedCredential.ActDetail, token.Actors.Depth == 0 ? null : token.Actors.ToString())
            .With("workflow", ask.Task?.Workflow)
            .With("on_behalf_of", ask.Task?.OnBehalfOf);
        return new TokenStep(e, claims, refresh?.Token);
    }

    private static AuditEvent WithRequest(AuditEvent e, Ask.Token ask) => e
        .With("on_behalf_of", ask.Task?.OnBehalfOf)
        .With("scope", ask.Requested.Scope?.Text)
        .With("authorization_details", ask.Requested.Authority?.ToJson())
        .With("audience", ask.Requested.Audiences.Count == 0 ? null : string.Join(' ', ask.Requested.Audiences));
}
