using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Writ.Cli.Printing;

/// <summary>A value of the API as people read it, on one line, with nothing in it that a terminal obeys.</summary>
internal static class Cell
{
    private const string Scheme = "spiffe://";

    public static string Of(JsonNode? value) => value switch
    {
        null => "",
        JsonArray array => string.Join(", ", array.Select(Of)),
        JsonObject detail when detail["actions"] is JsonArray => Grant(detail),
        JsonObject key when key["id"] is not null && key["state"] is not null => Key(key),
        JsonObject map => string.Join(", ", map.Select(member => $"{SafeText.Of(member.Key)}={Of(member.Value)}")),
        _ => Scalar(value),
    };

    /// <summary>A moment, written as text or as microseconds since 1970.</summary>
    public static string Moment(JsonNode? value) =>
        value is JsonValue number && number.TryGetValue(out long micros)
            ? Text(DateTimeOffset.UnixEpoch.AddMicroseconds(micros))
            : Of(value);

    /// <summary>A SPIFFE id without its trust domain: <c>agent/billing</c>; other text as it is.</summary>
    public static string Short(string id)
    {
        var slash = id.StartsWith(Scheme, StringComparison.Ordinal) ? id.IndexOf('/', Scheme.Length) : -1;
        return slash < 0 ? id : id[(slash + 1)..];
    }

    /// <summary>A list of SPIFFE ids, each without its trust domain.</summary>
    public static string Names(JsonNode? ids) =>
        string.Join(", ", (ids as JsonArray ?? []).Select(id => Short(Of(id))));

    /// <summary>A list of authorization details, or of grants, as <c>orders:read@orders</c> apart by spaces.</summary>
    public static string Authority(JsonNode? details) =>
        details is JsonArray array ? string.Join(' ', array.Select(Of)) : Of(details);

    // As in the grammar of grants, though with URIs where only the broker knows the registered name.
    private static string Grant(JsonObject detail)
    {
        var actions = string.Join(',', detail["actions"]!.AsArray().Select(Of));
        var places = string.Join(',', detail["locations"]?.AsArray().Select(Of) ?? []);
        var which = detail["identifier"] is { } one ? $" [{Of(one)}]" : "";
        var data = detail["datatypes"] is JsonArray names ? $" ({string.Join(',', names.Select(Of))})" : "";
        return $"{actions}@{places}{which}{data}";
    }

    // A key of an identity; a secret that was made for it is shown this once.
    private static string Key(JsonObject key)
    {
        var which = key["thumbprint"] ?? key["names"];
        var secret = key["secret"] is { } made ? $"  secret {Of(made)}" : "";
        return $"{Of(key["id"])}  {Of(key["kind"])}  {Of(key["state"])}  until {Of(key["expires_at"])}"
            + (which is null ? "" : $"  {Of(which)}") + secret;
    }

    private static string Scalar(JsonNode value) => value.GetValueKind() switch
    {
        JsonValueKind.True => "yes",
        JsonValueKind.False => "no",
        JsonValueKind.String => SafeText.Of(Time((string)value!)),
        _ => value.ToJsonString(),
    };

    // Times come with microseconds; people read seconds.
    private static string Time(string text) =>
        text.Length >= 20 && text[10] == 'T' && text[^1] is 'Z' or '0'
        && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? Text(time)
            : text;

    private static string Text(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
}
