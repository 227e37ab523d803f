namespace Writ.Server.Storage;

/// <summary>Single values that all replicas share: the feed's epoch, the wrapped nonce key, high-water marks.</summary>
public sealed class SettingStore(Database database)
{
    /// <summary>The value, made and stored by whoever comes first.</summary>
    public async Task<string> GetOrAddAsync(string name, Func<string> make, CancellationToken cancel = default)
    {
        const string read = "SELECT value FROM setting WHERE name = @name";
        if (await database.FirstAsync<string>(read, new { name }, cancel) is { } known) return known;
        return await database.WriteAsync(async tx =>
        {
            await tx.ExecuteAsync(
                "INSERT INTO setting (name, value) VALUES (@name, @value) ON CONFLICT (name) DO NOTHING",
                new { name, value = make() });
            return (await tx.FirstAsync<string>(read, new { name }))!;
        }, cancel);
    }

    /// <summary>What was raised so far; 0 before the first time.</summary>
    public Task<long> HighestAsync(string name, CancellationToken cancel = default) =>
        database.FirstAsync<long>(Highest, new { name }, cancel);

    public static Task<int> SetAsync(StoreTransaction tx, string name, string value) =>
        tx.ExecuteAsync("""
            INSERT INTO setting (name, value) VALUES (@name, @value)
            ON CONFLICT (name) DO UPDATE SET value = excluded.value
            """, new { name, value });

    /// <summary>A number that only grows: the highest that was ever given.</summary>
    public static Task<int> RaiseAsync(StoreTransaction tx, string name, long value) =>
        tx.ExecuteAsync("""
            INSERT INTO setting (name, value) VALUES (@name, CAST(@value AS text))
            ON CONFLICT (name) DO UPDATE SET value = excluded.value
            WHERE CAST(setting.value AS bigint) < CAST(excluded.value AS bigint)
            """, new { name, value });

    /// <inheritdoc cref="HighestAsync(string, CancellationToken)"/>
    public static Task<long> HighestAsync(StoreTransaction tx, string name) =>
        tx.ScalarAsync<long>(Highest, new { name });

    private const string Highest = "SELECT CAST(value AS bigint) FROM setting WHERE name = @name";
}
