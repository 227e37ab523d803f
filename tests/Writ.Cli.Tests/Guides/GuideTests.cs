using System.Reflection;
using System.Text.RegularExpressions;

namespace Writ.Cli.Tests.Guides;

/// <summary>What the pages say of the command, held against the command.</summary>
public sealed partial class GuideTests
{
    private static readonly string[] Shells = ["", "sh", "bash"];

    /// <summary>Variables of a clone's own scripts.</summary>
    private static readonly string[] NotForUsers = ["WRIT_REPO", "WRIT_ORDERS_EXE"];

    public static TheoryData<string> Lines => [.. Commands()];

    [Fact]
    public void Commands_are_found_at_all() => Assert.InRange(Commands().Count(), 20, 200);

    [Theory, MemberData(nameof(Lines))]
    public void Every_command_in_a_page_is_one(string line)
    {
        var parsed = WritCommand.Create(Surroundings.OfProcess()).Parse(Words(line));
        Assert.True(parsed.Errors.Count == 0, $"{line}: {string.Join(' ', parsed.Errors.Select(e => e.Message))}");
    }

    [Fact]
    public void Every_variable_that_is_read_is_explained_and_in_the_help()
    {
        var read = Sources("src/Writ.Cli").SelectMany(source => Variable().Matches(source))
            .Select(m => m.Groups["name"].Value).Distinct(StringComparer.Ordinal).Except(NotForUsers).Order().ToList();
        var help = WritCommand.Create(Surroundings.OfProcess()).Description!;

        Assert.Equal(["WRIT_ADDR", "WRIT_HOME", "WRIT_IDENTITY", "WRIT_KEY", "WRIT_SERVER_EXE"], read);
        Assert.Equal(read, Codes("WRIT_").Order());
        Assert.All(read, name => Assert.Contains(name, help, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_exit_code_is_explained_and_in_the_help()
    {
        var codes = typeof(ExitCode).GetFields(BindingFlags.Static | BindingFlags.Public)
            .Select(field => $"{field.GetValue(null)}");
        var explained = Page.Rows.Where(row => row.Length == 2).Select(row => row[0]);
        var help = WritCommand.Create(Surroundings.OfProcess()).Description!;

        Assert.Subset(explained.ToHashSet(StringComparer.Ordinal), codes.ToHashSet(StringComparer.Ordinal));
        Assert.All(codes, code => Assert.Matches($@"\b{code}\b", help));
    }

    [Theory]
    [InlineData("Resource", "Inventory/CreateResourceRequest.cs", "name version")]
    [InlineData("Identity", "Inventory/CreateIdentityRequest.cs", "name id version reason")]
    [InlineData("Workflow", "Governance/CreateWorkflowRequest.cs", "name version")]
    public void The_members_of_a_document_are_those_of_the_api(string kind, string source, string others)
    {
        var known = Property().Matches(File.ReadAllText(Repository.At($"src/Writ.Server/{source}")))
            .Select(m => Upper().Replace(m.Groups["name"].Value, "_$0").TrimStart('_').ToLowerInvariant())
            .Except(others.Split(' '));
        var written = Page.Rows.SkipWhile(row => row[0] != $"`{kind}`").Skip(2)
            .TakeWhile(row => !Kind().IsMatch(row[0]))
            .SelectMany(row => Code().Matches(row[0]).Select(m => m.Groups["code"].Value));

        Assert.Equal(known.Order(StringComparer.Ordinal), written.Order(StringComparer.Ordinal));
    }

    private static Guide Page => Guide.Of("docs/command.md");

    private static IEnumerable<string> Codes(string prefix) =>
        Page.Rows.SelectMany(row => Code().Matches(row[0])).Select(m => m.Groups["code"].Value)
            .Where(code => code.StartsWith(prefix, StringComparison.Ordinal));

    private static IEnumerable<string> Sources(string folder) =>
        Directory.EnumerateFiles(Repository.At(folder), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal)).Select(File.ReadAllText);

    // From `writ` to where the shell reads on: a comment, a pipe, a redirection.
    private static IEnumerable<string> Commands() =>
        Guide.All.SelectMany(guide => guide.Boxes).Where(box => Shells.Contains(box.Language))
            .SelectMany(box => Command().Matches(box.Text)).Select(m => m.Groups["command"].Value.Trim())
            .Distinct(StringComparer.Ordinal);

    private static string[] Words(string line) =>
        [.. Word().Matches(line).Skip(1).Select(m => m.Value.Trim('"'))];

    [GeneratedRegex(
        @"(^|\| )(\./)?(?<command>writ ([^|>#""\n]|""[^""\n]*"")*)",
        RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Command();

    [GeneratedRegex(@"""[^""]*""|[^\s""]+", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Word();

    [GeneratedRegex("\"(?<name>WRIT_[A-Z_]+)\"", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Variable();

    [GeneratedRegex("`(?<code>[^`]+)`", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Code();

    [GeneratedRegex("^`(Resource|Identity|Workflow)`$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Kind();

    [GeneratedRegex(@"public [\w<>, ]+\?? (?<name>\w+) \{ get; init; \}", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Property();

    [GeneratedRegex("[A-Z]", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Upper();
}
