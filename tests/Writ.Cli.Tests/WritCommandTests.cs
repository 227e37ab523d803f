namespace Writ.Cli.Tests;

public sealed class WritCommandTests : IDisposable
{
    private readonly Terminal _terminal = new();

    public void Dispose() => _terminal.Dispose();

    [Theory]
    [InlineData("server", "start init restore reset-policy")]
    [InlineData("identity", "create list show update suspend resume decommission key")]
    [InlineData("identity key", "list add revoke")]
    [InlineData("resource", "create list show update delete")]
    [InlineData("workflow", "create list show update delete")]
    [InlineData("task", "start end list show")]
    [InlineData("token", "get inspect revoke")]
    [InlineData("finding", "list show close")]
    [InlineData("operator", "list enrol update remove")]
    [InlineData("lock", "identity task owner team")]
    [InlineData("audit", "list story credentials tail export verify prove key hold erase")]
    [InlineData("audit hold", "create list release")]
    [InlineData("witness", "start keygen")]
    [InlineData("signing-key", "list rotate revoke")]
    [InlineData("policy", "eval check test fmt lint bench explain build sign push pull list rollback replay "
        + "shadow suggest")]
    [InlineData("request", "list show approve deny")]
    [InlineData("notice", "list")]
    [InlineData("completion", "bash zsh fish")]
    public void Every_noun_has_the_verbs_of_the_design(string noun, string verbs)
    {
        System.CommandLine.Command command = WritCommand.Create(Surroundings.OfProcess());
        foreach (var word in noun.Split(' '))
            command = command.Subcommands.Single(sub => sub.Name == word);

        Assert.Equal(verbs.Split(' '), command.Subcommands.Select(sub => sub.Name));
    }

    [Fact]
    public void Every_symbol_says_what_it_is()
    {
        var symbols = Walk(WritCommand.Create(Surroundings.OfProcess()));
        Assert.All(symbols, symbol => Assert.NotEmpty(symbol.Description ?? ""));
    }

    [Theory]
    [InlineData("identity list -o xml")]
    [InlineData("task lis")]
    [InlineData("task start --purpose x")]
    [InlineData("identity create agent/a --purpose x --label novalue")]
    [InlineData("task start --workflow w --purpose x --deadline soon")]
    [InlineData("task list --limit 0")]
    public async Task A_mistake_on_the_command_line_is_told_from_other_errors(string line)
    {
        var result = await _terminal.RunAsync(line);

        Assert.Equal(ExitCode.Usage, result.ExitCode);
        Assert.NotEmpty(result.Errors);
    }

    [Theory]
    [InlineData("key --help", "there is no “key”")]
    [InlineData("identity keys --help", "there is no “identity keys”")]
    public async Task Help_of_what_is_not_there_is_a_mistake(string line, string said)
    {
        var result = await _terminal.RunAsync(line);

        Assert.Equal(ExitCode.Usage, result.ExitCode);
        Assert.Contains(said, result.Errors, StringComparison.Ordinal);
        Assert.Empty(result.Output);
    }

    [Theory]
    [InlineData("task start --help")]
    [InlineData("identity key list -h")]
    [InlineData("--help")]
    public async Task Help_of_what_is_there_is_shown(string line)
    {
        var result = await _terminal.RunAsync(line);

        Assert.Equal(ExitCode.Yes, result.ExitCode);
        Assert.Contains("Usage:", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Completion_offers_nothing_of_another_system()
    {
        var offered = (await _terminal.RunAsync(["[suggest:5]", "writ "])).Output.Split('\n');

        Assert.Contains("task", offered);
        Assert.DoesNotContain(offered, word => word is "/?" or "/h" or "-?");
    }

    [Fact]
    public async Task Without_a_profile_it_says_how_to_get_one()
    {
        var result = await _terminal.RunAsync("identity list");

        Assert.Equal(ExitCode.Error, result.ExitCode);
        Assert.Contains("writ login", result.Errors, StringComparison.Ordinal);
        Assert.Empty(result.Output);
    }

    [Fact]
    public async Task With_json_an_error_is_json_and_standard_output_stays_empty()
    {
        var result = await _terminal.RunAsync("identity list -o json");

        Assert.StartsWith("{\"code\":\"error\"", result.Errors, StringComparison.Ordinal);
        Assert.Empty(result.Output);
    }

    [Theory]
    [InlineData("identity decommission agent/a")]
    [InlineData("request approve apr_1")]
    public async Task What_cannot_be_undone_wants_a_yes(string line)
    {
        var result = await _terminal.RunAsync(line);

        Assert.Equal(ExitCode.Usage, result.ExitCode);
        Assert.Contains("--yes", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_completion_scripts_ask_the_command_itself()
    {
        Assert.Equal("identity\n", (await _terminal.RunAsync(["[suggest:9]", "writ ident"])).Output);
        foreach (var shell in (string[])["bash", "zsh", "fish"])
        {
            var script = (await _terminal.RunAsync($"completion {shell}")).Output;
            Assert.Contains("[suggest:", script, StringComparison.Ordinal);
        }
    }

    private static IEnumerable<System.CommandLine.Symbol> Walk(System.CommandLine.Command command) =>
        command.Subcommands.SelectMany(Walk)
            .Concat(command.Options)
            .Concat(command.Arguments)
            .Append(command);
}
