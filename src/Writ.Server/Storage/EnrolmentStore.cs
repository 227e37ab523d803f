namespace Writ.Server.Storage;

/// <summary>Enrolment codes, by hash: each lets one key in, once.</summary>
public sealed class EnrolmentStore(Database database)
{
    /// <summary>A code that may still be used; null where there is none.</summary>
    public Task<EnrolmentRow?> FindAsync(string hash, long now, CancellationToken cancel = default) =>
        database.FirstAsync<EnrolmentRow>(
            "SELECT * FROM enrolment WHERE code_hash = @hash AND used_at IS NULL AND expires_at > @now",
            new { hash, now }, cancel);

    public static Task<int> InsertAsync(StoreTransaction tx, EnrolmentRow row) =>
        tx.ExecuteAsync("""
            INSERT INTO enrolment (code_hash, name, role, team, created_by, expires_at, used_at)
            VALUES (@CodeHash, @Name, @Role, @Team, @CreatedBy, @ExpiresAt, @UsedAt)
            """, row);

    /// <summary>Uses a code up; fails where it is gone, or somebody was faster.</summary>
    public static async Task<ClaimFailure?> UseAsync(StoreTransaction tx, string hash)
    {
        var used = await tx.ExecuteAsync(
            "UPDATE enrolment SET used_at = @now WHERE code_hash = @hash AND used_at IS NULL AND expires_at > @now",
            new { hash, now = tx.Now });
        return used == 1 ? null : EnrolmentRow.CodeInvalid;
    }

    /// <summary>The codes for a name that may still be used.</summary>
    public static Task<IReadOnlyList<EnrolmentRow>> OpenForAsync(StoreTransaction tx, string name) =>
        tx.QueryAsync<EnrolmentRow>(
            "SELECT * FROM enrolment WHERE name = @name AND used_at IS NULL AND expires_at > @now",
            new { name, now = tx.Now });

    /// <summary>Withdraws the unused codes for a name: a new one replaces them, or it is no longer welcome.</summary>
    public static Task<int> WithdrawForAsync(StoreTransaction tx, string name) =>
        tx.ExecuteAsync("DELETE FROM enrolment WHERE used_at IS NULL AND name = @name", new { name });

    /// <summary>Withdraws the unused codes that somebody made, who may do so no longer.</summary>
    public static Task<int> WithdrawByAsync(StoreTransaction tx, string maker) =>
        tx.ExecuteAsync("DELETE FROM enrolment WHERE used_at IS NULL AND created_by = @maker", new { maker });

    /// <summary>Forgets all: a restored store does not know which were used or withdrawn since.</summary>
    public static Task<int> ForgetAllAsync(StoreTransaction tx) => tx.ExecuteAsync("DELETE FROM enrolment");

    public static Task<int> PruneAsync(StoreTransaction tx) =>
        tx.ExecuteAsync("DELETE FROM enrolment WHERE expires_at < @now", new { now = tx.Now });
}

/// <summary>A code as stored: never its text.</summary>
public sealed record EnrolmentRow
{
    /// <summary>The maker of codes that come from the host itself.</summary>
    public const string Bootstrap = "bootstrap";

    public static readonly ClaimFailure CodeInvalid =
        new("code_invalid", "The code is wrong, used, or older than 15 minutes.");

    public required string CodeHash { get; init; }
    /// <summary>The operator whom it enrols; empty where the host lets the first one in, who says it.</summary>
    public required string Name { get; init; }
    public required string Role { get; init; }
    public string? Team { get; init; }
    public required string CreatedBy { get; init; }
    public required long ExpiresAt { get; init; }
    public long? UsedAt { get; init; }
}
