using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text.Json;
using Writ.Protocol;

namespace Writ.Server.Storage;

/// <summary>
/// Reads back the JSON columns that we wrote; anything else there is a broken store, not a bad request.
/// </summary>
internal static class Stored
{
    private const int MostAuthorities = 10_000;

    // Immutable values by their text: a task is read for each of its tokens, and its authority never changes.
    private static readonly ConcurrentDictionary<string, Authority> Authorities = new(StringComparer.Ordinal);

    public static Authority Authority(string json)
    {
        if (Authorities.TryGetValue(json, out var known)) return known;
        if (!Protocol.Authority.TryParse(json, out var authority, out var error))
            throw new InvalidDataException($"Stored authorization_details do not parse: {error}");
        if (Authorities.Count >= MostAuthorities) Authorities.Clear();
        return Authorities[json] = authority;
    }

    /// <summary>How a location stands in stored authorities: as a whole string, so that none is found inside another.
    /// The characters of a location need no escapes.</summary>
    public static string Quoted(string location) => $"\"{location}\"";

    public static ImmutableArray<string> Strings(string json) =>
        JsonSerializer.Deserialize<ImmutableArray<string>>(json);
}
