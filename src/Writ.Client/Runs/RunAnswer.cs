using Microsoft.AspNetCore.Http;

namespace Writ.Client;

/// <summary>Problems (RFC 9457) for the child.</summary>
internal static class RunAnswer
{
    internal static Task ProblemAsync(
        HttpContext http, int status, string code, string detail, string? decisionId = null)
    {
        http.Response.StatusCode = status;
        var problem = new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["type"] = $"urn:writ:problem:{code}",
            ["title"] = code.Replace('_', ' '),
            ["status"] = status,
            ["detail"] = detail,
            ["code"] = code,
        };
        if (decisionId is not null)
            problem["decision_id"] = decisionId;
        return http.Response.WriteAsJsonAsync(problem, options: null, "application/problem+json", http.RequestAborted);
    }
}
