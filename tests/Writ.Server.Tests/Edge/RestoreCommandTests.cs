using System.Text.Json;
using Writ.Testing;

namespace Writ.Server.Tests.Edge;

/// <summary>The executable beside another one of the same store: never both, and it says why.</summary>
public sealed class RestoreCommandTests
{
    [Fact]
    public async Task Restore_listens_nowhere_and_touches_no_store_that_is_served()
    {
        await using var store = await TestStore.CreateAsync(Engine.Sqlite);
        string issuer;
        await using (var broker = await BrokerProcess.StartAsync(store.Folder))
        {
            issuer = broker.Issuer;
            var refused = await RunAsync("restore", "--data-dir", store.Folder, "--listen", issuer["http://".Length..]);

            Assert.Equal(1, refused.ExitCode);
            Assert.Contains($"Another broker works in {store.Folder}", refused.Errors, StringComparison.Ordinal);
            Assert.Contains("Nobody governs this broker yet: writ server init", broker.Said, StringComparison.Ordinal);
        }

        // The address is another broker's, which is none of a restore's business.
        await using var elsewhere = await TestStore.CreateAsync(Engine.Sqlite);
        await using var other = await BrokerProcess.StartAsync(elsewhere.Folder);
        var restored = await RunAsync(
            "restore", "--data-dir", store.Folder, "--listen", other.Issuer["http://".Length..], "--issuer", issuer);

        Assert.Equal(issuer, JsonElement.Parse(restored.Succeeded()).GetProperty("issuer").GetString());
    }

    [Fact]
    public async Task Address_that_is_taken_is_named()
    {
        await using var store = await TestStore.CreateAsync(Engine.Sqlite);
        await using var broker = await BrokerProcess.StartAsync(store.Folder);
        await using var elsewhere = await TestStore.CreateAsync(Engine.Sqlite);
        var address = broker.Issuer["http://".Length..];

        var second = await RunAsync("--data-dir", elsewhere.Folder, "--listen", address);

        Assert.Equal(1, second.ExitCode);
        Assert.Contains($"Cannot listen on {address}", second.Errors, StringComparison.Ordinal);
    }

    private static Task<Command> RunAsync(params string[] arguments) =>
        Command.RunAsync(BrokerProcess.Executable(), arguments);
}
