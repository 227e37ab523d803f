using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Writ.Protocol;

namespace Writ.Client;

/// <summary>Writ in an ASP.NET application that is a resource server.</summary>
public static class WritExtensions
{
    /// <summary>The authentication scheme, which <see cref="AddWrit"/> makes the default one.</summary>
    public const string Scheme = "Writ";

    /// <summary>
    /// Adds authentication by Writ's tokens, authorization by <see cref="RequireWrit"/>, and the reader of the
    /// revocation feed. Tokens are verified here, without asking the broker; see <see cref="TokenVerifier"/>.
    /// </summary>
    public static IServiceCollection AddWrit(this IServiceCollection services, Action<WritOptions> configure)
    {
        var options = new WritOptions();
        configure(options);
        services.AddSingleton(provider => new ResourceServer(
            options, provider.GetRequiredService<ILoggerFactory>().CreateLogger("Writ.Client")));
        services.AddHostedService(provider => provider.GetRequiredService<ResourceServer>());
        services.AddSingleton<IStartupFilter>(
            provider => new RequirementCheck(provider.GetRequiredService<ResourceServer>()));
        services.AddSingleton(provider => provider.GetRequiredService<ResourceServer>().Verifier);
        services.AddSingleton(provider => provider.GetRequiredService<ResourceServer>().Revocations);
        services.AddAuthentication(Scheme)
            .AddScheme<AuthenticationSchemeOptions, WritAuthenticationHandler>(Scheme, configureOptions: null);
        services.AddAuthorization();
        services.AddSingleton<IAuthorizationHandler, WritAuthorizationHandler>();
        return services;
    }

    /// <summary>The endpoint needs a token that allows the action on the resource.</summary>
    /// <param name="endpoint">The endpoint, or a group.</param>
    /// <param name="action">The action: <c>orders:read</c>.</param>
    /// <param name="resource">The registered name of the resource, one of <see cref="WritOptions.Resources"/>.</param>
    /// <param name="identifier">
    /// Finds the one thing that the request is about, so that a token for this thing alone suffices; null: a token for
    /// all of them is needed.
    /// </param>
    /// <param name="datatype">Finds the kind of data that the request is about, likewise.</param>
    /// <exception cref="FormatException">The action or the resource is malformed.</exception>
    public static TBuilder RequireWrit<TBuilder>(
        this TBuilder endpoint,
        string action,
        string resource,
        Func<HttpContext, string?>? identifier = null,
        Func<HttpContext, string?>? datatype = null)
        where TBuilder : IEndpointConventionBuilder
    {
        var requirement = new WritRequirement(
            ActionName.Parse(action), ResourceName.Parse(resource), identifier, datatype);
        var policy = new AuthorizationPolicyBuilder(Scheme)
            .RequireAuthenticatedUser()
            .AddRequirements(requirement)
            .Build();
        return endpoint.RequireAuthorization(policy).WithMetadata(requirement);
    }

    /// <summary>Serves the metadata of each of the server's resources (RFC 9728), open to all.</summary>
    public static void MapWritMetadata(this IEndpointRouteBuilder endpoints)
    {
        var server = endpoints.ServiceProvider.GetRequiredService<ResourceServer>();
        var byPath = server.Model.Resources
            .OrderBy(r => r.Value, StringComparer.Ordinal)
            .GroupBy(r => ProtectedResource.PathOf(r.Value), StringComparer.Ordinal);
        foreach (var group in byPath)
        {
            var (name, uri) = group.First();
            var metadata = new ProtectedResource
            {
                Resource = uri,
                ResourceName = name,
                AuthorizationServers = [server.Issuer],
                DpopBoundAccessTokensRequired = !server.Model.Verifier.AllowBearer,
            };
            endpoints.MapGet(group.Key, () => Results.Json(metadata, ProtectedResource.Json)).AllowAnonymous();
        }
    }

    /// <summary>The token that the request was let in with; null where the endpoint needs none.</summary>
    public static VerifiedToken? GetWritToken(this HttpContext context) => context.Features.Get<VerifiedToken>();

    /// <summary>
    /// Refuses to start where an endpoint requires a resource that this server is not: it would answer 403 for ever.
    /// </summary>
    private sealed class RequirementCheck(ResourceServer server) : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            next(app); // maps the endpoints
            var known = string.Join(", ", server.Model.Resources.Keys.Order(StringComparer.Ordinal));
            string[] faults =
            [
                .. (app.ApplicationServices.GetService<EndpointDataSource>()?.Endpoints ?? [])
                    .SelectMany(endpoint => endpoint.Metadata.GetOrderedMetadata<WritRequirement>())
                    .Where(requirement => !server.Model.Resources.ContainsKey(requirement.Resource.Value))
                    .Select(requirement => $"RequireWrit: {requirement}, but Resources names {known}.")
                    .Distinct(StringComparer.Ordinal),
            ];
            if (faults.Length > 0)
                throw new OptionsValidationException("Writ", typeof(WritOptions), faults);
        };
    }
}
