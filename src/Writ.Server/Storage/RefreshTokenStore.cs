namespace Writ.Server.Storage;

/// <summary>Refresh tokens, by hash. A used one is kept, so that its second use is known for what it is.</summary>
public sealed class RefreshTokenStore(Database database)
{
    public Task<RefreshTokenRow?> FindAsync(string hash, CancellationToken cancel = default) =>
        database.FirstAsync<RefreshTokenRow>("SELECT * FROM refresh_token WHERE hash = @hash", new { hash }, cancel);

    public static Claim Insert(RefreshTokenRow row) => new Claim.Effect(async tx =>
    {
        await tx.ExecuteAsync("""
            INSERT INTO refresh_token
              (hash, family, client, task, subject, key_thumbprint, claims, issued_at, expires_at)
            VALUES (@Hash, @Family, @Client, @Task, @Subject, @KeyThumbprint, @Claims, @IssuedAt, @ExpiresAt)
            """, row);
        return null;
    });

    /// <summary>Uses a token up; fails where somebody was faster.</summary>
    public static Claim Use(string hash) => new Claim.Effect(async tx =>
    {
        var used = await tx.ExecuteAsync(
            "UPDATE refresh_token SET used_at = @at WHERE hash = @hash AND used_at IS NULL", new { hash, at = tx.Now });
        return used == 1 ? null : ClaimFailure.RefreshReused;
    })
    {
        MustBeHeard = true, // an honest client would try again, and look like a thief
    };

    /// <summary>Forgets all: a restored store does not know which were used since.</summary>
    public static Task<int> ForgetAllAsync(StoreTransaction tx) => tx.ExecuteAsync("DELETE FROM refresh_token");

    /// <summary>Forgets what has expired: nobody could use it any more, once or twice.</summary>
    public Task PruneAsync(DateTimeOffset now, CancellationToken cancel = default) => database.WriteAsync(
        tx => tx.ExecuteAsync("DELETE FROM refresh_token WHERE expires_at < @before", new { before = now.ToMicros() }),
        cancel);
}

/// <summary>A refresh token as stored: never its text.</summary>
public sealed record RefreshTokenRow
{
    public required string Hash { get; init; }
    /// <summary>
    /// All that rotated from one grant. Access tokens carry it as an ancestor, so one row kills them all.
    /// </summary>
    public required string Family { get; init; }
    public required string Client { get; init; }
    public required string Task { get; init; }
    public required string Subject { get; init; }
    public required string KeyThumbprint { get; init; }
    /// <summary>What was granted at first: authorization_details as JSON.</summary>
    public required string Claims { get; init; }
    public required long IssuedAt { get; init; }
    public required long ExpiresAt { get; init; }
    public long? UsedAt { get; init; }
}
