using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Writ.Client;

/// <summary>
/// Refuses to start where an endpoint requires a resource that this server is not: it would answer 403 for ever.
/// </summary>
internal sealed class RequirementCheck(ResourceServer server) : IStartupFilter
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
