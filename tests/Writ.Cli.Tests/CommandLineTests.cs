using System.Text.Json.Nodes;
using Writ.Cli.Profiles;

namespace Writ.Cli.Tests;

/// <summary>The commands against the real broker, from the first operator to the end of a task.</summary>
public sealed class CommandLineTests(BrokerProcess broker) : IClassFixture<BrokerProcess>, IAsyncLifetime
{
    private static readonly SemaphoreSlim FirstLogin = new(1);
    private readonly Terminal _terminal = new(broker.Issuer);

    // Whoever comes first is the broker's first operator; the others are let in by them.
    public async ValueTask InitializeAsync()
    {
        await FirstLogin.WaitAsync();
        try
        {
            if (await TryInitAsync() is { } code)
            {
                (await _terminal.RunAsync(["login", broker.Issuer, "--name", "alice"], code)).Succeeded();
                Directory.CreateDirectory(Shared);
                foreach (var file in Directory.GetFiles(_terminal.Home.Folder))
                    File.Copy(file, Path.Combine(Shared, Path.GetFileName(file)));
            }
        }
        finally
        {
            FirstLogin.Release();
        }

        _terminal.Set("WRIT_HOME", Shared);
    }

    public ValueTask DisposeAsync()
    {
        _terminal.Dispose();
        return ValueTask.CompletedTask;
    }

    private string Shared => Path.Combine(broker.DataFolder, "test-operator");

    [Fact]
    public async Task There_is_one_first_operator_only()
    {
        var again = await _terminal.RunAsync(["server", "init", "--data-dir", broker.DataFolder]);

        Assert.Equal(ExitCode.Error, again.ExitCode);
        Assert.Equal("", again.Output);
    }

    [Fact]
    public async Task An_operator_is_let_in_by_a_code_and_does_no_more_than_the_role_allows()
    {
        using var other = new Terminal();
        var code = (await _terminal.RunAsync("operator enrol bob --role viewer")).Succeeded();
        (await other.RunAsync(["login", broker.Issuer], code)).Succeeded();

        var reads = await other.RunAsync("operator ls");
        var acts = await other.RunAsync("operator enrol carol --role viewer -o json");
        var second = await other.RunAsync(["login", broker.Issuer], code);

        Assert.Contains("bob", reads.Succeeded(), StringComparison.Ordinal);
        Assert.Equal(ExitCode.Refused, acts.ExitCode);
        var problem = JsonNode.Parse(acts.Errors)!;
        Assert.Equal("insufficient_scope", (string?)problem["code"]);
        Assert.StartsWith("dec_", (string?)problem["decision_id"], StringComparison.Ordinal);
        Assert.NotEqual(ExitCode.Yes, second.ExitCode);
        Assert.DoesNotContain(code.Trim(), second.Errors, StringComparison.Ordinal);
        Assert.Equal(WritHome.FileMode, File.GetUnixFileMode(other.Home.KeyFile));
    }

