using System.Text.Json;
using Writ.Protocol;
using Writ.Server.Acts;
using Writ.Server.Audit;
using Writ.Server.Callers;
using Writ.Server.Decisions;
using Writ.Server.Edge;
using Writ.Server.Storage;

namespace Writ.Server.Governance;

/// <summary>
/// POST /v1/operators/enrol: a code and a proven key become an operator. Nobody is authenticated here, so this is no
/// call of <see cref="ActRoad"/>: what is decided is whether the code's maker may still give what the code gives.
/// </summary>
public sealed class EnrolEndpoint(ActRooms rooms, CallerAuthenticator proofs, EnrolParts parts)
{
    private const string Kind = "operator.enrol";
    private const int MaxBody = 16 * 1024;

    public async Task HandleAsync(HttpContext http)
    {
        if (!rooms.Revocations.IsFresh) { await Answers.StaleAsync(http); return; }
        var source = SourceAddress.Of(http);
        if (parts.Misses.IsStopped(source))
        {
            http.Response.Headers.RetryAfter = "60";
            await RefuseAsync(http, new BodyFault(429, "too_many_attempts", "Too many wrong codes: wait a minute."));
            return;
        }
        var (body, fault) = await JsonBody.ReadAsync<EnrolRequest>(http, MaxBody);
        if (body is null) { await RefuseAsync(http, fault!); return; }
        if (body.Code is not { Length: > 0 and <= 256 } code || body.Jwk is not { } jwk)
        {
            await RefuseAsync(http, new BodyFault(400, "invalid_request", "code and jwk are required."));
            return;
        }

        // The key: whoever registers it holds it, or a code could be used with somebody else's.
        var (binding, once, error) = proofs.ProveKey(HttpEvidence.Of(http, rooms.Settings), null);
        if (error is not null) { await ChallengeAsync(http, error); return; }
        var now = parts.Time.GetUtcNow();
        var hash = EnrolmentCodes.Hash(code);
        var found = await parts.Enrolments.FindAsync(hash, now.ToMicros(), http.RequestAborted);
        if (found is { Name: "" } && !PlainText.IsName(body.Name))
        {
            var who = body.Name is null
                ? "The first operator must say who they are: writ login ADDR --name YOU."
                : $"name is {PlainText.NameRule}.";
            await RefuseAsync(http, new BodyFault(400, "invalid_request", who));
            return;
        }
        if (found is not { } enrolment || NameOf(enrolment, body) is not { } name)
        {
            parts.Misses.Add(source);
            var (why, message) = EnrolmentRow.CodeInvalid;
            await RefuseAsync(http, new BodyFault(403, why, message));
            return;
        }
        var id = parts.Names.OperatorId(name);
        var (key, weak) = KeyOf(jwk, id, binding, now);
        if (key is null) { await RefuseAsync(http, weak!); return; }
        await EnrolAsync(http, new Enrolling(enrolment, id, name, key, once!));
    }

    /// <summary>Decides, records with the effect, answers; anew where the code's maker changed meanwhile.</summary>
    private async Task EnrolAsync(HttpContext http, Enrolling who)
    {
        var e = new AuditEvent { Kind = Kind, Actor = who.Id, Subject = who.Id, RequestId = http.TraceIdentifier }
            .With("role", who.Code.Role).With("team", who.Code.Team)
            .With("code_by", who.Code.CreatedBy).With("key", who.Key.Thumbprint);
        await parts.Attempts.RunAsync(hold => AttemptAsync(http, who, e, hold), http.RequestAborted);
    }

    private async Task<Attempt> AttemptAsync(HttpContext http, Enrolling who, AuditEvent e, LogHold? hold)
    {
        var facts = await rooms.Facts.ForEnrolmentAsync(who.Code, http.RequestAborted);
        var decision = await rooms.Decisions.DecideAsync(
            new Ask.Enrolment
            {
                DecisionId = parts.Ids.Next("dec"),
                Code = who.Code,
                Id = who.Id,
                KeyThumbprint = who.Key.Thumbprint!,
            },
            facts, http.RequestAborted);
        List<Claim> claims = [who.Once, Enrol(who)];
        if (facts.CodeMaker is { } maker) claims.Add(new Claim.PrincipalCurrent(maker.Id, maker.Version));
        return await rooms.Audit.AppendAsync(decision, e, claims, hold) switch
        {
            Appended.Stale => new Attempt(Problem(503, Reason.Stale.Code, Reason.Stale.Message), who.Code.CreatedBy),
            Appended.Refused { Failure: var failure } => new Attempt(Problem(
                failure.Code is "conflict" or "key_known" or "too_many_keys" ? 409 : 403, failure.Code,
                failure.Message)),
            _ when decision is Decision.Denied denied =>
                new Attempt(Problem(403, denied.Reason.Code, denied.Reason.Message)),
            _ => new Attempt(() => AnswerAsync(http, who)),
        };

        Func<Task> Problem(int status, string code, string message) =>
            () => Answers.ProblemAsync(http, status, code, message, decision.Id);
    }

