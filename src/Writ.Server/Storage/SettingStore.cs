namespace Writ.Server.Storage;

/// <summary>Single values that all replicas share: the feed's epoch, the wrapped nonce key.</summary>
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
}
