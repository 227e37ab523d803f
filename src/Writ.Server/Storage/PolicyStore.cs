using System.Text.Json;

namespace Writ.Server.Storage;

/// <summary>Versions of the policy and which of them is in force: rows and SQL.</summary>
public sealed class PolicyStore(Database database)
{
    private const string Shadow = "policy_shadow";

    public Task<PolicyRow?> FindAsync(string digest, CancellationToken cancel = default) =>
        database.FirstAsync<PolicyRow>("SELECT * FROM policy WHERE digest = @digest", new { digest }, cancel);

    /// <summary>Where these versions came from, by digest; without their content.</summary>
    public async Task<IReadOnlyDictionary<string, PolicyRow>> OriginsAsync(
        IReadOnlyList<string> digests, CancellationToken cancel = default)
    {
        if (digests.Count == 0) return new Dictionary<string, PolicyRow>(StringComparer.Ordinal);
        var (list, parameters) = ValueList.Of(digests);
        var rows = await database.QueryAsync<PolicyRow>(
            $"SELECT digest, '' AS content, source, pushed_by, pushed_at FROM policy WHERE digest IN {list}",
            parameters, cancel);
        return rows.ToDictionary(row => row.Digest, StringComparer.Ordinal);
    }

    /// <summary>Which versions were in force, the latest first.</summary>
    public Task<IReadOnlyList<PolicyTurnRow>> TurnsAsync(int most, CancellationToken cancel = default) =>
        database.QueryAsync<PolicyTurnRow>(
            "SELECT * FROM policy_turn ORDER BY number DESC LIMIT @most", new { most }, cancel);

    /// <summary>What is in force; null: what the build ships.</summary>
    public Task<PolicyTurnRow?> CurrentAsync(CancellationToken cancel = default) =>
        database.FirstAsync<PolicyTurnRow>(
            "SELECT * FROM policy_turn ORDER BY number DESC LIMIT 1", null, cancel);

    /// <summary>The version in the shadow; null: none.</summary>
    public async Task<PolicyShadow?> ShadowAsync(CancellationToken cancel = default) =>
        await database.FirstAsync<string>(
            "SELECT value FROM setting WHERE name = @Shadow AND value <> ''", new { Shadow }, cancel) is { } text
            ? JsonSerializer.Deserialize<PolicyShadow>(text)
            : null;

    /// <summary>Puts a version in the shadow, instead of another; null: none is there any longer.</summary>
    public static Task<int> ShadowAsync(StoreTransaction tx, PolicyShadow? shadow)
    {
        tx.RegistryChanged = true;
        return SettingStore.SetAsync(tx, Shadow, shadow is null ? "" : JsonSerializer.Serialize(shadow));
    }

    /// <summary>Keeps a version; one that is there already stays as it is.</summary>
    public static Task<int> InsertAsync(StoreTransaction tx, PolicyRow row) => tx.ExecuteAsync("""
        INSERT INTO policy (digest, content, source, pushed_by, pushed_at)
        VALUES (@Digest, @Content, @Source, @PushedBy, @PushedAt) ON CONFLICT (digest) DO NOTHING
        """, row);

    /// <summary>Notes the revision of what a source gave; one that is older than the last of that source is none to go
    /// back to.</summary>
    public static async Task<ClaimFailure?> TakeRevisionAsync(StoreTransaction tx, string source, long revision)
    {
        var name = $"policy_revision {source}";
        if (await SettingStore.HighestAsync(tx, name) > revision) return ClaimFailure.OlderRevision;
        await SettingStore.RaiseAsync(tx, name, revision);
        return null;
    }

    /// <summary>Puts a version in force, if the one before is still the one that was seen.</summary>
    /// <param name="tx">The transaction of its record.</param>
    /// <param name="turn">The turn; its number is one more than that of the turn that was seen.</param>
    public static async Task<ClaimFailure?> TurnAsync(StoreTransaction tx, PolicyTurnRow turn)
    {
        tx.RegistryChanged = true;
        var last = await tx.ScalarAsync<long>("SELECT COALESCE(MAX(number), 0) FROM policy_turn");
        if (last != turn.Number - 1)
            return ClaimFailure.Conflict("Another version was put in force meanwhile: look at it first.");
        await tx.ExecuteAsync("""
            INSERT INTO policy_turn (number, digest, by_whom, at, because)
            VALUES (@Number, @Digest, @ByWhom, @At, @Because)
            """, turn);
        return null;
    }
}

/// <summary>A version of the policy.</summary>
public sealed record PolicyRow
{
    public required string Digest { get; init; }
    /// <summary>Its modules and documents, as JSON.</summary>
    public required string Content { get; init; }
    /// <summary>Where it came from, as whoever pushed it says.</summary>
    public required string Source { get; init; }
    public required string PushedBy { get; init; }
    public required long PushedAt { get; init; }
}

/// <summary>A version came into force.</summary>
public sealed record PolicyTurnRow
{
    /// <summary>From 1, without gaps.</summary>
    public required long Number { get; init; }
    /// <summary>The version; null: whatever the build ships.</summary>
    public string? Digest { get; init; }
    public required string ByWhom { get; init; }
    public required long At { get; init; }
    public required string Because { get; init; }
}

/// <summary>A version beside the live one: it is asked the same, and decides nothing.</summary>
/// <param name="Digest">The version.</param>
/// <param name="ByWhom">Who put it there.</param>
/// <param name="At">When, microseconds.</param>
/// <param name="Because">Why, in their words.</param>
public sealed record PolicyShadow(string Digest, string ByWhom, long At, string Because);
