namespace Writ.Server.Storage;

/// <summary>The keys by which identities and operators prove themselves.</summary>
public sealed class PrincipalKeyStore(Database database)
{
    public Task<IReadOnlyList<PrincipalKeyRow>> OfAsync(string principal, CancellationToken cancel = default) =>
        database.QueryAsync<PrincipalKeyRow>(
            "SELECT * FROM principal_key WHERE principal = @principal ORDER BY id", new { principal }, cancel);

    public static Task<int> InsertAsync(StoreTransaction tx, PrincipalKeyRow row)
    {
        tx.RegistryChanged = true;
        return tx.ExecuteAsync("""
            INSERT INTO principal_key
              (id, principal, kind, material, thumbprint, not_before, expires_at, revoked_at, created_at)
            VALUES (@Id, @Principal, @Kind, @Material, @Thumbprint, @NotBefore, @ExpiresAt, @RevokedAt, @CreatedAt)
            """, row);
    }

    /// <summary>Ends a key now; its principal's version moves, so that nothing decided on it goes through.</summary>
    public static async Task<ClaimFailure?> RevokeAsync(StoreTransaction tx, string principal, string id)
    {
        tx.RegistryChanged = true;
        var updated = await tx.ExecuteAsync("""
            UPDATE principal_key SET revoked_at = @at WHERE id = @id AND principal = @principal AND revoked_at IS NULL
            """, new { id, principal, at = tx.Now });
        return updated == 1 ? null : ClaimFailure.NotFound("key in force");
    }
}

/// <summary>One way in which an identity or operator proves itself. No private material is ever stored here.</summary>
public sealed record PrincipalKeyRow
{
    public required string Id { get; init; }
    /// <summary>The identity or operator that the key proves.</summary>
    public required string Principal { get; init; }
    public required string Kind { get; init; }
    /// <summary>By kind: a public JWK; a certificate's SHA-256 thumbprint; <c>CA name|SAN</c>; a salted hash.</summary>
    public required string Material { get; init; }
    /// <summary>JWK thumbprint or x5t#S256, where there is one.</summary>
    public string? Thumbprint { get; init; }
    public required long NotBefore { get; init; }
    public required long ExpiresAt { get; init; }
    public long? RevokedAt { get; init; }
    public required long CreatedAt { get; init; }
}

/// <summary>How a key proves its principal.</summary>
public static class PrincipalKeyKind
{
    public const string Jwk = "jwk";
    public const string Certificate = "certificate";
    public const string CertificateAuthority = "ca_san";
    public const string Secret = "secret";
}
