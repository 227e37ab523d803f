using Writ.Server.Audit;
using Writ.Server.Storage;
using Writ.Testing;

namespace Writ.Server.Tests;

/// <summary>An audit log on a store, without a broker around it.</summary>
public sealed class TestLog : IAsyncDisposable
{
    private readonly TestStore? _owned;

    private TestLog(Database database, FakeTimeProvider time, TestStore? owned)
    {
        Time = time;
        _owned = owned;
        Inner = database;
        Database = new FaultyDatabase(database);
        Audit = new AuditLog(Database, time);
        Now = time.GetUtcNow();
    }

    /// <summary>The store itself, which no fault touches.</summary>
    public Database Inner { get; }

    public FaultyDatabase Database { get; }

    public AuditLog Audit { get; }

    public DateTimeOffset Now { get; }

    public FakeTimeProvider Time { get; }

    public static async Task<TestLog> OpenAsync(Engine engine)
    {
        var store = await TestStore.CreateAsync(engine);
        return await OpenAsync(store, store);
    }

    /// <summary>On a store that the caller keeps: one more replica, or the same after a restart.</summary>
    public static Task<TestLog> OpenAsync(TestStore store) => OpenAsync(store, null);

    private static async Task<TestLog> OpenAsync(TestStore store, TestStore? owned)
    {
        var time = FakeTimeProvider.AtPresent();
        return new TestLog(await store.OpenMigratedAsync(time), time, owned);
    }

    public Task<Appended> AppendAsync(params IReadOnlyList<Claim> claims) =>
        Audit.AppendOwnActAsync(new AuditEvent { Kind = "test.append", Actor = "test" }, claims);

    public Task<long> HeadAsync() => new RecordStore(Inner).HeadAsync();

    public async Task<int> RecordsAsync() => (await new RecordStore(Inner).FromAsync(0, 100_000)).Count;

    /// <summary>A one-time value named by a text.</summary>
    public Claim.Once Once(string value) => new(
        System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(value)),
        Now.AddMinutes(5).ToMicros(), ClaimFailure.AssertionReplayed);

    /// <summary>An open task of an agent's, to be opened.</summary>
    public TaskRow Work(string id) => new()
    {
        Id = id,
        Workflow = "refunds",
        Agent = "spiffe://example.org/agent/a",
        Purpose = "test",
        Authority = "[]",
        OpenedBy = "test",
        OpenedAt = Now.ToMicros(),
        Deadline = Now.AddHours(1).ToMicros(),
    };

    /// <summary>An effect that is easy to look for: a setting.</summary>
    public static Claim.Effect Put(string name, string value = "1") => new(async tx =>
    {
        await tx.ExecuteAsync("INSERT INTO setting (name, value) VALUES (@name, @value)", new { name, value });
        return null;
    });

    public Task<string?> SettingAsync(string name) =>
        Inner.FirstAsync<string>("SELECT value FROM setting WHERE name = @name", new { name });

    public async ValueTask DisposeAsync()
    {
        Database.Fault = Fault.None;
        await Audit.DisposeAsync();
        await Database.DisposeAsync();
        if (_owned is not null) await _owned.DisposeAsync();
    }
}
