namespace Writ.Server.Storage;

/// <summary>Identities: rows and SQL. Changes are claims of an audit append; nothing here commits by itself.</summary>
public sealed class IdentityStore(Database database)
{
    public Task<IdentityRow?> FindAsync(string id, CancellationToken cancel = default) =>
        database.FirstAsync<IdentityRow>("SELECT * FROM identity WHERE id = @id", new { id }, cancel);

    public static Task<IdentityRow?> FindAsync(StoreTransaction tx, string id) =>
        tx.FirstAsync<IdentityRow>("SELECT * FROM identity WHERE id = @id", new { id });

    /// <summary>Identities by filter, in order of their ids.</summary>
    public Task<IReadOnlyList<IdentityRow>> ListAsync(IdentityFilter filter, CancellationToken cancel = default) =>
        // Labels are found as they are written: a quoted name, a quoted value; neither can hold a raw quote.
        database.QueryAsync<IdentityRow>("""
            SELECT * FROM identity
            WHERE (@Kind IS NULL OR kind = @Kind) AND (@Owner IS NULL OR owner = @Owner)
              AND (@Team IS NULL OR team = @Team) AND (@Status IS NULL OR status = @Status)
              AND (@Label IS NULL OR REPLACE(labels, @Label, '') <> labels)
              AND (@After IS NULL OR id > @After)
            ORDER BY id LIMIT @Limit
            """, filter, cancel);

    /// <summary>The active identities of a kind that may touch a location at all, in order of their ids.</summary>
    public Task<IReadOnlyList<string>> EntitledAsync(
        string kind, string location, string after, int most, CancellationToken cancel = default) =>
        database.QueryAsync<string>("""
            SELECT id FROM identity
            WHERE kind = @kind AND status = 'active' AND id > @after
              AND REPLACE(entitlements, @quoted, '') <> entitlements
            ORDER BY id LIMIT @most
            """, new { kind, quoted = Stored.Quoted(location), after, most }, cancel);

    /// <summary>An identity that may touch a location, if there is one.</summary>
    public static Task<string?> AnyEntitledAtAsync(StoreTransaction tx, string location) =>
        tx.FirstAsync<string>("""
            SELECT id FROM identity
            WHERE status <> 'decommissioned' AND REPLACE(entitlements, @quoted, '') <> entitlements LIMIT 1
            """, new { quoted = Stored.Quoted(location) });

    /// <summary>The identities that may touch one of these locations, by id: active or not, up to a number.</summary>
    public Task<IReadOnlyList<IdentityRow>> EntitledAtAsync(
        IReadOnlyList<string> locations, int most, CancellationToken cancel = default)
    {
        var (_, parameters) = ValueList.Of([.. locations.Select(Stored.Quoted)]);
        var any = Enumerable.Range(0, locations.Count)
            .Select(i => $"REPLACE(entitlements, @v{i}, '') <> entitlements");
        return database.QueryAsync<IdentityRow>($"""
            SELECT * FROM identity WHERE status <> 'decommissioned' AND ({string.Join(" OR ", any)})
            ORDER BY id LIMIT {most}
            """, parameters, cancel);
    }

    /// <summary>The identities that a lock of them, or of all of their owner or team, stops.</summary>
    public static Task<IReadOnlyList<IdentityRow>> ToLockAsync(
        StoreTransaction tx, string? id, string? owner, string? team) =>
        tx.QueryAsync<IdentityRow>($"""
            SELECT * FROM identity WHERE status <> 'decommissioned' AND (@id IS NULL OR id = @id)
              AND (@owner IS NULL OR owner = @owner) AND (@team IS NULL OR team = @team) ORDER BY id{tx.ForUpdate}
            """, new { id, owner, team });

    /// <summary>Suspends, whatever version it is: stopping must not lose a race.</summary>
    public static async Task<ClaimFailure?> SuspendAsync(StoreTransaction tx, string id, long deadUntil)
    {
        tx.RegistryChanged = true;
        var updated = await tx.ExecuteAsync("""
            UPDATE identity SET status = 'suspended', dead_until = @deadUntil, version = version + 1
            WHERE id = @id AND status <> 'decommissioned'
            """, new { id, deadUntil });
        return updated == 1 ? null : ClaimFailure.NotFound("identity");
    }

    /// <summary>Ends it for good.</summary>
    public static async Task<ClaimFailure?> DecommissionAsync(StoreTransaction tx, string id, long deadUntil)
    {
        tx.RegistryChanged = true;
        var updated = await tx.ExecuteAsync("""
            UPDATE identity SET status = 'decommissioned', dead_until = @deadUntil, version = version + 1
            WHERE id = @id AND status <> 'decommissioned'
            """, new { id, deadUntil });
        return updated == 1 ? null : ClaimFailure.Conflict("The identity is decommissioned already.");
    }

    /// <summary>Lets a suspended one in again, once the tokens of before are dead wherever clocks differ.</summary>
    public static async Task<ClaimFailure?> ResumeAsync(StoreTransaction tx, string id)
    {
        tx.RegistryChanged = true;
        var row = await FindAsync(tx, id);
        if (row is { Status: IdentityStatus.Decommissioned })
            return ClaimFailure.Conflict("The identity is decommissioned, which is final.");
        if (row is not { Status: IdentityStatus.Suspended })
            return ClaimFailure.Conflict("The identity is not suspended.");
        // Tokens carry whole seconds: what is issued in the second of the revocation would be born dead.
        if (row.DeadUntil + 1_000_000 > tx.Now)
            return new ClaimFailure("too_soon", "Its tokens of before are dying: try again in a few seconds.");
        await tx.ExecuteAsync(
            "UPDATE identity SET status = 'active', version = version + 1 WHERE id = @id", new { id });
        return null;
    }

