namespace Writ.Server.Tests.Edge;

/// <summary>What the broker keeps is its own: nobody else on the machine opens it.</summary>
public sealed class DataFolderTests
{
    private const UnixFileMode Others =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    [Fact]
    public async Task New_folder_and_all_secrets_in_it_are_closed()
    {
        var above = Directory.CreateTempSubdirectory("writ-test-").FullName;
        try
        {
            var folder = Path.Combine(above, "data");
            await using (var broker = await BrokerProcess.StartAsync(folder))
            {
                Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(folder) & Others);
                IsClosed(folder, "kek", "writ.db", "writ.db-wal", "writ.db-shm", "bootstrap.sock");
                await broker.StopAsync();
            }
        }
        finally
        {
            Directory.Delete(above, recursive: true);
        }
    }

    [Fact]
    public async Task Store_that_an_older_broker_left_open_is_closed()
    {
        await using var store = await TestStore.CreateAsync(Engine.Sqlite);
        await (await store.OpenMigratedAsync(TimeProvider.System)).DisposeAsync();
        File.SetUnixFileMode(store.SqliteFile, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);

        await using var broker = await BrokerProcess.StartAsync(store.Folder);

        IsClosed(store.Folder, "writ.db", "writ.db-wal", "writ.db-shm");
    }

    private static void IsClosed(string folder, params string[] names)
    {
        foreach (var name in names)
        {
            var path = Path.Combine(folder, name);
            Assert.True(File.Exists(path), $"{name} is not there");
            Assert.True((File.GetUnixFileMode(path) & Others) == UnixFileMode.None, $"others can open {name}");
        }
    }
}