    [Fact]
    public async Task The_last_owner_stays()
    {
        var result = await _terminal.RunAsync("operator remove alice --yes");

        Assert.Equal(ExitCode.Refused, result.ExitCode);
        Assert.Contains("last_owner", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Applying_a_file_twice_changes_nothing_and_a_diff_does_nothing()
    {
        var file = _terminal.At("shop.yaml");
        await File.WriteAllTextAsync(file, Shop("Reads"));
        var planned = (await _terminal.RunAsync(["apply", "-f", file, "--dry-run", "-o", "json"])).Succeeded();
        var first = (await _terminal.RunAsync(["apply", "-f", file, "-o", "json"])).Succeeded();
        var second = (await _terminal.RunAsync(["apply", "-f", file, "-o", "json"])).Succeeded();
        await File.WriteAllTextAsync(file, Shop("Writes"));
        var diff = (await _terminal.RunAsync(["apply", "-f", file, "--diff"])).Succeeded();
        var third = (await _terminal.RunAsync(["apply", "-f", file, "-o", "json"])).Succeeded();

        Assert.Equal(["created", "created", "created"], Outcomes(planned));
        Assert.Equal(["created", "created", "created"], Outcomes(first));
        Assert.Equal(["unchanged", "unchanged", "unchanged"], Outcomes(second));
        Assert.Contains("- purpose: \"Reads\"\n+ purpose: \"Writes\"", diff, StringComparison.Ordinal);
        Assert.Equal(["unchanged", "changed", "unchanged"], Outcomes(third));

        var elsewhere = Shop("Writes").Replace("shop.example", "other.example", StringComparison.Ordinal);
        await File.WriteAllTextAsync(file, elsewhere);
        var moved = await _terminal.RunAsync(["apply", "-f", file]);
        Assert.Equal(ExitCode.Error, moved.ExitCode);
        Assert.Contains("uri", moved.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_task_gets_its_token_and_loses_it_when_it_ends()
    {
        var key = _terminal.At("agent.pem");
        foreach (var line in (string[])
            [
                "resource create stock --uri https://stock.example --action stock:read --action stock:write",
                $"identity create agent/counter --purpose counts --entitlement stock:read@stock --generate-key {key}",
                "workflow create counting --agent agent/counter --grant stock:read,stock:write@stock",
            ])
        {
            (await _terminal.RunAsync(line)).Succeeded();
        }

        Assert.Equal(WritHome.FileMode, File.GetUnixFileMode(key));
        using var agent = new Terminal(broker.Issuer);
        agent.Set("WRIT_IDENTITY", "agent/counter"); // the broker says in which trust domain
        agent.Set("WRIT_KEY", key);

        var task = (await agent.RunAsync("task start --workflow counting --purpose count --grant stock:read@stock"))
            .Succeeded().Trim();
        var token = (await agent.RunAsync($"token get --task {task} --grant stock:read@stock")).Succeeded().Trim();
        var refused = await agent.RunAsync($"token get --task {task} --grant stock:write@stock");
        var live = (await agent.RunAsync(["token", "inspect", "-o", "json"], token)).Succeeded();
        var tree = (await agent.RunAsync($"task show {task}")).Succeeded();
        (await agent.RunAsync($"task end {task}")).Succeeded();
        (await agent.RunAsync($"task end {task}")).Succeeded();
        var dead = (await agent.RunAsync(["token", "inspect", "-o", "json"], token)).Succeeded();

        Assert.Equal(ExitCode.Refused, refused.ExitCode);
        Assert.Contains("decision dec_", refused.Errors, StringComparison.Ordinal);
        Assert.True((bool?)JsonNode.Parse(live)!["active"]);
        Assert.Contains("active  access token", tree, StringComparison.Ordinal);
        Assert.False((bool?)JsonNode.Parse(dead)!["active"]);
        Assert.Contains("revoked", (await agent.RunAsync($"task show {task}")).Succeeded(), StringComparison.Ordinal);
        var records = (await _terminal.RunAsync($"audit list --task {task}")).Succeeded();
        Assert.Contains("token.issue", records, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Short_names_of_agents_find_their_tasks_and_records()
    {
        var key = _terminal.At("agent.pem");
        foreach (var line in (string[])
            [
                "resource create shelf --uri https://shelf.example --action shelf:read",
                $"identity create agent/finder --purpose finds --entitlement shelf:read@shelf --generate-key {key}",
                "workflow create finding --agent agent/finder --grant shelf:read@shelf",
                "task start --workflow finding --purpose find --agent agent/finder",
            ])
        {
            (await _terminal.RunAsync(line)).Succeeded();
        }

        var tasks = JsonNode.Parse((await _terminal.RunAsync("task list --agent agent/finder -o json")).Succeeded())!;
        var records = (await _terminal.RunAsync("audit list --identity agent/finder")).Succeeded();

        Assert.Equal("spiffe://example.org/agent/finder", (string?)Assert.Single(tasks.AsArray())!["agent"]);
        Assert.Contains("task.start", records, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_that_the_broker_does_not_take_is_not_kept()
    {
        var key = _terminal.At("unused.pem");

        var result = await _terminal.RunAsync(
            $"identity create agent/none --purpose none --entitlement no:thing@nowhere --generate-key {key}");

        Assert.NotEqual(ExitCode.Yes, result.ExitCode);
        Assert.False(File.Exists(key));
    }

    [Fact]
    public async Task The_doctor_finds_a_healthy_broker_well_and_says_the_mend_of_an_exposed_key()
    {
        var well = await _terminal.RunAsync(["doctor", "--data-dir", broker.DataFolder]);
        var secret = Path.Combine(broker.DataFolder, "kek");
        File.SetUnixFileMode(broker.DataFolder, WritHome.FolderMode | UnixFileMode.OtherExecute);
        File.SetUnixFileMode(secret, WritHome.FileMode | UnixFileMode.OtherRead);
        var ill = await _terminal.RunAsync(["doctor", "--data-dir", broker.DataFolder, "-o", "json"]);
        File.SetUnixFileMode(secret, WritHome.FileMode);
        File.SetUnixFileMode(broker.DataFolder, WritHome.FolderMode);

        Assert.DoesNotContain("✗ clock", well.Output, StringComparison.Ordinal);
        Assert.Contains("✓ login and feed", well.Output, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Error, ill.ExitCode);
        Assert.Contains("chmod go-rwx", ill.Output, StringComparison.Ordinal);
    }

    private async Task<string?> TryInitAsync()
    {
        var result = await _terminal.RunAsync(["server", "init", "--data-dir", broker.DataFolder]);
        return result.ExitCode == ExitCode.Yes ? result.Output : null;
    }

    private static string[] Outcomes(string json) =>
        [.. JsonNode.Parse(json)!.AsArray().Select(item => (string)item!["outcome"]!)];

    private static string Shop(string purpose) =>
        $$"""
        kind: Workflow
        version: v1
        metadata: {name: selling}
        spec:
          agents: [agent/clerk]
          authority: ["shop:read,shop:sell@shop"]
        ---
        kind: Identity
        version: v1
        metadata:
          name: agent/clerk
          labels: {app: shop}
        spec:
          kind: agent
          purpose: {{purpose}}
          expires_in_days: 30
          entitlements: ["shop:read@shop", "shop:sell@shop"]
        ---
        kind: Resource
        version: v1
        metadata: {name: shop}
        spec:
          uri: https://shop.example
          classification: internal
          actions: [shop:sell, shop:read]
        """;
}
