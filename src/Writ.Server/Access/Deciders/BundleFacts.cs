using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Writ.Protocol;
using Writ.Server.Decisions;
using Writ.Server.Storage;

namespace Writ.Server.Access.Deciders;

/// <summary>The facts of a bundle: resources, and whoever is entitled to something there; of their entitlements no more
/// than those.</summary>
public sealed class BundleFacts(IdentityStore identities, RiskSignalStore signals, TimeProvider time)
{
    /// <summary>The largest payload; as text it fits what a client reads (<see cref="JwsLimits.Feed"/>).</summary>
    public const int MaxBytes = 5 * 1024 * 1024;

    private const int MaxSubjects = 20_000;
    private static readonly string[] Passing = ["age_seconds", "expires_in_seconds"];

    /// <summary>Null: there are too many. They are read after the registry, so they are no older than its version.
    /// </summary>
    public async Task<(ImmutableArray<BundledResource> Resources, ImmutableArray<BundledSubject> Subjects)?> OfAsync(
        Facts facts, IReadOnlyList<ResourceRow> resources, CancellationToken cancel)
    {
        var rows = await identities.EntitledAtAsync([.. resources.Select(r => r.Uri)], MaxSubjects + 1, cancel);
        if (rows.Count > MaxSubjects) return null;
        var now = time.GetUtcNow().ToMicros();
        var risks = (await signals.LiveAsync([.. rows.Select(r => r.Id)], now, cancel))
            .ToLookup(s => s.Identity, StringComparer.Ordinal);
        var locations = resources.Select(r => r.Uri).ToHashSet(StringComparer.Ordinal);
        return (
            [.. resources.Select(r => new BundledResource(
                Element(ResourceFacts.Of(r.Uri, null, facts.Registry).ToJson()), r.Uri, [.. r.Actions.Split(' ')]))],
            [.. rows.Select(row => Subject(row, facts, locations, risks[row.Id]))]);
    }

    private static BundledSubject Subject(
        IdentityRow row, Facts facts, HashSet<string> locations, IEnumerable<RiskSignalRow> signals)
    {
        var told = JsonNode.Parse(SubjectFacts.Of(new Principal(row, null, []), facts).ToJson())!;
        foreach (var name in Passing) told["properties"]!.AsObject().Remove(name);
        return new BundledSubject(
            Element(told.ToJsonString()), row.CreatedAt, row.ExpiresAt,
            Within(Stored.Authority(row.Entitlements), locations),
            [.. signals.Select(s => new BundledSubject.Signal(s.Name, s.Score, s.Source, s.At, s.ExpiresAt))]);
    }

    /// <summary>What else somebody is entitled to is nobody's business there.</summary>
    private static Authority Within(Authority all, HashSet<string> locations) => Authority.Of(
        from detail in all.Details
        let there = detail.Locations.Where(locations.Contains).ToArray()
        where there.Length > 0
        select AuthorizationDetail.Of(detail.Actions, there, detail.Datatypes, detail.Identifier));

    private static JsonElement Element(string json) => JsonElement.Parse(json);
}
