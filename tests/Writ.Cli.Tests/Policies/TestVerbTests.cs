using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Writ.Cli.Tests.Policies;

public sealed partial class TestVerbTests : IDisposable
{
    private readonly PolicyFolder _folder = new PolicyFolder()
        .Put("authz.rego", """
            package authz

            default allow := false

            allow if {
            	input.role == "admin"
            	input.days < 90
            }

            allow if input.role == "owner"
            """)
        .Put("good_test.rego", """
            package authz_test

            import data.authz

            test_admin if authz.allow with input as {"role": "admin", "days": 3}

            test_guest if {
            	print("a guest")
            	not authz.allow with input as {"role": "guest"}
            }
            """);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Tests_that_pass_are_counted() =>
        Assert.Equal(new Command(0, "PASS: 2/2\n", ""), await _folder.RunAsync("test", "."));

    [Fact]
    public async Task Verbose_tells_of_each()
    {
        var result = await _folder.RunAsync("test", "-v", "authz.rego", "good_test.rego");

        Assert.Equal(
            """
            good_test.rego:5:
            data.authz_test.test_admin: PASS (T)
            good_test.rego:7:
            data.authz_test.test_guest: PASS (T)

              a guest

            --------------------------------------------------------------------------------
            PASS: 2/2

            """, Timeless(result.Output));
    }

    [Fact]
    public async Task Failure_skip_and_error_are_told_and_end_with_2()
    {
        _folder.Put("bad_test.rego", """
            package authz_test

            import data.authz

            test_owner if authz.allow with input as {"role": "ownr"}

            test_owner if authz.allow with input as {"role": "owner"}

            todo_test_later if false

            test_conflict := x if some x in [1, 2]

            test_number := 1
            """);
        var result = await _folder.RunAsync("test", "authz.rego", "bad_test.rego");

        Assert.Equal(
            """
            bad_test.rego:5:
            data.authz_test.test_owner: FAIL (T)
            bad_test.rego:9:
            data.authz_test.todo_test_later: SKIPPED
            bad_test.rego:11:
            data.authz_test.test_conflict: ERROR (T)
              1 error occurred: bad_test.rego:11:1: CONFLICT
              	test_conflict := x if some x in [1, 2]
              	^
            bad_test.rego:13:
            data.authz_test.test_number: FAIL (T)
            --------------------------------------------------------------------------------
            PASS: 1/5
            FAIL: 2/5
            SKIPPED: 1/5
            ERROR: 1/5

            """.Replace("  \t", "\t", StringComparison.Ordinal)
                .Replace(
                    "CONFLICT", "eval_conflict_error: complete rules must not produce multiple outputs",
                    StringComparison.Ordinal),
            Timeless(result.Output));
        Assert.Equal(2, result.ExitCode);
    }

    [Fact]
    public async Task Cases_of_one_test_are_told_apart()
    {
        _folder.Put("cases_test.rego", """
            package authz_test

            import data.authz

            test_roles[case.note] if {
            	some case in [
            		{"note": "admins may", "role": "admin", "may": true},
            		{"note": "guests may not", "role": "guest", "may": true},
            		{"note": "owners may", "role": "owner", "may": true},
            	]
            	authz.allow == case.may with input as {"role": case.role, "days": 1}
            }
            """);
        var result = await _folder.RunAsync("test", "authz.rego", "cases_test.rego");

        Assert.Equal(
            """
            cases_test.rego:5:
            data.authz_test.test_roles: FAIL (T)
              guests may not: FAIL
            --------------------------------------------------------------------------------
            PASS: 2/3
            FAIL: 1/3

            """, Timeless(result.Output));
    }

    [Fact]
    public async Task Failing_line_and_what_it_looked_at_are_shown()
    {
        _folder.Put("values_test.rego", """
            package authz_test

            import data.authz

            test_old if authz.allow with input as {"role": "admin", "days": 100}
            """);
        var result = await _folder.RunAsync("test", "--var-values", "authz.rego", "values_test.rego");

        Assert.Contains(
            "  values_test.rego:5:\n    authz.allow with input as", result.Output, StringComparison.Ordinal);
        var traced = await _folder.RunAsync("test", "--explain", "fails", "authz.rego", "values_test.rego");
        Assert.Contains("Fail input.days < 90", traced.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Results_are_a_document_when_wanted()
    {
        var result = await _folder.RunAsync("test", "-f", "json", "-r", "guest$", ".");

        var test = Assert.Single(JsonNode.Parse(result.Output)!.AsArray())!;
        Assert.Equal(("data.authz_test", "test_guest", 7), (
            (string?)test["package"], (string?)test["name"], (int)test["location"]!["row"]!));
        Assert.Equal("a guest\n"u8.ToArray(), Convert.FromBase64String((string)test["output"]!));
        Assert.True((long)test["duration"]! > 0);
        Assert.Null(test["fail"]);
    }

    [Fact]
    public async Task Coverage_counts_lines_and_bounds_the_answer()
    {
        var covered = await _folder.RunAsync("test", "--coverage", "authz.rego", "good_test.rego");
        var report = JsonNode.Parse(covered.Output)!;
        Assert.Equal(3, (int)report["files"]!["authz.rego"]!["covered"]![0]!["start"]!["row"]!);
        Assert.Equal(100, (double)report["coverage"]!);

        _folder.Put("more.rego", "package more\n\nnever if input.x\n");
        var missed = await _folder.RunAsync("test", "--threshold", "99", "-v", ".");
        Assert.Equal(2, missed.ExitCode);
        Assert.StartsWith("Code coverage threshold not met: got ", missed.Errors, StringComparison.Ordinal);
        Assert.EndsWith("Lines not covered:\n\tmore.rego:3\n", missed.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("test nowhere", 1)]
    [InlineData("test", 2)]
    [InlineData("test -r nothing --fail-on-empty .", 1)]
    [InlineData("test -r nothing .", 0)]
    [InlineData("test -r [ .", 2)]
    [InlineData("test --threshold 101 .", 1)]
    [InlineData("test -f gobench .", 2)]
    [InlineData("test --count 3 .", 0)]
    public async Task It_ends_as_opa_does(string line, int code) =>
        Assert.Equal(code, (await _folder.RunAsync(line.Split(' '))).ExitCode);

    [Fact]
    public async Task Skipped_tests_may_be_no_failure()
    {
        _folder.Put("todo_test.rego", "package t\n\ntodo_test_x if false\n");

        Assert.Equal(2, (await _folder.RunAsync("test", ".")).ExitCode);
        Assert.Equal(0, (await _folder.RunAsync("test", "-z", ".")).ExitCode);
    }

    [Fact]
    public async Task Test_that_takes_too_long_is_an_error()
    {
        _folder.Put("long_test.rego", """
            package long_test

            test_long if count([x | some x in numbers.range(1, 2000); some y in numbers.range(1, 100000); y < 0]) == 0
            """);
        var result = await _folder.RunAsync("test", "--timeout", "200ms", "long_test.rego");

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("eval_cancel_error", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tests_are_measured_when_wanted()
    {
        var result = await _folder.RunAsync("test", "--bench", "-f", "gobench", "-r", "admin", ".");

        Assert.Matches(@"^BenchmarkDataAuthzTestTestAdmin\t\d+\t\d+ ns/op\t\d+ B/op\n$", result.Output);
    }

    private static string Timeless(string text) => Time().Replace(text, "(T)");

    [GeneratedRegex(@"\([\d.]+(s|ms|µs)\)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Time();
}
