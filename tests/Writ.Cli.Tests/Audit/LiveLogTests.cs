using System.Text.Json.Nodes;
using Writ.Cli.Audit;
using Writ.Tlog;

namespace Writ.Cli.Tests.Audit;

/// <summary>The log of a real broker: proven record by record, exported, gone on with, and verified.</summary>
public sealed class LiveLogTests(BrokerProcess broker) : IClassFixture<BrokerProcess>, IAsyncLifetime
{
    private readonly Terminal _terminal = new(broker.Issuer);

    public async ValueTask InitializeAsync()
    {
        var code = await _terminal.RunAsync(["server", "init", "--data-dir", broker.DataFolder]);
        (await _terminal.RunAsync(["login", broker.Issuer, "--name", "ada"], code.Succeeded()))
            .Succeeded();
    }

    public ValueTask DisposeAsync()
    {
        _terminal.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Log_is_proven_exported_gone_on_with_and_verified()
    {
        await ProveAsync();
        await ExportAsync();
    }

    private async Task ProveAsync()
    {
        await CreateAsync("proven");
        var listed = JsonNode.Parse(
            (await _terminal.RunAsync("audit list --kind resource.create -o json")).Succeeded())!.AsArray();
        var index = (long)listed[^1]!["index"]!;
        await File.WriteAllTextAsync(_terminal.At("key"), (await _terminal.RunAsync("audit key")).Succeeded());

        (await _terminal.RunAsync($"audit prove {index} -f proof")).Succeeded();

        using var nobody = new Terminal();
        foreach (var name in (string[])["key", "proof"]) File.Copy(_terminal.At(name), nobody.At(name));
        var said = (await nobody.RunAsync("audit verify proof --key key -o json")).Succeeded();
        Assert.Equal("resource proven", (string?)JsonNode.Parse(said)!["record"]!["detail"]!["target"]);
        Assert.Equal(ExitCode.Refused, (await _terminal.RunAsync("audit prove 99999999")).ExitCode);
    }

    private async Task ExportAsync()
    {
        var key = (await _terminal.RunAsync("audit key")).Succeeded().Trim();
        await CreateAsync("first");
        await ExportAsync(atLeast: 1);
        var before = SizeOf(_terminal.At("log"));
        File.Delete(_terminal.At("log/SHA256SUMS")); // as an export that was killed
        for (var i = 0; i < 40; i++) await CreateAsync($"more{i}");

        await ExportAsync(atLeast: before + 40); // partial tiles that grew

        var verified = await _terminal.RunAsync(["audit", "verify", "log", "--key", key]);
        Assert.Equal(ExitCode.Yes, verified.ExitCode);
        var live = await _terminal.RunAsync(["audit", "verify", broker.Issuer, "--key", key]);
        Assert.True(live.ExitCode == ExitCode.Yes, live.Output + live.Errors);
        Assert.Contains("details", live.Output, StringComparison.Ordinal);
        using var nobody = new Terminal();
        var refused = await nobody.RunAsync(["audit", "verify", broker.Issuer, "--key", key]);
        Assert.Equal(ExitCode.Error, refused.ExitCode);
        Assert.Contains("who may read its records", refused.Errors, StringComparison.Ordinal);
    }

    private async Task ExportAsync(long atLeast)
    {
        for (var size = 0L; size < atLeast; size = SizeOf(_terminal.At("log")))
        {
            var result = await _terminal.RunAsync("audit export log");
            Assert.True(result.ExitCode == ExitCode.Yes, result.Output + result.Errors);
        }
    }

    private static long SizeOf(string folder) =>
        SignedNote.TryParse(File.ReadAllBytes(Path.Combine(folder, LogPaths.Checkpoint)), out var note)
        && Checkpoint.TryParse(note.Text, out var head) ? head.Size : 0;

    private async Task CreateAsync(string name) =>
        (await _terminal.RunAsync($"resource create {name} --uri https://{name}.example --action stock:read"))
            .Succeeded();
}
