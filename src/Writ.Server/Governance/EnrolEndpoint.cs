using Writ.Protocol;
using Writ.Server.Audit;
using Writ.Server.Callers;
using Writ.Server.Edge;
using Writ.Server.Storage;

namespace Writ.Server.Governance;

/// <summary>
/// POST /v1/operators/enrol: a code and a proven key become an operator. Nobody is authenticated here: the decision was
/// made by whoever made the code, or by the host (<see cref="BootstrapSocket"/>).
/// </summary>
public sealed class EnrolEndpoint(
    Settings settings, CallerAuthenticator proofs, AuditLog audit, FailureCounter failures, EnrolParts parts)
{
    private const string Kind = "operator.enrol";
    private const int MaxBody = 16 * 1024;

    public async Task HandleAsync(HttpContext http)
    {
        var source = SourceAddress.Of(http);
        if (parts.Misses.IsStopped(source))
        {
            http.Response.Headers.RetryAfter = "60";
            await RefuseAsync(http, new BodyFault(429, "too_many_attempts", "Too many wrong codes: wait a minute."));
            return;
        }
        var (body, fault) = await JsonBody.ReadAsync<EnrolRequest>(http, MaxBody);
        if (body is null) { await RefuseAsync(http, fault!); return; }
        if (body.Code is not { Length: > 0 and <= 256 } code || body.Jwk is not { } element)
        {
            await RefuseAsync(http, new BodyFault(400, "invalid_request", "code and jwk are required."));
            return;
        }

        // The key: whoever registers it holds it, or a code could be used with somebody else's.
        var (binding, once, error) = proofs.ProveKey(HttpEvidence.Of(http, settings), null);
        if (error is not null) { await ChallengeAsync(http, error); return; }
        var now = parts.Time.GetUtcNow();
        var hash = EnrolmentCodes.Hash(code);
        if (await parts.Enrolments.FindAsync(hash, now.ToMicros(), http.RequestAborted) is not { } enrolment
            || NameOf(enrolment, body) is not { } name)
        {
            parts.Misses.Add(source);
            var (why, message) = EnrolmentRow.CodeInvalid;
            await RefuseAsync(http, new BodyFault(403, why, message));
            return;
        }
        var id = SpiffeId.Of(settings.TrustDomain, "operator", name).ToString();
        var offered = parts.Keys.Read(new KeyRequest { Kind = PrincipalKeyKind.Jwk, Jwk = element }, id, now);
        if (offered is OfferedKey.Refused weak)
        {
            await RefuseAsync(http, new BodyFault(400, "invalid_key", weak.Detail));
            return;
        }
        var key = ((OfferedKey.Accepted)offered).Row;
        if (binding?.Thumbprint != key.Thumbprint)
        {
            const string unproven = "The DPoP proof is not signed with the key in jwk.";
            await RefuseAsync(http, new BodyFault(401, "key_not_proven", unproven));
            return;
        }

        var e = new AuditEvent { Kind = Kind, Actor = id, Subject = id, RequestId = http.TraceIdentifier }
            .With("role", enrolment.Role).With("team", enrolment.Team)
            .With("code_by", enrolment.CreatedBy).With("key", key.Thumbprint);
        List<Claim> claims = [once!, Enrol(enrolment, id, name, key)];
        if (await audit.AppendAsync(e, "allow", claims) is Appended.Refused { Failure: var failure })
            await Answers.ProblemAsync(
                http, failure.Code is "conflict" or "key_known" ? 409 : 403, failure.Code, failure.Message);
        else
            await Answers.JsonAsync(http, StatusCodes.Status201Created, OperatorDocument.Of(
                (await parts.Operators.FindAsync(id))!, [key], now.ToMicros()));
    }

    private static string? NameOf(EnrolmentRow enrolment, EnrolRequest body)
    {
        if (enrolment.Name.Length > 0) return body.Name is null || body.Name == enrolment.Name ? enrolment.Name : null;
        return PlainText.IsName(body.Name) ? body.Name : null;
    }

    /// <summary>Uses up the code; adds the operator, or a further key to the one who has just that role.</summary>
    private static Claim.Effect Enrol(EnrolmentRow code, string id, string name, PrincipalKeyRow key) => new(async tx =>
    {
        if (await EnrolmentStore.UseAsync(tx, code.CodeHash) is { } gone) return gone;
        if (code.CreatedBy == EnrolmentRow.Bootstrap && await OperatorStore.HasOwnerAsync(tx))
            return EnrolmentRow.CodeInvalid;
        if (await OperatorStore.FindAsync(tx, id) is not { } known)
        {
            var row = new OperatorRow { Id = id, Name = name, Role = code.Role, Team = code.Team, CreatedAt = tx.Now };
            if (await OperatorStore.InsertAsync(tx, row) is { } taken) return taken;
        }
        else if (known.Status != IdentityStatus.Active || known.Role != code.Role || known.Team != code.Team)
        {
            return ClaimFailure.Conflict($"The operator {name} is there with another role, or was removed.");
        }
        return await PrincipalKeyStore.InsertAsync(tx, key);
    });

    private async Task ChallengeAsync(HttpContext http, OAuthError error)
    {
        http.Response.Headers.WWWAuthenticate =
            $"DPoP error=\"{error.Code}\", algs=\"{string.Join(' ', JwsAlgorithms.All)}\"";
        if (error.Code != "use_dpop_nonce") await failures.RecordAsync(http, Kind, error.Code, null);
        await Answers.ProblemAsync(http, StatusCodes.Status401Unauthorized, error.Code, error.Description);
    }

    private async Task RefuseAsync(HttpContext http, BodyFault fault)
    {
        await failures.RecordAsync(http, Kind, fault.Code, null);
        await Answers.ProblemAsync(http, fault.Status, fault.Code, fault.Detail);
    }
}

/// <summary>What enrolment reads and counts with.</summary>
public sealed record EnrolParts(
    EnrolmentStore Enrolments, OperatorStore Operators, KeyReader Keys, MissLimit Misses, TimeProvider Time);
