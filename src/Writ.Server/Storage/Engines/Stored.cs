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
    // What is kept is bounded by length, not only by number: tasks are opened by agents, who choose their texts.
    private const int LongestKept = 4 * 1024;
    private const int MostKept = 8 * 1024 * 1024; // characters, in all

    // Immutable values by their text: a task is read for each of its tokens, and its authority never changes.
    private static readonly ConcurrentDictionary<string, Authority> Authorities = new(StringComparer.Ordinal);
    private static int _kept; // characters; approximate while two threads add the same text

    public static Authority Authority(string json)
    {
        if (Authorities.TryGetValue(json, out var known)) return known;
        if (!Protocol.Authority.TryParse(json, out var authority, out var error))
            throw new InvalidDataException($"Stored authorization_details do not parse: {error}");
        if (json.Length <= LongestKept) Keep(json, authority);
        return authority;
    }

    /// <summary>How a location stands in stored authorities: as a whole string, so that none is found inside another.
    /// The characters of a location need no escapes.</summary>
    public static string Quoted(string location) => $"\"{location}\"";

    /// <summary>How many characters of text are kept with what they mean.</summary>
    internal static int KeptCharacters => Volatile.Read(ref _kept);

    private static void Keep(string json, Authority authority)
    {
        if (Interlocked.Add(ref _kept, json.Length) > MostKept)
        {
            Authorities.Clear();
            Interlocked.Exchange(ref _kept, json.Length);
        }
        Authorities[json] = authority;
    }

    public static ImmutableArray<string> Strings(string json) =>
        JsonSerializer.Deserialize<ImmutableArray<string>>(json);

    /// <summary>The column of such a list.</summary>
    public static string Text(IEnumerable<string> strings) => JsonSerializer.Serialize(strings);
}
