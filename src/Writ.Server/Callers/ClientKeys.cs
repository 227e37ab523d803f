using System.Runtime.CompilerServices;
using Writ.Protocol;
using Writ.Server.Storage;

namespace Writ.Server.Callers;

/// <summary>
/// The registered keys of a client that are in force, made ready: once for each version of the client that the registry
/// holds, and anew when one of the keys begins or ends.
/// </summary>
internal sealed class ClientKeys(VerificationKeyCache keys)
{
    private readonly ConditionalWeakTable<Principal, Ring> _rings = [];

    public KeyRing Of(Principal principal, DateTimeOffset now)
    {
        var at = now.ToMicros();
        if (_rings.TryGetValue(principal, out var ring) && ring.From <= at && at < ring.Until) return ring.Keys;
        ring = Make(principal, at);
        _rings.AddOrUpdate(principal, ring);
        return ring.Keys;
    }

    public static bool InForce(PrincipalKeyRow key, long at) =>
        key.RevokedAt is null && key.NotBefore <= at && at < key.ExpiresAt;

    private Ring Make(Principal principal, long at)
    {
        var ring = new List<VerificationKey>(principal.Keys.Count);
        var (from, until) = (0L, Instant.MaxMicros);
        foreach (var key in principal.Keys)
        {
            foreach (var edge in (ReadOnlySpan<long>)[key.NotBefore, key.ExpiresAt])
                if (edge <= at) from = Math.Max(from, edge);
                else until = Math.Min(until, edge);
            if (key.Kind is PrincipalKeyKind.Jwk && InForce(key, at)
                && Jwk.TryParsePublic(key.Material, out var jwk, out _))
                ring.Add(keys.Get(jwk));
        }
        // Of two keys with one name, the newer: rotation keeps names at some clients.
        ring.Reverse();
        var named = ring.DistinctBy(k => k.Jwk.Kid ?? k.Jwk.Thumbprint, StringComparer.Ordinal);
        return new Ring(KeyRing.Of(named), from, until);
    }

    private sealed record Ring(KeyRing Keys, long From, long Until);
}
