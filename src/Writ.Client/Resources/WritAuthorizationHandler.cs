using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;

namespace Writ.Client;

/// <summary>Holds the verified token of a request against what its endpoint needs.</summary>
internal sealed class WritAuthorizationHandler(ResourceServer server) : AuthorizationHandler<WritRequirement>
{
    protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, WritRequirement requirement)
    {
        if (context.Resource is HttpContext http && http.GetWritToken() is { } token)
        {
            if (requirement.IsMetBy(token.Claims, server.Model.Resources, http))
                context.Succeed(requirement);
            else
                http.Features.Set(new UnmetRequirement(requirement));
        }

        return Task.CompletedTask;
    }

    /// <summary>What was missing, for the answer.</summary>
    internal sealed record UnmetRequirement(WritRequirement Requirement);
}
