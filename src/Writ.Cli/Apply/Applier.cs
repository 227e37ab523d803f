using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Writ.Cli.Printing;
using Writ.Client;
using Writ.Protocol;

namespace Writ.Cli.Apply;

/// <summary>Holds documents against the registers, and makes these say the same. Nothing is removed.</summary>
internal sealed class Applier(Func<HttpMethod, string, JsonNode?, Task<JsonObject>> send)
{
    /// <summary>What would have to be done, in order.</summary>
    public async Task<IReadOnlyList<ApplyStep>> PlanAsync(IReadOnlyList<Manifest> manifests)
    {
        var places = await PlacesAsync();
        foreach (var manifest in manifests)
        {
            if (manifest.Kind.Name == "Resource" && manifest.Members["uri"] is JsonValue uri)
                places.TryAdd(manifest.Name, uri.ToString());
        }

        var likeness = new Likeness(places);
        var steps = new List<ApplyStep>();
        foreach (var manifest in manifests)
            steps.Add(await CompareAsync(manifest, likeness));
        return steps;
    }

    /// <summary>The URIs of the registered resources, by name.</summary>
    public async Task<Dictionary<string, string>> PlacesAsync()
    {
        var places = new Dictionary<string, string>(StringComparer.Ordinal);
        string? after = null;
        do
        {
            var page = await send(HttpMethod.Get, "/v1/resources?limit=500" + after, null);
            foreach (var resource in page["items"]?.AsArray() ?? [])
                places[(string)resource!["name"]!] = (string)resource["uri"]!;
            after = (string?)page["next"] is { } next ? $"&after={Uri.EscapeDataString(next)}" : null;
        }
        while (after is not null);
        return places;
    }

    /// <summary>Does one step.</summary>
    /// <exception cref="WritException">Refused, or the broker was not reached; the text names the document.</exception>
    public Task DoAsync(ApplyStep step) => AtAsync(step.Manifest, () => SendAsync(step, query: ""));

    /// <summary>Asks the broker whether it would take a step, which changes nothing.</summary>
    /// <returns>False where it cannot be told yet: the document names another one that is not there.</returns>
    /// <inheritdoc cref="DoAsync"/>
    public async Task<bool> TryAsync(ApplyStep step, IReadOnlyCollection<Manifest> missing)
    {
        try
        {
            await AtAsync(step.Manifest, () => SendAsync(step, "?dry_run=true"));
            return true;
        }
        catch (WritException e) when (e.IsRefusal && missing.Any(one => Names(step.Manifest.Members, one.Name)))
        {
            return false;
        }
    }

    private async Task SendAsync(ApplyStep step, string query)
    {
        var manifest = step.Manifest;
        switch (step)
        {
            case ApplyStep.Create:
                var body = (JsonObject)manifest.Members.DeepClone();
                body["name"] = manifest.Name;
                await send(HttpMethod.Post, manifest.Kind.Register + query, body);
                break;
            case ApplyStep.Change change:
                var path = manifest.Kind.PathOf(manifest.Name);
                var patch = new JsonObject(
                    change.Changes.Select(c => KeyValuePair.Create(c.Member, c.To?.DeepClone())));
                if (patch.Count > 0)
                    await send(HttpMethod.Patch, path + query, patch);
                foreach (var key in change.NewKeys)
                    await send(HttpMethod.Post, $"{path}/keys{query}", key.DeepClone());
                break;
        }
    }

    private static async Task<T> AtAsync<T>(Manifest manifest, Func<Task<T>> act)
    {
        try
        {
            return await act();
        }
        catch (WritException e) when (e.Code != "not_found")
        {
            throw new WritException(e.Code, $"{manifest.Source}: {manifest}: {e.Message}", e)
            {
                Reason = e.Reason,
                DecisionId = e.DecisionId,
                Status = e.Status,
            };
        }
    }

    private static Task AtAsync(Manifest manifest, Func<Task> act) => AtAsync(manifest, async () =>
    {
        await act();
        return true;
    });

    // As an agent, an owner, or behind the @ of a grant.
    private static bool Names(JsonNode? node, string name) => node switch
    {
        JsonObject map => map.Any(member => Names(member.Value, name)),
        JsonArray list => list.Any(item => Names(item, name)),
        JsonValue value when value.TryGetValue(out string? text) =>
            Cell.Short(text) == name || text.EndsWith("@" + name, StringComparison.Ordinal),
        _ => false,
    };

    private async Task<ApplyStep> CompareAsync(Manifest manifest, Likeness likeness)
    {
        JsonObject found;
        try
        {
            found = await AtAsync(manifest, () => send(HttpMethod.Get, manifest.Kind.PathOf(manifest.Name), null));
        }
        catch (WritException e) when (e.Code == "not_found")
        {
            return new ApplyStep.Create(manifest);
        }

        var changes = manifest.Members
            .Where(member => member.Key != "keys" && !manifest.Kind.AtBirth.Contains(member.Key))
            .Where(member => !likeness.Same(manifest.Kind, member.Key, member.Value, found[member.Key]))
            .Select(member => new MemberChange(member.Key, found[member.Key], member.Value))
            .ToImmutableArray();
        if (changes.FirstOrDefault(change => manifest.Kind.Fixed.Contains(change.Member)) is { } impossible)
        {
            throw new UnableException(
                $"{manifest.Source}: {impossible.Member} of {manifest} stays {Cell.Of(impossible.From)} for ever.");
        }

        var keys = NewKeys(manifest.Members["keys"] as JsonArray ?? [], found["keys"] as JsonArray ?? []);
        return changes.IsEmpty && keys.IsEmpty
            ? new ApplyStep.Keep(manifest)
            : new ApplyStep.Change(manifest, changes, keys);
    }

    // Only keys that have a thumbprint can be told apart; a secret or a name in a certificate is given at birth.
    private static ImmutableArray<JsonObject> NewKeys(JsonArray wanted, JsonArray found)
    {
        var known = found
            .Where(key => (string?)key!["state"] is "in_force")
            .Select(key => (string?)key!["thumbprint"])
            .ToHashSet(StringComparer.Ordinal);
        return [.. wanted.OfType<JsonObject>().Where(key =>
            key["jwk"] is { } jwk
            && Jwk.TryParsePublic(jwk.ToJsonString(), out var one, out _)
            && !known.Contains(one.Thumbprint))];
    }
}
