using System.Text.Json;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Writ.Client;

/// <summary>Holds the verified token of a request against what its endpoint needs, and where it wants that, asks the
/// decision point.</summary>
internal sealed class WritAuthorizationHandler(ResourceServer server) : AuthorizationHandler<WritRequirement>
{
    protected override async Task HandleRequirementAsync(
        AuthorizationHandlerContext context, WritRequirement requirement)
    {
        if (context.Resource is not HttpContext http || http.GetWritToken() is not { } token)
            return;
        if (!requirement.IsMetBy(token.Claims, server.Model.Resources, http))
        {
            http.Features.Set(new UnmetRequirement(requirement, null));
            return;
        }

        if (http.GetEndpoint()?.Metadata.GetMetadata<DecisionRequirement>() is not { } wanted)
        {
            context.Succeed(requirement);
            return;
        }

        // Without a decision point in the container this throws: the request fails, and is not let in.
        var decision = await http.RequestServices.GetRequiredService<LocalDecisionPoint>()
            .DecideAsync(requirement.QuestionOf(token, http, wanted.Honours), http.RequestAborted);
        if (decision.IsAllowed && http.GetWritDecision() is { } before)
            decision = Both(before, decision);
        if (decision.IsAllowed)
        {
            http.Features.Set(decision);
            context.Succeed(requirement);
        }
        else
        {
            http.Features.Set(new UnmetRequirement(requirement, decision));
        }
    }

    // An endpoint with two requirements keeps what comes with either.
    private static LocalDecision Both(LocalDecision before, LocalDecision decision)
    {
        var (all, code) = before.Obligations.And(
            JsonElement.Parse(decision.Obligations.ToJson()).EnumerateArray());
        return all is null
            ? LocalDecision.No(code!) with { Id = decision.Id }
            : decision with { Obligations = all };
    }

    /// <summary>What was missing, for the answer.</summary>
    /// <param name="Requirement">What the endpoint needs.</param>
    /// <param name="Decision">The no to it; null: the token does not carry it.</param>
    internal sealed record UnmetRequirement(WritRequirement Requirement, LocalDecision? Decision);
}
