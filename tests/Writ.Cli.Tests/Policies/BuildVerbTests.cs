using System.Text.Json.Nodes;

namespace Writ.Cli.Tests.Policies;

/// <summary>writ policy build and sign, read back by eval.</summary>
public sealed class BuildVerbTests : IDisposable
{
    private readonly PolicyFolder _folder = new PolicyFolder()
        .Put("p/authz.rego", "package authz\n\nallow if input.user in data.users.admins\n")
        .Put("p/users/data.json", """{"admins": ["ann"]}""")
        .Put("p/notes.txt", "not packed")
        .Put("in.json", """{"user": "ann"}""")
        .Put("secret", "a secret that is long enough\n")
        .Put("claims.json", """{"keyid": "prod", "scope": "write"}""")
        .Put("bad/bad.rego", "package a\n\np := 1 +\n");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Bundle_of_a_folder_is_evaluated()
    {
        Assert.Equal(new Command(0, "", ""), await _folder.RunAsync("build", "-b", "p", "-r", "7", "-o", "out.tar.gz"));
        var answer = await _folder.RunAsync(
            "eval", "-b", "out.tar.gz", "-i", "in.json", "-f", "raw", "data.authz.allow");
        Assert.Equal(new Command(0, "true\n", ""), answer);

        var listed = await Command.RunAsync("tar", ["xzOf", _folder.At("out.tar.gz"), ".manifest"]);
        Assert.Equal("7", (string)JsonNode.Parse(listed.Output)!["revision"]!);
        listed = await Command.RunAsync("tar", ["tzf", _folder.At("out.tar.gz")]);
        Assert.Equal(".manifest\ndata.json\nauthz.rego\n", listed.Output);
    }

    [Fact]
    public async Task Files_become_a_bundle_of_the_usual_name()
    {
        Assert.Equal(0, (await _folder.RunAsync("build", "p", "-r", "7")).ExitCode);
        var answer = await _folder.RunAsync(
            "eval", "-b", "bundle.tar.gz", "-i", "in.json", "-f", "raw", "data.authz.allow");
        Assert.Equal(new Command(0, "true\n", ""), answer);
    }

    [Fact]
    public async Task Signed_bundle_holds_against_its_key()
    {
        string[] sign = ["sign", "-b", "p", "-o", "p", "--signing-key", "secret"];
        string[] key = ["--signing-alg", "HS256", "--claims-file", "claims.json"];
        Assert.Equal(0, (await _folder.RunAsync(["build", "-b", "p", "--signing-key", "secret", .. key])).ExitCode);
        Assert.Equal(0, (await _folder.RunAsync([.. sign, .. key])).ExitCode);

        foreach (var bundle in (string[])["p", "bundle.tar.gz"])
        {
            string[] eval = ["eval", "-b", bundle, "--signing-alg", "HS256", "--scope", "write", "-f", "raw", "1 + 1"];
            var good = await _folder.RunAsync(
                [.. eval, "--verification-key", "secret", "--verification-key-id", "prod"]);
            Assert.Equal(new Command(0, "2\n", ""), good);
            var other = await _folder.RunAsync(
                [.. eval, "--verification-key", "other", "--verification-key-id", "prod"]);
            Assert.Equal(2, other.ExitCode);
            Assert.Contains("is not by key prod", other.Errors, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task What_does_not_compile_is_not_packed()
    {
        var result = await _folder.RunAsync("build", "bad");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("rego_parse_error", result.Errors, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder.At("bundle.tar.gz")));
    }

    [Theory]
    [InlineData("sign -b p")]
    [InlineData("build p --claims-file claims.json")]
    [InlineData("build")]
    public async Task Half_a_wish_is_usage(string line) =>
        Assert.Equal(2, (await _folder.RunAsync(line.Split(' '))).ExitCode);
}
