using Writ.Testing;

namespace House.Tests;

/// <summary>What tools hold better than laws: the layout of the code, and scripts that parse and can be run.</summary>
public sealed class ToolTests
{
    private static readonly string[] Commands =
    [
        ".ci/run", "bench", "eng/build", "eng/install", "eng/interop", "eng/postgres", "soak", "test", "writ",
    ];

    public static TheoryData<string> Scripts => [.. Commands];

    [Fact]
    public async Task Code_is_laid_out_as_dotnet_format_would()
    {
        var format = await Command.RunAsync(
            "dotnet",
            ["format", "whitespace", ".", "--folder", "--verify-no-changes", "--exclude", "tests/interop/node_modules"],
            limit: TimeSpan.FromMinutes(3));
        Assert.True(format.ExitCode == 0, "Run: dotnet format whitespace . --folder\n" + format.Output + format.Errors);
    }

    [Theory]
    [MemberData(nameof(Scripts))]
    public async Task Script_parses_and_can_be_run(string path)
    {
        var file = Repository.At(path);
        Assert.True(File.GetUnixFileMode(file).HasFlag(UnixFileMode.UserExecute), $"{path} is not executable");
        (await Command.RunAsync("bash", ["-n", file])).Succeeded();
    }
}
