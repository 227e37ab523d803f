using Writ.Protocol;

namespace Writ.Client;

/// <summary>
/// The tokens of a run, for its child: for the resources of its task, and never for the broker itself, whatever the
/// broker would say: a child that could speak to the broker could start work of its own.
/// </summary>
internal sealed class RunTokens(WorkTaskHandle task)
{
    // The registered name of the management resource, which is the issuer.
    private const string Management = "writ";

    /// <summary>A token for what is asked.</summary>
    /// <exception cref="WritException">It is for the broker, refused, or the broker was not reached.</exception>
    internal async Task<IssuedToken> GetAsync(TokenAsk ask, CancellationToken cancel)
    {
        if (ask.Resource == Management
            || ask.Grants.Any(grant => grant.EndsWith("@" + Management, StringComparison.Ordinal))
            || (ask.Resource is { } resource && await IsAtBrokerAsync(resource, cancel)))
        {
            throw NotForTheBroker();
        }

        // What was granted counts, however it was asked for.
        var token = await task.GetTokenAsync(ask, cancel);
        foreach (var location in token.Authority.Locations)
        {
            if (await IsAtBrokerAsync(location, cancel))
                throw NotForTheBroker();
        }

        return token;
    }

    /// <summary>Whether a proof may be made for a URL: at a resource of the task, and not at the broker.</summary>
    internal async Task<bool> MayProveAsync(Uri url, CancellationToken cancel) =>
        (task.Authority ?? Authority.Empty).Locations.Any(location =>
            Uri.TryCreate(location, UriKind.Absolute, out var place)
            && SafeOrigin.IsSafe(place)
            && SafeOrigin.IsWithin(place, url))
        && !await task.IsAtBrokerAsync(url, cancel);

    private async ValueTask<bool> IsAtBrokerAsync(string location, CancellationToken cancel) =>
        Uri.TryCreate(location, UriKind.Absolute, out var place) && await task.IsAtBrokerAsync(place, cancel);

    private static WritException NotForTheBroker() =>
        new("wrong_resource", "The broker is no resource of a run.") { Status = 403 };
}
