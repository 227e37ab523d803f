namespace Writ.Cli.Tests.Policies;

public sealed class FmtVerbTests : IDisposable
{
    private const string Loose = "package a\np if {input.x}\n";
    private const string Neat = "package a\n\np if {\n\tinput.x\n}\n";

    private readonly PolicyFolder _folder = new PolicyFolder()
        .Put("p/loose.rego", Loose).Put("p/neat.rego", Neat).Put("p/other.txt", "no policy");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Formatted_modules_are_printed() =>
        Assert.Equal(new Command(0, Neat + Neat, ""), await _folder.RunAsync("fmt", "p"));

    [Fact]
    public async Task Standard_input_is_formatted() =>
        Assert.Equal(new Command(0, Neat, ""), await _folder.PipeAsync(Loose, "fmt"));

    [Fact]
    public async Task Files_that_would_change_are_listed() =>
        Assert.Equal(new Command(0, "p/loose.rego\n", ""), await _folder.RunAsync("fmt", "-l", "p"));

    [Fact]
    public async Task Change_is_shown_line_by_line() => Assert.Equal(
        "--- p/loose.rego\n+++ p/loose.rego\n"
        + "@@ -1,2 +1,5 @@\n package a\n-p if {input.x}\n+\n+p if {\n+\tinput.x\n+}\n",
        (await _folder.RunAsync("fmt", "-d", "p")).Output);

    [Fact]
    public async Task Files_are_written_when_told()
    {
        Assert.Equal(new Command(0, "", ""), await _folder.RunAsync("fmt", "-w", "p"));
        Assert.Equal((Neat, "no policy"), (_folder.Read("p/loose.rego"), _folder.Read("p/other.txt")));
    }

    [Theory]
    [InlineData("fmt --fail -l p", 2)]
    [InlineData("fmt --fail p/neat.rego", 0)]
    [InlineData("fmt --v0-compatible p/neat.rego", 2)]
    [InlineData("fmt nowhere", 2)]
    public async Task It_ends_as_opa_does(string line, int code) =>
        Assert.Equal(code, (await _folder.RunAsync(line.Split(' '))).ExitCode);

    [Fact]
    public async Task Old_syntax_becomes_what_both_read()
    {
        var result = await _folder.PipeAsync(
            """
            package a

            import future.keywords.in

            # who may
            p[x] { x = input.xs[_] }

            q = 1 { input.y } else = 2 { input.z in input.ys }

            f(x) { x }

            r["k"] = v { v := 1 }
            """, "fmt", "--v0-v1");

        Assert.Equal(
            """
            package a

            import rego.v1

            # who may
            p contains x if {
            	x = input.xs[_]
            }

            q := 1 if {
            	input.y
            } else := 2 if {
            	input.z in input.ys
            }

            f(x) if {
            	x
            }

            r.k := v if {
            	v := 1
            }

            """, result.Output);
    }
}
