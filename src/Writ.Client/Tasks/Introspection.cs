using System.Text.Json;

namespace Writ.Client;

/// <summary>The broker's answer about a token (RFC 7662 §2.2).</summary>
/// <param name="IsActive"><c>active</c>: whether the token is good at this moment.</param>
/// <param name="Members">The whole answer.</param>
public sealed record Introspection(bool IsActive, JsonElement Members)
{
    internal static Introspection Parse(JsonElement answer) =>
        answer.TryGetProperty("active", out var active) && active.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? new Introspection(active.ValueKind == JsonValueKind.True, answer)
            : throw BrokerErrors.Malformed("active is missing");
}
