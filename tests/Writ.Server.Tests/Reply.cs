using System.Net.Http.Headers;
using System.Text.Json;

namespace Writ.Server.Tests;

/// <summary>An answer of the broker, read whole.</summary>
public sealed record Reply(int Status, string Text, HttpResponseHeaders Headers, string? ContentType)
{
    /// <summary>The body as JSON; a failure that shows it when it is not.</summary>
    public JsonElement Json
    {
        get
        {
            try
            {
                return JsonElement.Parse(Text);
            }
            catch (JsonException e)
            {
                throw new InvalidOperationException($"Not JSON, with status {Status}: {Text}", e);
            }
        }
    }

    /// <summary>OAuth's <c>error</c>.</summary>
    public string? Error => this["error"];

    /// <summary>The stable reason.</summary>
    public string? Code => this["code"];

    public string AccessToken =>
        this["access_token"] ?? throw new InvalidOperationException($"No token, but {Status}: {Text}");

    /// <summary>A member that is text; null where there is none.</summary>
    public string? this[string name] =>
        Text.StartsWith('{') && Json.TryGetProperty(name, out var value) ? value.GetString() : null;

    public override string ToString() => $"{Status} {Text}";

    public static async Task<Reply> OfAsync(HttpResponseMessage response)
    {
        using (response)
            return new Reply(
                (int)response.StatusCode, await response.Content.ReadAsStringAsync(), response.Headers,
                response.Content.Headers.ContentType?.MediaType);
    }
}
