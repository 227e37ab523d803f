using System.Text.RegularExpressions;
using Writ.Rego;
using Writ.Rego.Bundles;
using Writ.Rego.Lint;
using Writ.Rego.Queries;
using Writ.Rego.Values;
using Writ.Server.Policies;
using Writ.Testing;

namespace Writ.Server.Tests.Policies;

/// <summary>The rules that Writ ships: compiled strictly, tested, useful unedited, and true to what is said of them.
/// </summary>
public sealed partial class ShippedPolicyTests
{
    private const double LeastReached = 0.9;
    private const int Patience = 1000; // milliseconds
    private const RegexOptions Lines = RegexOptions.Multiline | RegexOptions.ExplicitCapture;
    private const string Guide = "docs/shipped-policies.md";

    private static readonly string Folder = Repository.At("src/Writ.Server/Policies/Shipped");
    private static readonly PolicySet Shipped = new PolicyLoader(Folder, LoadLimits.Default).Add(".").Load();

    private static readonly string[] Rules =
    [
        .. Shipped.Files.Select(file => RulePackage().Match(file.Text))
            .Where(found => found.Success).Select(found => found.Groups["name"].Value),
    ];

    /// <summary>The rules without their tests, as the broker runs them.</summary>
    private static readonly CompiledPolicy Live = (Shipped with
    {
        Files = [.. Shipped.Files.Where(file => !PolicyVersion.IsTest(file.Name))],
    }).Compile(PolicyOptions.Default);

    public static TheoryData<string> Names => [.. Rules];

    [Fact]
    public void Rules_pass_their_tests_which_reach_them()
    {
        var options = new PolicyOptions { IsStrict = true };
        var run = new PolicyTestRun(Shipped, options, TimeProvider.System, isTraced: true);

        var failed = PolicyTest.Of(run.Policy).Select(run.Run).Where(result => !result.Passed).ToArray();

        Assert.Empty(failed.Select(result => result.Test.FullName));
        var lines = run.Policy.Lines.Where(line => !PolicyVersion.IsTest(line.File)).ToArray();
        Assert.InRange(lines.Count(run.Reached.Contains), LeastReached * lines.Length, lines.Length);
    }

    [Theory, MemberData(nameof(Names))]
    public void Rule_lies_in_a_file_of_its_name_with_tests_beside_it(string rule)
    {
        Assert.Contains(TextOf(rule), Shipped.Files.Select(file => file.Text), StringComparer.Ordinal);
        var tests = File.ReadAllText(Path.Combine(Folder, $"{rule}_test.rego"));
        Assert.Contains($"package writ.rules.{rule}_test\n", tests, StringComparison.Ordinal);
        Assert.Contains("\ntest_a_missing_fact_refuses if", tests, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Names))]
    public void Rule_says_what_it_is_for_and_names_its_controls_in_words(string rule)
    {
        var text = TextOf(rule);
        var metadata = text[..text.IndexOf("\npackage ", StringComparison.Ordinal)];
        Assert.Matches(@"\A# METADATA\n# title: \S", metadata);
        Assert.Contains("\n# description: ", metadata, StringComparison.Ordinal);
        var words = text[metadata.Length..].Replace("\n# ", " ", StringComparison.Ordinal);
        foreach (var control in ControlsOf(rule))
        {
            Assert.Contains(WithoutYear(control), words, StringComparison.Ordinal);
        }
    }

    [Theory, MemberData(nameof(Names))]
    public void Controls_are_those_of_the_frameworks(string rule)
    {
        if (!Vectors.TryFind("compliance/ids.md", out var path))
            return;
        var known = TableRow().Matches(File.ReadAllText(path)).Select(row => row.Groups["id"].Value);

        Assert.Empty(ControlsOf(rule).Except(known, StringComparer.Ordinal));
    }

    [Fact]
    public void Lint_finds_nothing() => Assert.Empty(RegoLinter.Lint(Shipped.Files, RegoVersion.V1, (_, _) => true));

    [Theory]
    [InlineData("q.token")]
    [InlineData("q.acting(q.token, \"orders:write\", \"write\")")]
    [InlineData("q.kind(q.token, \"task.start\")")]
    [InlineData("q.kind(q.unbound(q.token), \"access\")")]
    [InlineData("q.without(q.without(q.token, \"/context/workflow\"), \"/context/task/workflow\")")]
    [InlineData("q.act")]
    [InlineData("q.acting(q.kind(q.act, \"token.issue\"), \"writ:connect\", \"connect\")")]
    public void Everyday_work_is_allowed_as_it_is_on_a_sunday_night(string question)
    {
        var input = Question(question);

        Assert.DoesNotContain(Rules, rule => Value($"data.writ.rules.{rule}.allow", input) is not "true");
        Assert.DoesNotContain(
            Rules, rule => Value($"data.writ.rules.{rule}.obligations", input) is not (null or "[]"));
    }

    [Fact]
    public void Where_nothing_is_known_nothing_is_allowed() => Assert.DoesNotContain(
        Rules, rule => Value($"data.writ.rules.{rule}.allow", RegoObject.Empty) is not "false");

    [Fact]
    public void Guide_tells_of_every_rule_setting_and_code()
    {
        var guide = File.ReadAllText(Repository.At(Guide));
        var settings = (RegoObject)((RegoObject)Shipped.Data[RegoString.Of("writ")])[RegoString.Of("settings")];
        string[] codes =
        [
            .. Rules.SelectMany(rule => ReasonCode().Matches(TextOf(rule)).Select(found => found.Groups["code"].Value)),
        ];
        string[] all = [.. Rules, .. codes, .. settings.Select(setting => ((RegoString)setting.Key).Value)];

        Assert.DoesNotContain(all, word => !guide.Contains($"`{word}`", StringComparison.Ordinal));
        Assert.DoesNotContain(Rules.SelectMany(ControlsOf), id => !guide.Contains(id, StringComparison.Ordinal));
    }

    /// <summary>One of the tests' questions; <c>q</c> is their package.</summary>
    private static RegoValue Question(string term) => Shipped.Compile(PolicyOptions.Default)
        .PrepareValue(term.Replace("q.", "data.writ.questions_test.", StringComparison.Ordinal))
        .Run(new QueryInput { Data = Shipped.Data })!;

    private static string? Value(string term, RegoValue input) =>
        Live.PrepareValue(term).Run(new QueryInput { Data = Shipped.Data, Input = input })?.ToJson();

    private static string TextOf(string rule) => File.ReadAllText(Path.Combine(Folder, $"{rule}.rego"));

    private static string[] ControlsOf(string rule)
    {
        var listed = ControlList().Match(TextOf(rule));
        Assert.True(listed.Success, $"{rule} names no controls");
        return [.. Quoted().Matches(listed.Groups["ids"].Value).Select(found => found.Groups["id"].Value)];
    }

    private static string WithoutYear(string control) => control.Split(':')[0];

    [GeneratedRegex(@"^package writ\.rules\.(?<name>[a-z_]+)(?<!_test)$", Lines, Patience)]
    private static partial Regex RulePackage();

    [GeneratedRegex(@"^# custom:\n#   controls: \[(?<ids>[^\]]+)\]$", Lines, Patience)]
    private static partial Regex ControlList();

    [GeneratedRegex("\"(?<id>[^\"]+)\"", Lines, Patience)]
    private static partial Regex Quoted();

    [GeneratedRegex(@"^\| (?<id>[^|]+?) \|", Lines, Patience)]
    private static partial Regex TableRow();

    [GeneratedRegex("^reasons contains \"(?<code>[a-z_]+)\"", Lines, Patience)]
    private static partial Regex ReasonCode();
}
