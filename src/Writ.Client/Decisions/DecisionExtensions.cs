using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Writ.Client;

/// <summary>Decisions by the broker's rules and policy, made in the process of a resource server.</summary>
public static class DecisionExtensions
{
    /// <summary>
    /// Adds a <see cref="LocalDecisionPoint"/> for the resources that <see cref="WritExtensions.AddWrit"/> names, and
    /// what keeps it current and brings its decisions to the broker.
    /// </summary>
    public static IServiceCollection AddWritDecisions(
        this IServiceCollection services, Action<DecisionOptions> configure)
    {
        var options = new DecisionOptions();
        configure(options);
        services.AddSingleton(provider => new DecisionServer(
            provider.GetRequiredService<ResourceServer>(), options,
            provider.GetRequiredService<ILoggerFactory>().CreateLogger("Writ.Client")));
        services.AddHostedService(provider => provider.GetRequiredService<DecisionServer>());
        services.AddSingleton(provider => provider.GetRequiredService<DecisionServer>().Decisions);
        services.AddSingleton<IStartupFilter, DecisionCheck>();
        return services;
    }

    /// <summary>
    /// Whoever <see cref="WritExtensions.RequireWrit"/> lets in is also decided on, here and now: whoever acts with the
    /// token, the same action and resource, and the token's task, chain and binding. A no is 403.
    /// </summary>
    /// <param name="endpoint">The endpoint, or a group; it has <see cref="WritExtensions.RequireWrit"/>, too.</param>
    /// <param name="honours">
    /// The obligations that the endpoint keeps: <c>mask</c>. It finds them in <see cref="GetWritDecision"/>. Any other
    /// that comes with a yes makes it a no.
    /// </param>
    public static TBuilder RequireWritDecision<TBuilder>(this TBuilder endpoint, params string[] honours)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new DecisionRequirement([.. honours]));

    /// <summary>The decision that the request was let in by, with its obligations; null where the endpoint needs none.
    /// </summary>
    public static LocalDecision? GetWritDecision(this HttpContext context) => context.Features.Get<LocalDecision>();

    /// <summary>Refuses to start where an endpoint would wait for a decision that is never made.</summary>
    private sealed class DecisionCheck : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            next(app); // maps the endpoints
            string[] faults =
            [
                .. (app.ApplicationServices.GetService<EndpointDataSource>()?.Endpoints ?? [])
                    .Where(endpoint => endpoint.Metadata.GetMetadata<DecisionRequirement>() is not null
                        && endpoint.Metadata.GetMetadata<WritRequirement>() is null)
                    .Select(endpoint => $"RequireWritDecision without RequireWrit: {endpoint.DisplayName}."),
            ];
            if (faults.Length > 0)
                throw new OptionsValidationException("Writ", typeof(DecisionOptions), faults);
        };
    }
}

/// <summary>An endpoint whose requests are decided on.</summary>
/// <param name="Honours">The obligations that it keeps.</param>
internal sealed record DecisionRequirement(IReadOnlyCollection<string> Honours);
