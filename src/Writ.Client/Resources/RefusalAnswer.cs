using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using Writ.Protocol;

namespace Writ.Client;

/// <summary>Refusals as HTTP: the challenge for programs, the problem (RFC 9457) for people.</summary>
internal static class RefusalAnswer
{
    private static readonly string Algorithms = string.Join(' ', JwsAlgorithms.All);

    /// <summary>401, 400 or 503; without a refusal the request simply had no token (RFC 6750 §3.1).</summary>
    internal static Task WriteAsync(HttpContext context, ResourceServerModel model, TokenRefusal? refusal)
    {
        var status = refusal?.Status ?? StatusCodes.Status401Unauthorized;
        if (status == StatusCodes.Status401Unauthorized)
            Challenge(context, model, refusal?.Error, refusal?.Description, scope: null);
        else if (status == StatusCodes.Status503ServiceUnavailable)
            context.Response.Headers.RetryAfter = "1";
        return WriteProblemAsync(
            context,
            status,
            refusal?.Code ?? "token_missing",
            refusal?.Description ?? "The request carries no token.");
    }

    /// <summary>403: the token is good, but not for this.</summary>
    internal static Task WriteForbiddenAsync(HttpContext context, ResourceServerModel model, WritRequirement? unmet)
    {
        const string error = "insufficient_scope";
        var detail = unmet is null ? "The token does not allow this." : $"The token does not allow {unmet}.";
        Challenge(context, model, error, detail, unmet?.Action.Value);
        return WriteProblemAsync(context, StatusCodes.Status403Forbidden, error, detail);
    }

    /// <summary>403, or 503 where nothing could be decided: the token is good, but the decision is no.</summary>
    internal static Task WriteDeniedAsync(HttpContext context, LocalDecision decision)
    {
        if (decision.IsOutage)
            context.Response.Headers.RetryAfter = "1";
        return WriteProblemAsync(
            context,
            decision.IsOutage ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status403Forbidden,
            decision.Code!,
            decision.IsOutage ? "It cannot be decided at present." : "The decision is no.",
            decision.Id);
    }

    // Everything quoted here is a fixed text of ours or a checked name: no quotation mark can be in it.
    private static void Challenge(
        HttpContext context, ResourceServerModel model, string? error, string? description, string? scope)
    {
        var parameters = new List<string>();
        if (error is not null)
            parameters.Add($"error=\"{error}\"");
        if (error is not null && description is not null)
            parameters.Add($"error_description=\"{description}\"");
        if (scope is not null)
            parameters.Add($"scope=\"{scope}\"");
        parameters.Add($"algs=\"{Algorithms}\"");
        parameters.Add($"resource_metadata=\"{model.PublicOrigin}{ProtectedResource.PathOf(model)}\"");
        context.Response.Headers.Append(HeaderNames.WWWAuthenticate, "DPoP " + string.Join(", ", parameters));
    }

    private static Task WriteProblemAsync(
        HttpContext context, int status, string code, string detail, string? decisionId = null)
    {
        context.Response.StatusCode = status;
        context.Response.Headers.CacheControl = "no-store";
        var problem = new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["type"] = $"urn:writ:problem:{code}",
            ["title"] = code.Replace('_', ' '),
            ["status"] = status,
            ["detail"] = detail,
            ["code"] = code,
            [decisionId is null ? "request_id" : "decision_id"] = decisionId ?? context.TraceIdentifier,
        };
        return context.Response.WriteAsJsonAsync(
            problem, options: null, "application/problem+json", context.RequestAborted);
    }
}
