using System.Data.Common;
using Dapper;

namespace Writ.Server.Storage;

/// <summary>Our own signing keys, their private part wrapped by the key-encryption key.</summary>
public sealed class SigningKeyStore(Database database)
{
    private const string AllSql = "SELECT * FROM signing_key ORDER BY created_at, kid";

    public Task<IReadOnlyList<SigningKeyRow>> AllAsync(CancellationToken cancel = default) =>
        database.QueryAsync<SigningKeyRow>(AllSql, null, cancel);

    /// <summary>The same, in a blocking call on that connection.</summary>
    public static IReadOnlyList<SigningKeyRow> All(DbConnection connection) =>
        connection.Query<SigningKeyRow>(AllSql).AsList();

    public static async Task<ClaimFailure?> RevokeAsync(StoreTransaction tx, string kid)
    {
        tx.RegistryChanged = true;
        var revoked = await tx.ExecuteAsync(
            "UPDATE signing_key SET revoked_at = @now WHERE kid = @kid AND revoked_at IS NULL",
            new { kid, now = tx.Now });
        return revoked == 1 ? null : ClaimFailure.Conflict("The key is revoked already.");
    }

    /// <summary>Distrusts all keys, of whatever purpose; answers those that were trusted.</summary>
    public static async Task<IReadOnlyList<SigningKeyRow>> RevokeAllAsync(StoreTransaction tx)
    {
        tx.RegistryChanged = true;
        var trusted = await tx.QueryAsync<SigningKeyRow>("SELECT * FROM signing_key WHERE revoked_at IS NULL");
        await tx.ExecuteAsync(
            "UPDATE signing_key SET revoked_at = @now WHERE revoked_at IS NULL", new { now = tx.Now });
        return trusted;
    }

    public static Task<int> InsertAsync(StoreTransaction tx, SigningKeyRow row)
    {
        tx.RegistryChanged = true;
        return tx.ExecuteAsync("""
            INSERT INTO signing_key
              (kid, purpose, public_key, wrapped, created_at, active_from, retires_at, gone_at, revoked_at)
            VALUES (@Kid, @Purpose, @PublicKey, @Wrapped, @CreatedAt, @ActiveFrom, @RetiresAt, @GoneAt, @RevokedAt)
            """, row);
    }
}

/// <summary>A signing key: published from creation, signs from <see cref="ActiveFrom"/> to
/// <see cref="RetiresAt"/>, verifies until <see cref="GoneAt"/>.</summary>
public sealed record SigningKeyRow
{
    public required string Kid { get; init; }
    /// <summary>token or feed: a key never serves two purposes.</summary>
    public required string Purpose { get; init; }
    public required string PublicKey { get; init; }
    public required byte[] Wrapped { get; init; }
    public required long CreatedAt { get; init; }
    public required long ActiveFrom { get; init; }
    public required long RetiresAt { get; init; }
    public required long GoneAt { get; init; }
    public long? RevokedAt { get; init; }
}
