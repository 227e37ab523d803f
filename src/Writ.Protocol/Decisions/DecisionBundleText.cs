using System.Collections.Immutable;
using System.Text.Json;

namespace Writ.Protocol;

/// <summary>The JSON of bundles. What lacks a member is refused whole: a fact that is left out decides otherwise.
/// </summary>
internal static class DecisionBundleText
{
    internal static void Write(Utf8JsonWriter writer, DecisionBundle bundle)
    {
        writer.WriteStartObject();
        writer.WriteString("iss"u8, bundle.Issuer);
        writer.WriteString("aud"u8, bundle.Audience);
        writer.WriteString("epoch"u8, bundle.Epoch);
        writer.WriteNumber("version"u8, bundle.Version);
        writer.WriteString("policy"u8, bundle.PolicyDigest);
        writer.WriteString("policy_sha256"u8, bundle.PolicySha256);
        writer.WriteNumber("max_depth"u8, bundle.MaxDepth);
        writer.WriteStartArray("resources"u8);
        foreach (var resource in bundle.Resources)
            Write(writer, resource);
        writer.WriteEndArray();
        writer.WriteStartArray("subjects"u8);
        foreach (var subject in bundle.Subjects)
            Write(writer, subject);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    internal static DecisionBundle? Read(JsonElement payload)
    {
        if (Text(payload, "iss") is not { } issuer || Text(payload, "aud") is not { } audience
            || Text(payload, "epoch") is not { Length: > 0 } epoch || Number(payload, "version") is not { } version
            || Text(payload, "policy") is not { } policy || Text(payload, "policy_sha256") is not { } hash
            || Number(payload, "max_depth") is not (>= 0 and <= int.MaxValue and var depth)
            || List(payload, "resources", ReadResource) is not { } resources
            || List(payload, "subjects", ReadSubject) is not { } subjects)
        {
            return null;
        }

        return new DecisionBundle
        {
            Issuer = issuer,
            Audience = audience,
            Epoch = epoch,
            Version = version,
            PolicyDigest = policy,
            PolicySha256 = hash,
            MaxDepth = (int)depth,
            Resources = resources,
            Subjects = subjects,
        };
    }

    private static void Write(Utf8JsonWriter writer, BundledResource resource)
    {
        writer.WriteStartObject();
        writer.WritePropertyName("facts"u8);
        resource.Facts.WriteTo(writer);
        writer.WriteString("uri"u8, resource.Uri);
        writer.WriteStartArray("actions"u8);
        foreach (var action in resource.Actions)
            writer.WriteStringValue(action);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, BundledSubject subject)
    {
        writer.WriteStartObject();
        writer.WritePropertyName("facts"u8);
        subject.Facts.WriteTo(writer);
        writer.WriteNumber("created_at"u8, subject.CreatedAt);
        writer.WriteNumber("expires_at"u8, subject.ExpiresAt);
        writer.WritePropertyName("entitlements"u8);
        subject.Entitlements.WriteTo(writer);
        writer.WriteStartArray("signals"u8);
        foreach (var signal in subject.Signals)
        {
            writer.WriteStartObject();
            writer.WriteString("name"u8, signal.Name);
            writer.WriteNumber("score"u8, signal.Score);
            writer.WriteString("source"u8, signal.Source);
            writer.WriteNumber("at"u8, signal.At);
            writer.WriteNumber("expires_at"u8, signal.ExpiresAt);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static BundledResource? ReadResource(JsonElement item) =>
        Facts(item) is { } facts && Text(item, "uri") is { } uri && List(item, "actions", TextOf) is { } actions
            ? new BundledResource(facts, uri, actions)
            : null;

    private static BundledSubject? ReadSubject(JsonElement item) =>
        Facts(item) is { } facts && Number(item, "created_at") is { } created
        && Number(item, "expires_at") is { } expires
        && item.TryGetProperty("entitlements"u8, out var list) && Authority.TryParse(list, out var entitlements, out _)
        && List(item, "signals", ReadSignal) is { } signals
            ? new BundledSubject(facts, created, expires, entitlements, signals)
            : null;

    private static BundledSubject.Signal? ReadSignal(JsonElement item) =>
        Text(item, "name") is { } name && Number(item, "score") is { } score && Text(item, "source") is { } source
        && Number(item, "at") is { } at && Number(item, "expires_at") is { } expires
            ? new BundledSubject.Signal(name, score, source, at, expires)
            : null;

    private static JsonElement? Facts(JsonElement item) =>
        item.ValueKind == JsonValueKind.Object && item.TryGetProperty("facts"u8, out var facts)
        && facts.ValueKind == JsonValueKind.Object && Text(facts, "type") is not null && Text(facts, "id") is not null
        && facts.TryGetProperty("properties"u8, out var properties) && properties.ValueKind == JsonValueKind.Object
            ? facts
            : null;

    private static ImmutableArray<T>? List<T>(JsonElement from, string name, Func<JsonElement, T?> read)
        where T : class
    {
        if (!from.TryGetProperty(name, out var list) || list.ValueKind != JsonValueKind.Array)
            return null;
        var items = ImmutableArray.CreateBuilder<T>(list.GetArrayLength());
        foreach (var item in list.EnumerateArray())
        {
            if (read(item) is not { } one)
                return null;
            items.Add(one);
        }

        return items.MoveToImmutable();
    }

    private static string? Text(JsonElement from, string name) =>
        from.ValueKind == JsonValueKind.Object && from.TryGetProperty(name, out var value) ? TextOf(value) : null;

    private static string? TextOf(JsonElement value) =>
        value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static long? Number(JsonElement from, string name) =>
        from.ValueKind == JsonValueKind.Object && from.TryGetProperty(name, out var value)
        && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number)
            ? number
            : null;
}
