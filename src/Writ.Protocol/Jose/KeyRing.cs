using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;

namespace Writ.Protocol;

/// <summary>
/// An immutable set of verification keys, found by <c>kid</c>: a JWK Set (RFC 7517 §5) ready for use.
/// </summary>
public sealed class KeyRing
{
    /// <summary>The most keys that a JWK Set may bring.</summary>
    public const int MaxKeys = 64;

    private readonly FrozenDictionary<string, VerificationKey> _byKid;

    private KeyRing(ImmutableArray<VerificationKey> keys)
    {
        Keys = keys;
        var byKid = keys.Where(key => key.Jwk.Kid is not null)
            .ToDictionary(key => key.Jwk.Kid!, StringComparer.Ordinal);
        // A key that was given no name goes by its thumbprint (RFC 7638 §1), as its holder will call it.
        foreach (var key in keys)
        {
            if (key.Jwk.Kid is null)
                byKid.TryAdd(key.Jwk.Thumbprint, key);
        }

        _byKid = byKid.ToFrozenDictionary(StringComparer.Ordinal);
    }

    /// <summary>A ring that verifies nothing.</summary>
    public static KeyRing Empty { get; } = new([]);

    /// <summary>All keys, in the order of the set.</summary>
    public ImmutableArray<VerificationKey> Keys { get; }

    /// <summary>Builds a ring. The ring does not own the keys.</summary>
    /// <exception cref="ArgumentException">Two keys have the same <c>kid</c>.</exception>
    public static KeyRing Of(IEnumerable<VerificationKey> keys) => new([.. keys]);

    /// <summary>Builds a ring of public keys.</summary>
    /// <exception cref="ArgumentException">Two keys have the same <c>kid</c>.</exception>
    public static KeyRing Of(params IEnumerable<Jwk> keys) => new([.. keys.Select(jwk => new VerificationKey(jwk))]);

    /// <summary>
    /// Reads a JWK Set. Keys that we could not use anyway (encryption keys, unknown types) are left out, as RFC 7517
    /// §5 says; a set with a private or symmetric key, or with one <c>kid</c> twice, is refused whole.
    /// </summary>
    public static bool TryParse(
        ReadOnlySpan<byte> jwks,
        [NotNullWhen(true)] out KeyRing? ring,
        [NotNullWhen(false)] out string? error)
    {
        ring = null;
        if (!StrictJson.TryParse(jwks, StrictJson.DefaultMaxDepth, out var root, out error))
            return false;
        return TryParse(root, out ring, out error);
    }

    /// <inheritdoc cref="TryParse(ReadOnlySpan{byte}, out KeyRing?, out string?)"/>
    public static bool TryParse(
        string jwks,
        [NotNullWhen(true)] out KeyRing? ring,
        [NotNullWhen(false)] out string? error) =>
        TryParse(Encoding.UTF8.GetBytes(jwks), out ring, out error);

    /// <inheritdoc cref="TryParse(ReadOnlySpan{byte}, out KeyRing?, out string?)"/>
    public static bool TryParse(
        JsonElement jwks,
        [NotNullWhen(true)] out KeyRing? ring,
        [NotNullWhen(false)] out string? error)
    {
        ring = null;
        error = Read(jwks, out var keys);
        if (error is not null)
            return false;
        ring = Of(keys);
        return true;
    }

    /// <summary>The key of that id: its <c>kid</c>, or its thumbprint where it has none.</summary>
    public bool TryGet(string kid, [NotNullWhen(true)] out VerificationKey? key) => _byKid.TryGetValue(kid, out key);

    /// <summary>Writes the JWK Set.</summary>
    public void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteStartArray("keys"u8);
        foreach (var key in Keys)
            key.Jwk.WriteTo(writer);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    /// <summary>The JWK Set as text.</summary>
    public string ToJson() => Encoding.UTF8.GetString(JsonBytes.Write(WriteTo));

    private static string? Read(JsonElement jwks, out List<Jwk> keys)
    {
        keys = [];
        if (jwks.ValueKind != JsonValueKind.Object
            || !jwks.TryGetProperty("keys"u8, out var array)
            || array.ValueKind != JsonValueKind.Array
            || array.GetArrayLength() > MaxKeys)
        {
            return "not a JWK Set";
        }

        var kids = new HashSet<string>(StringComparer.Ordinal);
        foreach (var item in array.EnumerateArray())
        {
            if (Jwk.HoldsSecret(item))
                return "the JWK Set holds a private or symmetric key";
            if (!Jwk.TryParsePublic(item, out var jwk, out _) || jwk.Use is "enc")
                continue;
            if (jwk.Kid is { } kid && !kids.Add(kid))
                return "the JWK Set has one kid twice";
            keys.Add(jwk);
        }

        return null;
    }
}