    /// <summary>Identities that an operator owns and that still are.</summary>
    public static Task<IReadOnlyList<IdentityRow>> OwnedByAsync(StoreTransaction tx, string owner) =>
        tx.QueryAsync<IdentityRow>(
            "SELECT * FROM identity WHERE owner = @owner AND status <> 'decommissioned' ORDER BY id", new { owner });

    /// <summary>The setting with the longest life of tokens, seconds, that any identity was ever given.</summary>
    public const string LongestToken = "longest_token_seconds";

    public static async Task<ClaimFailure?> InsertAsync(StoreTransaction tx, IdentityRow row)
    {
        tx.RegistryChanged = true;
        await RaiseLongestTokenAsync(tx, row);
        var inserted = await tx.ExecuteAsync("""
            INSERT INTO identity (id, kind, owner, team, purpose, status, clearance, labels, entitlements,
              max_token_seconds, implicit_task, bearer, dead_until, created_at, created_by, expires_at, version)
            VALUES (@Id, @Kind, @Owner, @Team, @Purpose, @Status, @Clearance, @Labels, @Entitlements,
              @MaxTokenSeconds, @ImplicitTask, @Bearer, @DeadUntil, @CreatedAt, @CreatedBy, @ExpiresAt,
              @Version)
            ON CONFLICT DO NOTHING
            """, row);
        return inserted == 1 ? null : ClaimFailure.Conflict($"The identity {row.Id} exists already.");
    }

    /// <summary>Replaces what may change, if the row is still the version that was read.</summary>
    public static async Task<ClaimFailure?> UpdateAsync(StoreTransaction tx, IdentityRow row)
    {
        tx.RegistryChanged = true;
        await RaiseLongestTokenAsync(tx, row);
        if (await FindAsync(tx, row.Id) is { Owner: var before } && before != row.Owner)
            await PrincipalKeyStore.RememberOwnerAsync(tx, row.Id, before);
        var updated = await tx.ExecuteAsync("""
            UPDATE identity SET owner = @Owner, team = @Team, purpose = @Purpose, status = @Status,
              clearance = @Clearance, labels = @Labels, entitlements = @Entitlements,
              max_token_seconds = @MaxTokenSeconds, implicit_task = @ImplicitTask, bearer = @Bearer,
              dead_until = @DeadUntil, expires_at = @ExpiresAt, version = @Version + 1
            WHERE id = @Id AND version = @Version
            """, row);
        return updated == 1 ? null : ClaimFailure.Conflict($"The identity {row.Id} was changed by somebody else.");
    }

    /// <summary>Never lowered: tokens of before live on.</summary>
    private static Task<int> RaiseLongestTokenAsync(StoreTransaction tx, IdentityRow row) =>
        row.MaxTokenSeconds is { } seconds
            ? SettingStore.RaiseAsync(tx, LongestToken, seconds)
            : Task.FromResult(0);
}

/// <summary>Which identities a list shows; null: any.</summary>
/// <param name="Kind">One of <see cref="IdentityKind"/>.</param>
/// <param name="Owner">The owner's id.</param>
/// <param name="Team">The team.</param>
/// <param name="Status">One of <see cref="IdentityStatus"/>.</param>
/// <param name="Label">A pair as it stands in the stored object: <c>"name":"value"</c>.</param>
/// <param name="After">Behind this id.</param>
/// <param name="Limit">So many.</param>
public sealed record IdentityFilter(
    string? Kind, string? Owner, string? Team, string? Status, string? Label, string? After, int Limit);

/// <summary>One non-human identity as stored.</summary>
public sealed record IdentityRow
{
    public required string Id { get; init; }
    public required string Kind { get; init; }
    public required string Owner { get; init; }
    public required string Team { get; init; }
    public required string Purpose { get; init; }
    public string Status { get; init; } = IdentityStatus.Active;
    public required string Clearance { get; init; }
    /// <summary>Free labels, a JSON object of strings.</summary>
    public string Labels { get; init; } = "{}";
    /// <summary>The ceiling: authorization_details as JSON.</summary>
    public string Entitlements { get; init; } = "[]";
    /// <summary>The longest life of a token, in seconds; null for the kind's default.</summary>
    public int? MaxTokenSeconds { get; init; }
    /// <summary>An agent that may get a token without opening a task first.</summary>
    public bool ImplicitTask { get; init; }
    /// <summary>An exception that an operator granted: tokens without a key binding. A finding.</summary>
    public bool Bearer { get; init; }
    /// <summary>
    /// Tokens issued up to this moment are dead: the last suspension; resuming waits until it has passed.
    /// </summary>
    public long? DeadUntil { get; init; }
    public required long CreatedAt { get; init; }
    /// <summary>Who registered it; null: it is older than this column.</summary>
    public string? CreatedBy { get; init; }
    public required long ExpiresAt { get; init; }
    public long Version { get; init; } = 1;
}

/// <summary>active ⇄ suspended → decommissioned.</summary>
public static class IdentityStatus
{
    public const string Active = "active";
    public const string Suspended = "suspended";
    public const string Decommissioned = "decommissioned";
}

/// <summary>The kinds of identity.</summary>
public static class IdentityKind
{
    public const string Agent = "agent";
    public static readonly IReadOnlyList<string> All =
        [Agent, "workload", "service_account", "pipeline", "model", "mcp_server"];
}
