using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace Writ.Protocol;

/// <summary>
/// What one resource server needs to decide by itself about its own resources: the payload of a JWS of type
/// <see cref="Typ"/>. The policy's modules come beside it, held by their hash.
/// </summary>
public sealed record DecisionBundle
{
    /// <summary>The media type.</summary>
    public const string Typ = "writ-bundle+jwt";

    /// <summary>The broker.</summary>
    public required string Issuer { get; init; }

    /// <summary>The identity that may use it, and nobody else.</summary>
    public required string Audience { get; init; }

    /// <summary>Changes when the broker's history does: versions of two epochs cannot be compared.</summary>
    public required string Epoch { get; init; }

    /// <summary>The version of the registry: what is in here is no older.</summary>
    public required long Version { get; init; }

    /// <summary>The version of the policy that is in force with it, as records name it.</summary>
    public required string PolicyDigest { get; init; }

    /// <summary>SHA-256, in hex, over the UTF-8 text of the policy's modules and documents.</summary>
    public required string PolicySha256 { get; init; }

    /// <summary>The longest delegation chain.</summary>
    public required int MaxDepth { get; init; }

    /// <summary>The resources that may be asked about.</summary>
    public required ImmutableArray<BundledResource> Resources { get; init; }

    /// <summary>The identities that are entitled to something there.</summary>
    public required ImmutableArray<BundledSubject> Subjects { get; init; }

    /// <summary>The payload.</summary>
    public byte[] ToPayload() => JsonBytes.Write(writer => DecisionBundleText.Write(writer, this));

    /// <summary>Reads a verified bundle.</summary>
    public static bool TryParse(
        JwsToken verified, [NotNullWhen(true)] out DecisionBundle? bundle, [NotNullWhen(false)] out string? error)
    {
        bundle = verified.Header.HasType(Typ) ? DecisionBundleText.Read(verified.Payload) : null;
        error = bundle is null ? "not a bundle, or a malformed one" : null;
        return bundle is not null;
    }
}
