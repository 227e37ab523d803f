using Writ.Rego.Bundles;
using Writ.Rego.Lint;

namespace Writ.Rego.Tests.Lint;

public sealed class RegoLinterTests
{
    /// <summary>Of each rule a module that breaks it, and on which line.</summary>
    public static TheoryData<string, int, string> Breaking => new()
    {
        { "constant-condition", 3, "p if true" },
        { "constant-condition", 3, "p if 1 == 1" },
        { "unused-variable", 4, "p if {\n\tx := input.x\n}" },
        { "unused-argument", 3, "f(x, y) := x" },
        { "rule-shadows-builtin", 3, "count := 1" },
        { "var-shadows-builtin", 4, "p := sum if {\n\tsum := input.x\n}" },
        { "deprecated-builtin", 3, "p if any(input.xs)" },
        { "missing-default", 3, "allow if input.x" },
        { "impossible-not", 5, "s contains 1 if input.x\n\np if not s" },
        { "not-equals-in-loop", 3, "p if input.x != input.xs[_]" },
        { "top-level-iteration", 3, "p := input.xs[_]" },
        { "zero-arity-function", 3, "f() := 1" },
        { "rule-assigns-default", 5, "default p := 1\n\np := 1 if input.x" },
        { "if-empty-object", 3, "p if {}" },
        { "unused-result", 3, "p if indexof(\"a\", \"b\")" },
        { "redundant-existence-check", 4, "p if {\n\tinput.x\n\tinput.x == 1\n}" },
        { "duplicate-rule", 5, "p if input.x\n\np if input.x" },
        { "unresolved-reference", 3, "p if data.a.q" },
        { "use-in-operator", 3, "p if input.x == input.xs[_]" },
        { "boolean-assignment", 3, "p := input.x == 1" },
        { "non-raw-regex-pattern", 3, "p if regex.match(\"\\\\d\", input.x)" },
        { "double-negative", 3, "p if not not_there\n\nnot_there if input.x" },
        { "get-list-prefix", 3, "get_user := input.user" },
        { "unconditional-assignment", 3, "p := x if {\n\tx := input.x\n}" },
        { "unused-import", 3, "import data.b\n\np := 1" },
        { "import-input", 3, "import input.x\n\np := x" },
        { "redundant-data-import", 3, "import data\n\np := data.x" },
        { "redundant-alias", 3, "import data.b.c as c\n\np := c" },
        { "import-shadows-builtin", 3, "import data.b.regex\n\np := regex" },
        { "import-shadows-import", 4, "import data.b.c\nimport data.d.c\n\np := c" },
        { "import-shadows-rule", 3, "import data.b.p\n\np := 1" },
        { "import-after-rule", 5, "p := b\n\nimport data.b" },
        { "fmt", 1, "p:=1" },
        { "line-length", 3, $"p := \"{new string('x', 120)}\"" },
        { "rule-length", 3, $"p if {{\n{string.Concat(Enumerable.Repeat("\tinput.x\n", 30))}}}" },
        { "file-length", 1, string.Concat(Enumerable.Repeat("# more\n", 500)) + "p := 1" },
        { "prefer-snake-case", 3, "isAdmin if input.x" },
        { "use-assignment-operator", 3, "p = 1" },
        { "todo-comment", 3, "# TO" + "DO: more\np := 1" },
        { "no-whitespace-comment", 3, "#more\np := 1" },
        { "trailing-default-rule", 5, "p := 1 if input.x\n\ndefault p := 2" },
        { "yoda-condition", 3, "p if 1 == input.x" },
        { "test-outside-test-package", 3, "test_x if input.x" },
        { "todo-test", 3, "todo_test_x if input.x" },
        { "print-or-trace-call", 3, "p if print(input.x)" },
        { "identically-named-tests", 5, "test_x if input.x\n\ntest_x if input.y" },
    };

    [Theory, MemberData(nameof(Breaking))]
    public void Module_that_breaks_a_rule_is_found(string rule, int row, string text)
    {
        var found = Lint("package a\n\n" + text + "\n");

        Assert.Contains(found, one => one.Rule == rule && one.Row == row);
        var silenced = text.Split('\n').ToList();
        if (row > 2)
        {
            silenced.Insert(row - 3, $"# writ lint ignore: other, {rule}");
            Assert.DoesNotContain(
                Lint("package a\n\n" + string.Join('\n', silenced) + "\n"),
                one => one.Rule == rule && one.Row == row + 1);
        }
    }

    [Theory]
    [InlineData("use-rego-v1", "package a\n\np { input.x }\n", RegoVersion.V0)]
    [InlineData("chained-rule-body", "package a\n\np { input.x } { input.y }\n", RegoVersion.V0)]
    [InlineData("file-missing-test-suffix", "package a_test\n\np := 1\n", RegoVersion.V1)]
    public void So_is_one_of_the_old_syntax_or_of_tests(string rule, string text, RegoVersion version) =>
        Assert.Contains(Lint(text, version), one => one.Rule == rule);

    [Fact]
    public void Good_module_is_found_good() => Assert.Empty(Lint(
        """
        # METADATA
        # title: who may
        package a

        import data.lib.text

        default allow := false

        allow if {
        	input.user in data.people
        	some role in roles
        	text.up(role) == "ADMIN"
        	not outdated
        }

        outdated if input.days > 90

        roles contains role if some role in input.roles

        score(x, _) := y if {
        	y := x + 1
        	y > 2
        }

        """));

    [Fact]
    public void Every_rule_has_a_module_that_breaks_it()
    {
        var broken = Breaking.Select(row => (string)((ITheoryDataRow)row).GetData()[0]!)
            .Concat(["use-rego-v1", "chained-rule-body", "file-missing-test-suffix"]);

        Assert.Equal(
            RegoLinter.Rules.Select(rule => rule.Name).Order(StringComparer.Ordinal),
            broken.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));

    }

    private static IReadOnlyList<LintFinding> Lint(string text, RegoVersion version = RegoVersion.V1) =>
        RegoLinter.Lint([new PolicyFile("a.rego", text)], version, (_, _) => true);
}
