using System.Collections.Immutable;
using System.Text.Json;
using Writ.Protocol;

namespace Writ.Server.Storage;

/// <summary>
/// Reads back the JSON columns that we wrote; anything else there is a broken store, not a bad request.
/// </summary>
internal static class Stored
{
    public static Authority Authority(string json) =>
        Protocol.Authority.TryParse(json, out var authority, out var error)
            ? authority
            : throw new InvalidDataException($"Stored authorization_details do not parse: {error}");

    /// <summary>How a location stands in stored authorities: as a whole string, so that none is found inside another.
    /// The characters of a location need no escapes.</summary>
    public static string Quoted(string location) => $"\"{location}\"";

    public static ImmutableArray<string> Strings(string json) =>
        JsonSerializer.Deserialize<ImmutableArray<string>>(json);
}
