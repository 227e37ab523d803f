using Writ.Protocol;
using Writ.Server.Decisions;
using Writ.Server.Edge;
using Writ.Server.Storage;

namespace Writ.Server.Tasks;

/// <summary>Where the task endpoints look things up.</summary>
public sealed record TaskLookups(Settings Settings, Registry Registry, FactSource Facts)
{
    /// <summary>Whether a text may name an agent at all: a SPIFFE id of our trust domain.</summary>
    public bool IsOurs(string id) =>
        SpiffeId.TryParse(id, out var parsed) && parsed.TrustDomain == Settings.TrustDomain;
}
