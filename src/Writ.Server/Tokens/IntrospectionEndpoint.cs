using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Writ.Protocol;
using Writ.Server.Audit;
using Writ.Server.Callers;
using Writ.Server.Edge;
using Writ.Server.Revocations;
using Writ.Server.Storage;

namespace Writ.Server.Tokens;

/// <summary>
/// POST /oauth/introspect (RFC 7662): whether one of our access tokens is alive. Answered to every caller that
/// authenticates: who holds the token's text can read its claims anyway. A token that is not alive tells nothing.
/// Refusals are recorded, successes counted: one is a record only if it used up an assertion or a proof.
/// </summary>
public sealed class IntrospectionEndpoint(
    TokenCallers tokens, RevocationState revocations, ClientAccess access, RefusalLog refusals, AuditLog audit,
    Telemetry telemetry)
{
    private static readonly byte[] Inactive = """{"active":false}"""u8.ToArray();
    // What a living token says does not change; the same claims come back for as long as its verification is kept.
    private readonly ConditionalWeakTable<AccessTokenClaims, byte[]> _described = [];

    public async Task HandleAsync(HttpContext http)
    {
        if (!revocations.IsFresh) { await Answers.OAuthAsync(http, TokenAnswer.Stale); return; }
        var (form, status) = await RequestBody.ReadAsync(http, RequestBody.Form);
        if (form is null) { await refusals.BodyAsync(http, status); return; }
        if (IntrospectionRequest.Parse(form, out var error) is not { } request)
        {
            await refusals.RequestAsync(http, error!);
            return;
        }
        var who = await access.AuthenticateAsync(http, request.Client, "token:introspect");
        if (who is CallerOutcome.Refused stranger) { await refusals.CallerAsync(http, stranger); return; }
        var caller = ((CallerOutcome.Authenticated)who).Caller;
        if (await refusals.IsStoppedAsync(http, caller)) return;
        if (await UseUpAsync(http, caller) is { } replayed)
        {
            await Answers.OAuthAsync(http, TokenErrors.Of(replayed));
            return;
        }
        // Once more: the body may have come slowly, and the verdict is of this moment.
        if (!revocations.IsFresh) { await Answers.OAuthAsync(http, TokenAnswer.Stale); return; }
        var token = tokens.ReadAny(request.Token);
        telemetry.Introspected(token is not null);
        await WriteAsync(http, token is not null ? _described.GetValue(token, Describe) : Inactive);
    }

    /// <summary>A proof is good once, here too: used up before the answer, in the record of its use.</summary>
    private async Task<ClaimFailure?> UseUpAsync(HttpContext http, Caller caller)
    {
        Claim.Once[] once = [.. caller.Claims.OfType<Claim.Once>()];
        if (once.Length == 0) return null;
        var e = new AuditEvent
        {
            Kind = "token.introspect",
            Actor = caller.Principal.Id,
            RequestId = http.TraceIdentifier,
        };
        return await audit.UseUpAsync(e, once) is Appended.Refused { Failure: var failure } ? failure : null;
    }

    /// <summary>RFC 7662 §2.2, with the members of RFC 9396 §9.2, RFC 8693 §4.1 and RFC 9449 §6.2.</summary>
    private static byte[] Describe(AccessTokenClaims token)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteBoolean("active"u8, true);
            json.WriteString("token_type"u8, token.Confirmation is Confirmation.Jkt ? "DPoP"u8 : "Bearer"u8);
            using var claims = JsonDocument.Parse(token.ToPayload());
            foreach (var member in claims.RootElement.EnumerateObject()) member.WriteTo(json);
            json.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }

    private static async Task WriteAsync(HttpContext http, byte[] json)
    {
        http.Response.ContentType = "application/json";
        http.Response.Headers.CacheControl = "no-store";
        http.Response.ContentLength = json.Length;
        await http.Response.BodyWriter.WriteAsync(json, http.RequestAborted);
    }
}
