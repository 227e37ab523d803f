using Writ.Cli.Profiles;

namespace Writ.Cli.Tests.Profiles;

public sealed class WritHomeTests : IDisposable
{
    private readonly Terminal _terminal = new();

    public void Dispose() => _terminal.Dispose();

    [Fact]
    public void A_profile_comes_back_as_it_was_written_and_is_its_owners_alone()
    {
        var profile = new Profile("http://127.0.0.1:1", "spiffe://example.org/operator/a", _terminal.Home.KeyFile);

        _terminal.Home.Write(profile);
        _terminal.Home.Write(profile with { Addr = "http://127.0.0.1:2" });

        Assert.Equal(profile with { Addr = "http://127.0.0.1:2" }, _terminal.Home.Read());
        Assert.Equal(WritHome.FileMode, File.GetUnixFileMode(_terminal.Home.ProfileFile));
        Assert.Equal(WritHome.FolderMode, File.GetUnixFileMode(_terminal.Home.Folder));
        Assert.Single(Directory.GetFiles(_terminal.Home.Folder));
    }

    [Fact]
    public void There_is_none_before_the_first_login() => Assert.Null(_terminal.Home.Read());

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{\"addr\": 1}")]
    [InlineData("{\"addr\": \"http://127.0.0.1:1\"}")]
    [InlineData("{\"addr\": \"http://127.0.0.1:1\", \"client_id\": {}, \"key\": \"k\"}")]
    public void What_is_no_profile_is_said_to_be_none(string text)
    {
        _terminal.Home.Create();
        File.WriteAllText(_terminal.Home.ProfileFile, text);

        var e = Assert.Throws<UnableException>(_terminal.Home.Read);
        Assert.Contains("log in again", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_that_others_can_read_is_refused()
    {
        var home = _terminal.Home;
        home.Write(new Profile("http://127.0.0.1:9", "spiffe://example.org/operator/a", home.KeyFile));
        using (var key = Writ.Client.AgentKey.CreateFile(_terminal.Home.KeyFile))
            File.SetUnixFileMode(_terminal.Home.KeyFile, WritHome.FileMode | UnixFileMode.OtherRead);

        var result = await _terminal.RunAsync("identity list");

        Assert.Equal(ExitCode.Error, result.ExitCode);
        Assert.Contains("0600", result.Errors, StringComparison.Ordinal);
    }
}
