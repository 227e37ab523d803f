using System.Globalization;
using System.Text.Json.Nodes;
using Writ.Protocol;
using Writ.Server.Acts;
using Writ.Server.Audit;
using Writ.Server.Decisions;
using Writ.Server.Edge;
using Writ.Server.Storage;

namespace Writ.Server.Simulation;

/// <summary>
/// /v1/suggestions: the least that each identity would need, by what it was given and let do in so many days. Nothing
/// is suggested of those that are younger than that.
/// </summary>
public sealed class SuggestEndpoint(
    IdentityStore identities, Registry registry, ObservedUse use, RecordIndexer indexer)
{
    private const string Action = "identity:suggest";
    private const int UsualDays = 90;
    private const int MostDays = 3650;
    private const int MostIdentities = 50; // of one page

    public Task<ActPlan> ListAsync(ActCall call)
    {
        var days = UsualDays;
        if (call.Query("days") is { } text && (!int.TryParse(text, CultureInfo.InvariantCulture, out days)
            || days is < 1 or > MostDays))
            return Task.FromResult<ActPlan>(call.Invalid($"days is 1 to {MostDays}.", Action));
        var one = call.Query("identity");
        return Task.FromResult<ActPlan>(call.Read(Action, new ActTarget("suggestions", call.Team), async http =>
        {
            await indexer.CatchUpAsync(http.RequestAborted);
            var most = Math.Min(call.Limit, MostIdentities);
            var rows = one is null
                ? await identities.ListAsync(
                    new IdentityFilter(null, null, call.Team, IdentityStatus.Active, null, call.Query("after"), most),
                    http.RequestAborted)
                : await OneAsync(one, call.Team, http.RequestAborted);
            var items = new List<JsonObject>();
            foreach (var row in rows) items.Add(await SuggestAsync(row, days, call, http.RequestAborted));
            await Answers.PageAsync(http, items, one is null && rows.Count == most ? rows[^1].Id : null);
        }));
    }

    private async Task<IReadOnlyList<IdentityRow>> OneAsync(string id, string? team, CancellationToken cancel) =>
        await identities.FindAsync(id, cancel) is { } row && (team is null || row.Team == team) ? [row] : [];

    private async Task<JsonObject> SuggestAsync(IdentityRow row, int days, ActCall call, CancellationToken cancel)
    {
        var since = (call.Now - TimeSpan.FromDays(days)).ToMicros();
        var item = new JsonObject
        {
            ["identity"] = row.Id,
            ["days"] = days,
            ["age_days"] = (call.Now.ToMicros() - row.CreatedAt) / 86_400_000_000,
        };
        if (await registry.FindAsync(row.Id, cancel) is not { } principal) return item;
        var held = principal.Entitlements;
        var observed = await use.OfAsync(principal, since, call.Registry, cancel);
        var unused = RecordedAuthority.Missing(observed.Used, held);
        item["suggestion"] = (row.CreatedAt > since, unused.IsEmpty) switch
        {
            _ when held.IsEmpty => "fits",
            (_, true) => "fits",
            (true, _) => "too_young",
            _ when observed.IsCut => "too_much_to_tell",
            _ => "narrow",
        };
        item["last_used"] = observed.LastAt is { } at ? Instant.Text(at) : null;
        item["unused"] = GrantNames.Of(unused, call.Registry);
        if ((string?)item["suggestion"] != "narrow") return item;
        // What was given lies within what was held then, which may have been more than now.
        if (Narrowing.TryIntersect(held, observed.Used, out var least))
            item["entitlements"] = GrantNames.Of(least, call.Registry);
        else item["suggestion"] = "too_much_to_tell";
        return item;
    }
}
