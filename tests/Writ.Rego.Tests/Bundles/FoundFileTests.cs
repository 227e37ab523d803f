using Writ.Rego.Bundles;

namespace Writ.Rego.Tests.Bundles;

/// <summary>Folders in which lies what is neither a file nor a folder of theirs.</summary>
public sealed class FoundFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("writ-found-").FullName;

    public FoundFileTests()
    {
        Directory.CreateDirectory(At("policies"));
        File.WriteAllText(At("policies/a.rego"), "package a\n\np := 1\n");
        File.WriteAllText(At("secret.json"), """{"secret": 1}""");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("../secret.json")]
    [InlineData("/etc/passwd")]
    [InlineData("nowhere.json")]
    [InlineData("data.json")]
    public void Link_that_leads_out_is_refused(string target)
    {
        File.CreateSymbolicLink(At("policies/data.json"), target);
        Refused("policies/data.json: load_error: a link that leads out of the folder, or nowhere");
    }

    [Fact]
    public void Link_to_a_folder_outside_is_refused()
    {
        Directory.CreateDirectory(At("policies-of-others"));
        Directory.CreateSymbolicLink(At("policies/b"), "../policies-of-others");
        Refused("policies/b: load_error: a link that leads out of the folder, or nowhere");
    }

    [Fact]
    public void Link_that_leads_out_by_another_link_is_refused()
    {
        Directory.CreateDirectory(At("policies/b/c"));
        Directory.CreateSymbolicLink(At("policies/d"), "b/c"); // ../../.. of it leads out of b, not of d
        File.CreateSymbolicLink(At("policies/b/c/data.json"), "../../../secret.json");
        Refused("load_error: a link that leads out of the folder, or nowhere");
    }

    [Fact]
    public void Links_within_the_folder_are_followed_as_mounted_settings_have_them()
    {
        Directory.CreateDirectory(At("policies/..2026"));
        File.WriteAllText(At("policies/..2026/data.json"), """{"x": 1}""");
        Directory.CreateSymbolicLink(At("policies/..data"), "..2026");
        File.CreateSymbolicLink(At("policies/data.json"), "..data/data.json");

        var loader = new PolicyLoader(_folder, LoadLimits.Default) { Ignore = ["..*"] };

        Assert.Equal("""{"x":1}""", loader.AddBundle("policies").Load().Data.ToJson());
        Assert.Equal(
            """{"x":1}""",
            new PolicyLoader(_folder, LoadLimits.Default) { Ignore = ["..*"] }.Add("policies").Load().Data.ToJson());
    }

    [Fact]
    public void Links_that_go_round_end_at_a_limit()
    {
        Directory.CreateDirectory(At("policies/b"));
        for (var i = 0; i < 4; i++)
        {
            Directory.CreateSymbolicLink(At($"policies/b/{i}"), "../b");
        }

        Refused("policies/b/0/0/0");
    }

    [Fact]
    public async Task Pipe_is_refused_before_it_is_opened()
    {
        (await Command.RunAsync("mkfifo", [At("policies/data.json")])).Succeeded();
        Refused("policies/data.json: load_error: no file but a pipe or a device");
    }

    [Fact]
    public async Task Pipe_that_is_no_policy_s_stops_a_bundle_alone()
    {
        (await Command.RunAsync("mkfifo", [At("policies/pipe")])).Succeeded();
        Assert.Single(new PolicyLoader(_folder, LoadLimits.Default).Add("policies").Load().Files);
        var error = Assert.Throws<RegoError>(() => new PolicyLoader(_folder, LoadLimits.Default).AddBundle("policies"));
        Assert.Contains("policies/pipe: load_error: no file but a pipe", error.Message, StringComparison.Ordinal);
    }

    private void Refused(string why)
    {
        var limits = LoadLimits.Default with { Files = 1_000 };
        var error = Assert.Throws<RegoError>(() => new PolicyLoader(_folder, limits).Add("policies"));
        Assert.Contains(why, error.Message, StringComparison.Ordinal);
        error = Assert.Throws<RegoError>(() => new PolicyLoader(_folder, limits).AddBundle("policies"));
        Assert.Contains(why, error.Message, StringComparison.Ordinal);
    }

    private string At(string name) => Path.Combine(_folder, name);
}
