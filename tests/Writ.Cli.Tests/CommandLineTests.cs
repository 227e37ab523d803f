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

        // 3 while the socket is still open, 1 when nobody listens there any more.
        Assert.Contains(again.ExitCode, (int[])[ExitCode.Refused, ExitCode.Error]);
        Assert.Contains("`writ operator enrol`", again.Errors, StringComparison.Ordinal);
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
        Assert.Equal("role_too_low", (string?)problem["code"]);
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

        Assert.Equal(
            ["would be created", "would be created, if the others are", "would be created, if the others are"],
            Outcomes(planned));
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
    public async Task Apply_says_which_document_was_refused_and_what_was_done_before_it()
    {
        var text = Shop("Reads").Replace("shop", "mall", StringComparison.Ordinal)
            .Replace("agent/clerk", "agent/teller", StringComparison.Ordinal)
            .Replace("selling", "telling", StringComparison.Ordinal)
            .Replace("purpose: Reads", "purpose: Reads\n  clearance: divine", StringComparison.Ordinal);
        var file = _terminal.At("bad7.yaml");
        await File.WriteAllTextAsync(file, text);

        var resource = text[text.IndexOf("kind: Resource", StringComparison.Ordinal)..];
        var planned = await _terminal.RunAsync(["apply", "-f", "-", "--dry-run"], resource);
        var tried = await _terminal.RunAsync(["apply", "-f", file, "--dry-run", "-o", "json"]);
        var applied = await _terminal.RunAsync(["apply", "-f", file, "-o", "json"]);

        Assert.Contains("would be created", planned.Succeeded(), StringComparison.Ordinal);
        Assert.Contains("if the others are", tried.Succeeded(), StringComparison.Ordinal);
        Assert.Equal(ExitCode.Refused, applied.ExitCode);
        Assert.Equal(["created", "failed", "not tried"], Outcomes(applied.Output));
        Assert.Contains("bad7.yaml:8: Identity agent/teller: ", applied.Errors, StringComparison.Ordinal);
        var refused = await _terminal.RunAsync(["apply", "-f", file, "--dry-run"]);
        Assert.Equal(ExitCode.Refused, refused.ExitCode); // now that the resource is there, it can be told
        Assert.Contains("bad7.yaml:8: Identity agent/teller: ", refused.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Apply_of_nothing_is_an_error()
    {
        Directory.CreateDirectory(_terminal.At("none"));

        var folder = await _terminal.RunAsync(["apply", "-f", _terminal.At("none")]);
        var input = await _terminal.RunAsync(["apply", "-f", "-"], "");

        Assert.Equal((ExitCode.Error, ExitCode.Error), (folder.ExitCode, input.ExitCode));
        Assert.Contains("no document", folder.Errors, StringComparison.Ordinal);
        Assert.Contains("no document", input.Errors, StringComparison.Ordinal);
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
        var stray = _terminal.At("stray.pem");
        Writ.Client.AgentKey.CreateFile(stray).Dispose();
        agent.Set("WRIT_KEY", stray);
        var stranger = await agent.RunAsync("task list");
        Assert.Equal(ExitCode.Refused, stranger.ExitCode);
        Assert.Contains(
            $"The key in {stray} is not registered for agent/counter", stranger.Errors, StringComparison.Ordinal);
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
        var read = (await agent.RunAsync(["token", "inspect"], token)).Succeeded();
        var garbage = await agent.RunAsync(["token", "revoke"], "garbage");
        var again = await agent.RunAsync(["token", "revoke"], token);

        Assert.Contains("\ntxn ", read, StringComparison.Ordinal);
        Assert.Contains("expired or was revoked", read, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Error, garbage.ExitCode);
        Assert.Contains("knows no such token", garbage.Errors, StringComparison.Ordinal);
        Assert.Contains("good no more", again.Succeeded(), StringComparison.Ordinal);

        Assert.Equal(ExitCode.Refused, refused.ExitCode);
        Assert.Contains("Tell an operator the decision's id: dec_", refused.Errors, StringComparison.Ordinal);
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
    public async Task A_list_of_tasks_shows_the_newest_and_leaves_those_of_commands_out()
    {
        foreach (var line in (string[])
            [
                "resource create ledger --uri https://ledger.example --action ledger:read",
                "identity create agent/lister --purpose lists --entitlement ledger:read@ledger",
                "workflow create listing --agent agent/lister --grant ledger:read@ledger",
            ])
        {
            (await _terminal.RunAsync(line)).Succeeded();
        }

        foreach (var purpose in (string[])["first", "second", "third"])
            (await _terminal.RunAsync($"task start --workflow listing --purpose {purpose} --agent agent/lister"))
                .Succeeded();

        var some = await _terminal.RunAsync("task list --workflow listing --limit 2 -o json");
        var all = await _terminal.RunAsync("task list --workflow listing --limit 3 -o json");
        var named = await _terminal.RunAsync("task list --limit 500 -o json");
        var everything = await _terminal.RunAsync("task list --implicit --limit 500 -o json");

        Assert.Equal(["second", "third"], Purposes(some.Succeeded()));
        Assert.Contains("2 of more; to see them: --limit N", some.Errors, StringComparison.Ordinal);
        Assert.Equal(["first", "second", "third"], Purposes(all.Succeeded()));
        Assert.Equal("", all.Errors);
        Assert.DoesNotContain("\"implicit\": true", named.Succeeded(), StringComparison.Ordinal);
        Assert.Contains("\"implicit\": true", everything.Succeeded(), StringComparison.Ordinal);
    }

    private static string[] Purposes(string json) =>
        [.. JsonNode.Parse(json)!.AsArray().Select(item => (string)item!["purpose"]!)];

    [Fact]
    public async Task People_read_what_they_wrote_and_find_what_was_refused()
    {
        foreach (var line in (string[])
            [
                "resource create cellar --uri https://cellar.example --action cellar:read",
                "identity create agent/keeper --purpose keeps --entitlement cellar:read@cellar --secret",
                "workflow create keeping --agent agent/keeper --grant cellar:read@cellar --max-task 1h",
            ])
        {
            (await _terminal.RunAsync(line)).Succeeded();
        }

        var shown = (await _terminal.RunAsync("identity show agent/keeper")).Succeeded();
        var listed = (await _terminal.RunAsync("workflow list")).Succeeded();
        var keys = (await _terminal.RunAsync("identity key list agent/keeper")).Succeeded();
        var cut = await _terminal.RunAsync(
            "task start --workflow keeping --purpose keep --agent agent/keeper --deadline 100d");
        await _terminal.RunAsync(
            "task start --workflow keeping --purpose keep --agent agent/keeper --grant cellar:drink@cellar");
        var refused = (await _terminal.RunAsync("audit list --outcome deny --since 5m --identity agent/keeper"))
            .Succeeded();
        var later = (await _terminal.RunAsync("audit list --since 2999-01-01")).Succeeded();
        var findings = (await _terminal.RunAsync("finding list --kind client_secret")).Succeeded();
        var closed = (await _terminal.RunAsync("finding list --kind client_secret --status closed")).Succeeded();

        Assert.Contains("cellar:read@cellar", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("id=key_", shown, StringComparison.Ordinal);
        Assert.Contains("cellar:read@cellar", listed, StringComparison.Ordinal);
        Assert.Contains("in_force", keys, StringComparison.Ordinal);
        Assert.Contains("sooner than asked", cut.Errors, StringComparison.Ordinal);
        Assert.Contains("unknown_action", refused, StringComparison.Ordinal);
        Assert.DoesNotContain("allow", refused, StringComparison.Ordinal);
        Assert.Equal("None.\n", later);
        Assert.Contains("agent/keeper", findings, StringComparison.Ordinal);
        Assert.DoesNotContain("agent/keeper", closed, StringComparison.Ordinal);
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
        Assert.Contains("6 heartbeats, at most", well.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("at most 0 ms", well.Output, StringComparison.Ordinal);
        Assert.Contains("within ", well.Output, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Error, ill.ExitCode);
        Assert.Contains("chmod go-rwx", ill.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Policy_is_pulled_tried_pushed_and_rolled_back()
    {
        (await _terminal.RunAsync("policy pull mine --version shipped")).Succeeded();
        var full = await _terminal.RunAsync("policy pull mine");
        File.AppendAllText(_terminal.At("mine/clearance.rego"), "# ours\n");
        File.WriteAllText(
            _terminal.At("broken.rego"), "package writ.rules.broken\n\nallow := true\n\ntest_x if false\n");

        var dry = (await _terminal.RunAsync("policy push mine --dry-run -o json")).Succeeded();
        var unsure = await _terminal.RunAsync("policy push mine");
        var broken = await _terminal.RunAsync("policy push broken.rego --yes");
        (await _terminal.RunAsync(["policy", "push", "mine", "--yes", "--because", "a remark"])).Succeeded();
        var listed = (await _terminal.RunAsync("policy list -o json")).Succeeded();
        (await _terminal.RunAsync("policy pull elsewhere/again")).Succeeded();
        var again = (await _terminal.RunAsync("policy push ./elsewhere/again/ --dry-run -o json")).Succeeded();
        (await _terminal.RunAsync("policy rollback")).Succeeded();

        Assert.Contains("is not empty", full.Errors, StringComparison.Ordinal);
        var preview = JsonNode.Parse(dry)!;
        Assert.True((int)preview["tests_passed"]! > 100, dry);
        Assert.Equal(0, (int)preview["would_end"]!);
        Assert.Equal(ExitCode.Usage, unsure.ExitCode);
        Assert.Contains("test_x", broken.Errors, StringComparison.Ordinal);
        var turn = JsonNode.Parse(listed)![0]!;
        Assert.Equal(((string)preview["digest"]!, "a remark"), ((string)turn["digest"]!, (string)turn["because"]!));
        Assert.Equal("mine", (string)turn["source"]!);
        Assert.Equal((string)preview["digest"]!, (string)JsonNode.Parse(again)!["digest"]!);
    }

    [Fact]
    public async Task Decision_is_explained_and_a_policy_tried_on_what_was_decided()
    {
        Directory.CreateDirectory(_terminal.At("closed"));
        File.WriteAllText(
            _terminal.At("closed/closed.rego"), "package writ.rules.closed\n\ndefault allow := false\n");
        (await _terminal.RunAsync("policy list")).Succeeded();
        var records = (await _terminal.RunAsync("audit list --kind policy.read --outcome allow -o json")).Succeeded();
        var id = (string)JsonNode.Parse(records)!.AsArray()[^1]!["record"]!["decision_id"]!;

        var told = (await _terminal.RunAsync($"policy explain {id}")).Succeeded();
        var json = (await _terminal.RunAsync($"policy explain {id} -o json")).Succeeded();
        var changes = await _terminal.RunAsync("policy replay --policy closed --since 1h");
        (await _terminal.RunAsync("policy pull live")).Succeeded();
        var same = await _terminal.RunAsync("policy replay --policy live --since 1h -o json");
        (await _terminal.RunAsync("policy push --shadow closed")).Succeeded();
        var shadow = (await _terminal.RunAsync("policy shadow")).Succeeded();
        (await _terminal.RunAsync("policy shadow --off")).Succeeded();

        Assert.Contains("data.writ.rules.risk.allow", told, StringComparison.Ordinal);
        Assert.Contains("It would have been another answer with", told, StringComparison.Ordinal);
        Assert.Equal("allow", (string)JsonNode.Parse(json)!["outcome"]!);
        Assert.Equal(ExitCode.Differs, changes.ExitCode);
        Assert.Contains("would_refuse", changes.Output, StringComparison.Ordinal);
        Assert.Contains("decisions", shadow, StringComparison.Ordinal);
        // Others of these tests put other policies in force for a while: what was decided then may differ.
        Assert.Equal(
            (int)JsonNode.Parse(same.Output)!["changed"]! == 0 ? ExitCode.Yes : ExitCode.Differs, same.ExitCode);
    }

    [Fact]
    public async Task Command_that_has_to_be_approved_says_by_whom_and_goes_on_with_the_yes()
    {
        using var other = new Terminal();
        var code = (await _terminal.RunAsync("operator enrol wendy --role operator")).Succeeded();
        (await other.RunAsync(["login", broker.Issuer], code)).Succeeded();
        File.WriteAllText(_terminal.At("two.rego"), """
            package writ.rules.two

            allow := true

            obligations contains {"require_approval": {"approvers": ["role:operator"], "window_seconds": 300}} if {
            	input.action.name == "resource:create"
            }
            """);
        (await _terminal.RunAsync("policy push two.rego --yes")).Succeeded();
        static string Create(string name) =>
            $"resource create {name} --uri https://{name}.example --action {name}:read";
        try
        {
            var first = await ApprovedAsync(Create("guarded"));
            var goesOn = await _terminal.RunAsync(Create("guarded"));
            var second = await ApprovedAsync(Create("fenced"));
            var pointed = await _terminal.RunAsync($"{Create("fenced")} --approval {second} --no-wait");

            goesOn.Succeeded();
            Assert.Contains($"Somebody else (role:operator) says: writ request approve {first}", goesOn.Errors,
                StringComparison.Ordinal);
            pointed.Succeeded();
            Assert.DoesNotContain("waiting", pointed.Errors, StringComparison.Ordinal);
        }
        finally
        {
            (await _terminal.RunAsync("policy rollback --to shipped")).Succeeded();
        }

        async Task<string> ApprovedAsync(string command)
        {
            var asked = await _terminal.RunAsync($"{command} --no-wait");
            Assert.Equal(ExitCode.Refused, asked.ExitCode);
            var id = asked.Errors[asked.Errors.IndexOf("apr_", StringComparison.Ordinal)..][..30];
            (await other.RunAsync(["request", "approve", id, "--yes", "--reason", "fine"])).Succeeded();
            return id;
        }
    }

    // What a bundle said of its modules' syntax must survive the way there and back, or they mean something else.
    [Fact]
    public async Task Policy_of_an_old_bundle_comes_back_as_the_same()
    {
        var folder = Directory.CreateDirectory(_terminal.At("old/bundle")).FullName;
        File.WriteAllText(Path.Combine(folder, ".manifest"), """{"revision": "7", "rego_version": 0}""");
        File.WriteAllText(
            Path.Combine(folder, "open.rego"), "package writ.rules.open\n\nallow { input.context }\n");

        (await _terminal.RunAsync("policy push -b old/bundle --yes")).Succeeded();
        (await _terminal.RunAsync("policy pull back")).Succeeded();
        var again = (await _terminal.RunAsync("policy push back --dry-run -o json")).Succeeded();
        var turns = JsonNode.Parse((await _terminal.RunAsync("policy list -o json")).Succeeded())!;
        (await _terminal.RunAsync("policy rollback --to shipped")).Succeeded();

        Assert.Equal((string)turns[0]!["digest"]!, (string)JsonNode.Parse(again)!["digest"]!);
        Assert.Equal(["open.rego"], Directory.GetFiles(_terminal.At("back"), "*.rego").Select(Path.GetFileName));
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
