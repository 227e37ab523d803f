using System.Collections.Immutable;
using Writ.Protocol;

namespace Writ.Client;

/// <summary>What a token shall allow. Name a resource, or grants, or exact details: all at one resource.</summary>
public sealed record TokenAsk
{
    /// <summary>The registered name of the resource, or its URI; null when the grants or details name it.</summary>
    public string? Resource { get; init; }

    /// <summary>Grants as people write them: <c>orders:read@orders</c>. Empty: all that the task allows.</summary>
    public ImmutableArray<string> Grants { get; init; } = [];

    /// <summary>Exact <c>authorization_details</c>, where identifier or datatypes matter.</summary>
    public Authority? Details { get; init; }

    /// <summary>The one identity that may exchange the token besides its holder.</summary>
    public string? MayAct { get; init; }

    /// <summary>All that the task allows at a resource.</summary>
    public static TokenAsk For(string resource) => new() { Resource = resource };

    /// <summary>Grants at one resource.</summary>
    public static TokenAsk Of(params IEnumerable<string> grants) => new() { Grants = [.. grants] };

    /// <inheritdoc/>
    public bool Equals(TokenAsk? other) => other is not null && Key == other.Key;

    /// <inheritdoc/>
    public override int GetHashCode() => Key.GetHashCode(StringComparison.Ordinal);

    // What is asked, as one text: equal asks share a token.
    internal string Key =>
        string.Join('\n', [Resource ?? "", string.Join(' ', Grants), Details?.ToJson() ?? "", MayAct ?? ""]);

    internal IEnumerable<KeyValuePair<string, string>> Parameters()
    {
        // RFC 8707 §2: `resource` is a URI; RFC 8693 §2.1: `audience` is a logical name.
        if (Resource is { } resource)
            yield return new(AuthorizationDetail.IsLocation(resource) ? "resource" : "audience", resource);
        if (!Grants.IsEmpty)
            yield return new("scope", string.Join(' ', Grants));
        if (Details is { } details)
            yield return new("authorization_details", details.ToJson());
        if (MayAct is { } actor)
            yield return new("may_act", actor);
    }
}
