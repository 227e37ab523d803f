namespace Writ.Server.Storage;

/// <summary>The keys by which identities and operators prove themselves.</summary>
public sealed class PrincipalKeyStore(Database database)
{
    /// <summary>Keys in force of one principal: enough to rotate with overlap on many machines.</summary>
    public const int MostInForce = 10;

    /// <summary>Keys that a principal may get within an hour, whatever became of them: each change of keys is news for
    /// all who decide.</summary>
    public const int MostInHour = 60;

    private const long Hour = 3_600_000_000;

    public Task<IReadOnlyList<PrincipalKeyRow>> OfAsync(string principal, CancellationToken cancel = default) =>
        database.QueryAsync<PrincipalKeyRow>(
            "SELECT * FROM principal_key WHERE principal = @principal ORDER BY id", new { principal }, cancel);

    /// <summary>Adds a key, if its principal has not too many. A key is registered once, ever: neither two principals
    /// nor two terms share one.</summary>
    /// <param name="tx">The record's transaction.</param>
    /// <param name="row">The key.</param>
    /// <param name="by">Who adds it, or made the code by which it comes in.</param>
    public static async Task<ClaimFailure?> InsertAsync(StoreTransaction tx, PrincipalKeyRow row, string by)
    {
        // What is added with a key is in the same hands as that key.
        row = row with { AddedBy = Stored.Text(by == row.Principal ? await HandsAsync(tx, row.Principal) : [by]) };
        tx.RegistryChanged = true;
        if (await InForceAsync(tx, row.Principal) >= MostInForce) return ClaimFailure.TooManyKeys;
        var recent = await tx.ScalarAsync<long>(
            "SELECT COUNT(*) FROM principal_key WHERE principal = @Principal AND created_at > @since",
            new { row.Principal, since = tx.Now - Hour });
        if (recent >= MostInHour) return ClaimFailure.TooManyKeys;
        if (row.Kind is PrincipalKeyKind.CertificateAuthority && await IsTakenAsync(tx, row))
            return ClaimFailure.KeyKnown;
        var inserted = await tx.ExecuteAsync("""
            INSERT INTO principal_key (id, principal, kind, material, thumbprint, not_before, expires_at, revoked_at,
              created_at, added_by)
            VALUES (@Id, @Principal, @Kind, @Material, @Thumbprint, @NotBefore, @ExpiresAt, @RevokedAt, @CreatedAt,
              @AddedBy)
            ON CONFLICT DO NOTHING
            """, row);
        return inserted == 1 ? null : ClaimFailure.KeyKnown;
    }

    /// <summary>Whoever owned it until now may hold the keys that it has.</summary>
    public static async Task RememberOwnerAsync(StoreTransaction tx, string principal, string owner)
    {
        var keys = await tx.QueryAsync<PrincipalKeyRow>(
            "SELECT * FROM principal_key WHERE principal = @principal AND revoked_at IS NULL", new { principal });
        foreach (var key in keys)
            await tx.ExecuteAsync(
                "UPDATE principal_key SET added_by = @hands WHERE id = @Id",
                new { key.Id, hands = Stored.Text([.. key.Hands.Append(owner).Distinct(StringComparer.Ordinal)]) });
    }

    /// <summary>Ends a key now; its principal's version moves, so that nothing decided on it goes through, and until
    /// the moment up to which its tokens die it gets none.</summary>
    public static async Task<ClaimFailure?> RevokeAsync(
        StoreTransaction tx, string principal, string id, long deadUntil)
    {
        var updated = await tx.ExecuteAsync("""
            UPDATE principal_key SET revoked_at = @at WHERE id = @id AND principal = @principal AND revoked_at IS NULL
            """, new { id, principal, at = tx.Now });
        if (updated == 0) return ClaimFailure.NotFound("key in force");
        tx.RegistryChanged = true;
        foreach (var table in new[] { "identity", "operator" })
            await tx.ExecuteAsync(
                $"UPDATE {table} SET dead_until = @deadUntil, version = version + 1 WHERE id = @principal",
                new { principal, deadUntil });
        return null;
    }

    /// <summary>Ends all keys of a principal. Its row is changed by the same act, which moves its version.</summary>
    public static Task<int> RevokeAllAsync(StoreTransaction tx, string principal)
    {
        tx.RegistryChanged = true;
        return tx.ExecuteAsync(
            "UPDATE principal_key SET revoked_at = @at WHERE principal = @principal AND revoked_at IS NULL",
            new { principal, at = tx.Now });
    }

    /// <summary>Keys in force of active identities and operators that end before a moment, and have no open finding of
    /// the kind.</summary>
    public Task<IReadOnlyList<PrincipalKeyRow>> EndingAsync(
        long from, long to, string finding, CancellationToken cancel = default) =>
        database.QueryAsync<PrincipalKeyRow>("""
            SELECT k.* FROM principal_key k
            WHERE k.revoked_at IS NULL AND k.expires_at >= @from AND k.expires_at < @to
              AND (EXISTS (SELECT 1 FROM identity i WHERE i.id = k.principal AND i.status <> 'decommissioned')
                OR EXISTS (SELECT 1 FROM operator o WHERE o.id = k.principal AND o.status = 'active'))
              AND NOT EXISTS (
                SELECT 1 FROM finding f WHERE f.kind = @finding AND f.subject = k.id AND f.status = 'open')
            ORDER BY k.expires_at LIMIT 500
            """, new { from, to, finding }, cancel);

    private static async Task<string[]> HandsAsync(StoreTransaction tx, string principal)
    {
        var keys = await tx.QueryAsync<PrincipalKeyRow>(
            "SELECT * FROM principal_key WHERE principal = @principal AND revoked_at IS NULL", new { principal });
        var now = Instant.FromMicros(tx.Now);
        return [.. keys.Where(k => k.MattersAt(now)).SelectMany(k => k.Hands).Distinct(StringComparer.Ordinal)];
    }

    private static Task<long> InForceAsync(StoreTransaction tx, string principal) => tx.ScalarAsync<long>("""
        SELECT COUNT(*) FROM principal_key
        WHERE principal = @principal AND revoked_at IS NULL AND expires_at > @Now
        """, new { principal, tx.Now });

    private static async Task<bool> IsTakenAsync(StoreTransaction tx, PrincipalKeyRow row) =>
        await tx.ScalarAsync<long>("""
            SELECT COUNT(*) FROM principal_key WHERE kind = @Kind AND material = @Material AND principal <> @Principal
              AND revoked_at IS NULL AND expires_at > @Now
            """, new { row.Kind, row.Material, row.Principal, tx.Now }) > 0;
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
    /// <summary>Who may hold its private half besides its principal, as a JSON list: whoever added it, and whoever
    /// owned the principal since. Nothing is known of keys that are older than this column.</summary>
    public string AddedBy { get; init; } = "[]";
    /// <summary>The same, one by one.</summary>
    public IReadOnlyList<string> Hands => Stored.Strings(AddedBy);

    /// <summary>Whether something may be alive yet that was got by it.</summary>
    public bool MattersAt(DateTimeOffset now) => RevokedAt is null && ExpiresAt > (now - Longest).ToMicros();

    // No task and no token lives longer; what a key was revoked for is dead with it.
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);
}

/// <summary>How a key proves its principal.</summary>
public static class PrincipalKeyKind
{
    public const string Jwk = "jwk";
    public const string Certificate = "certificate";
    public const string CertificateAuthority = "ca_san";
    public const string Secret = "secret";
}
