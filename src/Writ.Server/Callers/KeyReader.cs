using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Writ.Protocol;
using Writ.Server.Edge;
using Writ.Server.Storage;

namespace Writ.Server.Callers;

/// <summary>Makes a row of a key that somebody registers, or says why not: private, symmetric, weak, known to the whole
/// world, or meant to live longer than keys do.</summary>
public sealed class KeyReader(Settings settings, IdSource ids)
{
    /// <summary>Keys whose private half everybody knows: RFC 7638 §3.1, RFC 8037 A.3, RFC 9449 §4.1.</summary>
    private static readonly string[] Published =
    [
        "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs",
        "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
        "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I",
    ];

    private int MaxDays => (int)settings.KeyLife.TotalDays;

    public OfferedKey Read(KeyRequest request, string principal, DateTimeOffset now)
    {
        if (request.ExpiresInDays is { } days && (days < 1 || days > MaxDays))
            return new OfferedKey.Refused($"expires_in_days lies between 1 and {MaxDays}.");
        return request.Kind switch
        {
            PrincipalKeyKind.Jwk => ReadJwk(request, principal, now),
            PrincipalKeyKind.Certificate => ReadCertificate(request, principal, now),
            PrincipalKeyKind.CertificateAuthority => ReadAuthority(request, principal, now),
            PrincipalKeyKind.Secret => MakeSecret(request, principal, now),
            _ => new OfferedKey.Refused("The kind of a key is jwk, certificate, ca_san or secret."),
        };
    }

    /// <summary>A key as the management API shows it. Of a secret nothing, but when it is new.</summary>
    public static JsonObject Document(PrincipalKeyRow key, long now, string? secret = null)
    {
        var state = key.RevokedAt is not null ? "revoked" : key.ExpiresAt <= now ? "expired" : "in_force";
        var json = new JsonObject { ["id"] = key.Id, ["kind"] = key.Kind, ["state"] = state };
        if (key.Thumbprint is not null) json["thumbprint"] = key.Thumbprint;
        if (key.Kind is PrincipalKeyKind.CertificateAuthority) json["names"] = key.Material;
        json["created_at"] = Instant.Text(key.CreatedAt);
        if (key.Hands.Count > 0) json["added_by"] = new JsonArray([.. key.Hands.Select(h => (JsonNode)h)]);
        json["expires_at"] = Instant.Text(key.ExpiresAt);
        if (key.RevokedAt is { } revoked) json["revoked_at"] = Instant.Text(revoked);
        if (secret is not null) json["secret"] = secret;
        return json;
    }

    private OfferedKey ReadJwk(KeyRequest request, string principal, DateTimeOffset now)
    {
        if (request.Jwk is not { } element) return new OfferedKey.Refused("A key of kind jwk needs jwk.");
        if (!Protocol.Jwk.TryParsePublic(element, out var jwk, out var error))
            return new OfferedKey.Refused($"jwk: {error}.");
        if (jwk.Alg is { } alg && !JwsAlgorithms.IsKnown(alg))
            return new OfferedKey.Refused("jwk: its alg is none that signs with a key pair.");
        if (jwk.Use is not (null or "sig")) return new OfferedKey.Refused("jwk: its use is not sig.");
        if (Published.Contains(jwk.Thumbprint, StringComparer.Ordinal))
            return new OfferedKey.Refused("jwk: its private half stands in a specification.");
        return Accept(request, principal, now, jwk.ToJson(), jwk.Thumbprint);
    }

    private OfferedKey ReadCertificate(KeyRequest request, string principal, DateTimeOffset now)
    {
        if (request.Pem is not { Length: > 0 and <= 32 * 1024 } pem)
            return new OfferedKey.Refused("A certificate needs pem.");
        if (pem.Contains("PRIVATE KEY", StringComparison.Ordinal))
            return new OfferedKey.Refused("pem holds a private key, which has no place here: take it for stolen.");
        try
        {
            using var certificate = X509Certificate2.CreateFromPem(pem);
            if (!IsStrong(certificate))
                return new OfferedKey.Refused("The certificate's key is weak or of an unknown kind.");
            var ends = new DateTimeOffset(certificate.NotAfter.ToUniversalTime());
            if (ends <= now) return new OfferedKey.Refused("The certificate has expired.");
            var thumbprint = CertificateCallers.Thumbprint(certificate);
            return Accept(request, principal, now, thumbprint, thumbprint, ends);
        }
        catch (CryptographicException)
        {
            return new OfferedKey.Refused("pem holds no certificate.");
        }
    }

    private OfferedKey ReadAuthority(KeyRequest request, string principal, DateTimeOffset now)
    {
        if (!settings.CertificateAuthorities.Any(a => string.Equals(a.Name, request.Ca, StringComparison.Ordinal)))
            return new OfferedKey.Refused("ca names no configured certificate authority.");
        if (request.San is not { Length: > 4 and <= 512 } san || !PlainText.IsText(san, 512))
            return new OfferedKey.Refused("san is uri:… or dns:….");
        // DNS names know no case (RFC 4343), and nobody else may have the same one.
        if (san.StartsWith("dns:", StringComparison.Ordinal)) san = san.ToLowerInvariant();
        else if (!san.StartsWith("uri:", StringComparison.Ordinal))
            return new OfferedKey.Refused("san is uri:… or dns:….");
        return Accept(request, principal, now, $"{request.Ca}|{san}", null);
    }

    private OfferedKey MakeSecret(KeyRequest request, string principal, DateTimeOffset now)
    {
        var secret = IdSource.Secret("writsecret");
        return Accept(request, principal, now, ClientSecret.Store(secret), null) with { Secret = secret };
    }

    private OfferedKey.Accepted Accept(
        KeyRequest request, string principal, DateTimeOffset now, string material, string? thumbprint,
        DateTimeOffset? ends = null)
    {
        var expires = now.AddDays(request.ExpiresInDays ?? MaxDays);
        return new OfferedKey.Accepted(new PrincipalKeyRow
        {
            Id = ids.Next("key"),
            Principal = principal,
            Kind = request.Kind!,
            Material = material,
            Thumbprint = thumbprint,
            NotBefore = now.ToMicros(),
            ExpiresAt = (ends < expires ? ends.Value : expires).ToMicros(),
            CreatedAt = now.ToMicros(),
        });
    }

    private static bool IsStrong(X509Certificate2 certificate)
    {
        using var rsa = certificate.GetRSAPublicKey();
        if (rsa is not null) return rsa.KeySize is >= 2048 and <= 8192;
        using var ec = certificate.GetECDsaPublicKey();
        return ec is not null && ec.KeySize is 256 or 384 or 521;
    }
}

/// <summary>What became of a key that somebody offered.</summary>
public abstract record OfferedKey
{
    private OfferedKey() { }

    /// <summary>Fit to be stored.</summary>
    public sealed record Accepted(PrincipalKeyRow Row) : OfferedKey
    {
        /// <summary>A secret that we made, to be shown once.</summary>
        public string? Secret { get; init; }
    }

    public sealed record Refused(string Detail) : OfferedKey;
}
