using Microsoft.AspNetCore.Routing.Matching;

namespace Writ.Server.Edge;

/// <summary>Of the endpoints whose paths begin alike and hold a name, leaves those that the path means.</summary>
public sealed class NamedPathPolicy : MatcherPolicy, IEndpointSelectorPolicy
{
    public override int Order => 0;

    public bool AppliesToEndpoints(IReadOnlyList<Endpoint> endpoints) => endpoints.Any(e => PathOf(e) is not null);

    public Task ApplyAsync(HttpContext httpContext, CandidateSet candidates)
    {
        for (var i = 0; i < candidates.Count; i++)
            if (candidates.IsValidCandidate(i) && PathOf(candidates[i].Endpoint) is { } path
                && !(candidates[i].Values is { } values && path.Takes(values)))
                candidates.SetValidity(i, false);
        return Task.CompletedTask;
    }

    private static NamedPath? PathOf(Endpoint endpoint) => endpoint.Metadata.GetMetadata<NamedPath>();
}