    private async Task AnswerAsync(HttpContext http, Enrolling who) => await Answers.JsonAsync(
        http, StatusCodes.Status201Created, OperatorDocument.Of(
            (await parts.Operators.FindAsync(who.Id))!, [who.Key], parts.Time.GetUtcNow().ToMicros()));

    private (PrincipalKeyRow? Key, BodyFault? Fault) KeyOf(
        JsonElement jwk, string id, Confirmation? binding, DateTimeOffset now)
    {
        var offered = parts.Keys.Read(new KeyRequest { Kind = PrincipalKeyKind.Jwk, Jwk = jwk }, id, now);
        if (offered is OfferedKey.Refused weak) return (null, new BodyFault(400, "invalid_key", weak.Detail));
        var key = ((OfferedKey.Accepted)offered).Row;
        return binding?.Thumbprint == key.Thumbprint
            ? (key, null)
            : (null, new BodyFault(401, "key_not_proven", "The DPoP proof is not signed with the key in jwk."));
    }

    private static string? NameOf(EnrolmentRow enrolment, EnrolRequest body)
    {
        if (enrolment.Name.Length > 0) return body.Name is null || body.Name == enrolment.Name ? enrolment.Name : null;
        return PlainText.IsName(body.Name) ? body.Name : null;
    }

    /// <summary>Uses up the code; adds the operator, or a further key to the one who has just that role.</summary>
    private static Claim.Effect Enrol(Enrolling who) => new(async tx =>
    {
        var code = who.Code;
        if (await EnrolmentStore.UseAsync(tx, code.CodeHash) is { } gone) return gone;
        if (code.CreatedBy == EnrolmentRow.Bootstrap && await OperatorStore.HasOwnerAsync(tx))
            return EnrolmentRow.CodeInvalid;
        if (await OperatorStore.FindAsync(tx, who.Id) is not { } known)
        {
            var row = new OperatorRow
            {
                Id = who.Id,
                Name = who.Name,
                Role = code.Role,
                Team = code.Team,
                CreatedAt = tx.Now,
            };
            if (await OperatorStore.InsertAsync(tx, row) is { } taken) return taken;
        }
        else if (known.Status != IdentityStatus.Active || known.Role != code.Role || known.Team != code.Team)
        {
            return ClaimFailure.Conflict($"The operator {who.Name} is there with another role, or was removed.");
        }
        // The code may have been used by whoever made it; the host's own was not made by anybody.
        var by = code.CreatedBy == EnrolmentRow.Bootstrap ? who.Id : code.CreatedBy;
        return await PrincipalKeyStore.InsertAsync(tx, who.Key, by);
    });

    private async Task ChallengeAsync(HttpContext http, OAuthError error)
    {
        http.Response.Headers.WWWAuthenticate = Answers.DpopChallenge(error);
        if (error.Code != "use_dpop_nonce") await rooms.Failures.RecordAsync(http, Kind, error.Code, null);
        await Answers.ProblemAsync(http, StatusCodes.Status401Unauthorized, error.Code, error.Description);
    }

    private async Task RefuseAsync(HttpContext http, BodyFault fault)
    {
        await rooms.Failures.RecordAsync(http, Kind, fault.Code, null);
        await Answers.ProblemAsync(http, fault.Status, fault.Code, fault.Detail);
    }

    /// <summary>Who comes in, by which code, with which proven key.</summary>
    private sealed record Enrolling(EnrolmentRow Code, string Id, string Name, PrincipalKeyRow Key, Claim.Once Once);
}

/// <summary>What enrolment reads and counts with.</summary>
public sealed record EnrolParts(
    EnrolmentStore Enrolments, OperatorStore Operators, Attempts Attempts, PrincipalNames Names, KeyReader Keys,
    MissLimit Misses, IdSource Ids, TimeProvider Time);
