using System.Text.Json.Nodes;

namespace Writ.Cli.Tests.Policies;

public sealed class EvalVerbTests : IDisposable
{
    private readonly PolicyFolder _folder = new PolicyFolder()
        .Put("p/authz.rego", """
            package authz

            import data.lib.text

            default allow := false

            allow if {
            	input.user == "ann"
            	print("user is", input.user)
            }

            names contains n if some n in data.people

            up := text.up(input.user)
            """)
        .Put("p/lib/text.rego", "package lib.text\n\nup(x) := upper(x)\n")
        .Put("p/lib/limits.json", """{"k": 1}""")
        .Put("p/people.yaml", "people: [ann, bob]\n")
        .Put("in.json", """{"user": "ann"}""")
        .Put("bad.rego", "package a\n\np := 1 +\n");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Answer_has_the_shape_of_opa()
    {
        var result = await _folder.RunAsync(
            "eval", "-d", "p", "-i", "in.json", "x := data.authz.names[_]; x > \"ann\"");

        Assert.Equal(
            """
            {
              "result": [
                {
                  "expressions": [
                    {
                      "value": true,
                      "text": "x := data.authz.names[_]",
                      "location": {
                        "row": 1,
                        "col": 1
                      }
                    },
                    {
                      "value": true,
                      "text": "x \u003e \"ann\"",
                      "location": {
                        "row": 1,
                        "col": 27
                      }
                    }
                  ],
                  "bindings": {
                    "x": "bob"
                  }
                }
              ]
            }

            """,
            result.Output);
        Assert.Equal(0, result.ExitCode);
    }

    [Theory]
    [InlineData("data.authz.allow", "raw", "true\n")]
    [InlineData("data.authz.up", "raw", "ANN\n")]
    [InlineData("data.authz.names", "raw", "[\"ann\",\"bob\"]\n")]
    [InlineData("data.lib.k; data.people[0]", "raw", "1 ann\n")]
    [InlineData("x := [1, 2][_]", "bindings", "{\n  \"x\": 1\n}\n{\n  \"x\": 2\n}\n")]
    [InlineData("x := [1, 2][_]; x > 1; x + 1", "values", "[\n  true,\n  true,\n  3\n]\n")]
    [InlineData("data.authz.allow", "pretty", "true\n")]
    [InlineData("data.authz.never", "pretty", "undefined\n")]
    [InlineData("data.authz.never", "json", "{}\n")]
    [InlineData("1 == 2", "raw", "false\n")]
    [InlineData("1 == 2; true", "json", "{}\n")]
    [InlineData("[false, true][_]", "raw", "true\n")]
    [InlineData("[1, 1][_]", "raw", "1\n1\n")]
    [InlineData("true", "discard", "{\n  \"result\": \"discarded\"\n}\n")]
    [InlineData(
        "some x; x = data.people[i]; upper(x)", "pretty",
        "+---+-------+----------+\n| i |   x   | upper(x) |\n+---+-------+----------+\n"
        + "| 0 | \"ann\" | \"ANN\"    |\n| 1 | \"bob\" | \"BOB\"    |\n+---+-------+----------+\n")]
    public async Task Answer_is_written_in_each_format(string query, string format, string written)
    {
        var result = await _folder.RunAsync("eval", "-d", "p", "-i", "in.json", "--format", format, query);

        Assert.Equal((written, 0), (result.Output, result.ExitCode));
    }

    [Fact]
    public async Task Print_goes_to_standard_error() => Assert.Equal(
        "user is ann\n", (await _folder.RunAsync("eval", "-d", "p", "-i", "in.json", "data.authz.allow")).Errors);

    [Fact]
    public async Task Package_and_imports_shorten_names()
    {
        var inside = await _folder.PipeAsync(
            "user: eve", "eval", "-d", "p", "-I", "--package", "authz", "-f", "raw", "up");
        var imported = await _folder.RunAsync(
            "eval", "-d", "p", "--import", "data.lib.text as t", "-f", "raw", "t.up(\"x\")");

        Assert.Equal(("EVE\n", "X\n"), (inside.Output, imported.Output));
    }

    [Fact]
    public async Task Prefix_says_where_documents_go()
    {
        var result = await _folder.RunAsync("eval", "-d", "a.b:in.json", "-f", "raw", "data");

        Assert.Equal("{\"a\":{\"b\":{\"user\":\"ann\"}}}\n", result.Output);
    }

    [Fact]
    public async Task Ignored_names_are_left_out()
    {
        var result = await _folder.RunAsync(
            "eval", "-d", "p", "--ignore", "*.rego", "--ignore", "lib", "-f", "raw", "data");

        Assert.Equal("{\"people\":[\"ann\",\"bob\"]}\n", result.Output);
    }

    [Fact]
    public async Task Standard_input_can_be_data()
    {
        var result = await _folder.PipeAsync("""{"a": 1}""", "eval", "-d", "-", "-f", "raw", "data.a");

        Assert.Equal("1\n", result.Output);
    }

    [Theory]
    [InlineData("--fail", "data.authz.never", 1)]
    [InlineData("--fail", "data.authz.allow", 0)]
    [InlineData("--fail-defined", "data.authz.never", 0)]
    [InlineData("--fail-defined", "data.authz.allow", 1)]
    [InlineData("--strict-builtin-errors", "1 / 0", 2)]
    [InlineData("--fail-defined", "1 / 0", 0)]
    [InlineData("--v0-compatible", "true", 2)]
    public async Task It_ends_as_opa_does(string flag, string query, int code) =>
        Assert.Equal(code, (await _folder.RunAsync("eval", "-d", "p", flag, query)).ExitCode);

    [Fact]
    public async Task Errors_are_a_document_with_places()
    {
        var result = await _folder.RunAsync("eval", "-d", "bad.rego", "data.a");

        Assert.Equal(2, result.ExitCode);
        var error = JsonNode.Parse(result.Output)!["errors"]![0]!;
        Assert.Equal("rego_parse_error", (string?)error["code"]);
        Assert.Equal(("bad.rego", 4, 1), (
            (string?)error["location"]!["file"], (int)error["location"]!["row"]!, (int)error["location"]!["col"]!));
    }

    [Theory]
    [InlineData("nowhere.json", "nowhere.json: load_error: no such file or folder")]
    [InlineData("x:p/authz.rego", "undefined function")]
    public async Task Errors_for_people_go_to_standard_error(string path, string said)
    {
        var result = await _folder.RunAsync("eval", "-d", path, "-f", "pretty", "y");

        Assert.Equal((2, ""), (result.ExitCode, result.Output));
        Assert.StartsWith("1 error occurred: ", result.Errors, StringComparison.Ordinal);
        Assert.Contains(said, result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Documents_in_the_way_of_each_other_are_an_error()
    {
        _folder.Put("a.json", """{"k": {"x": 1}}""").Put("b.json", """{"k": {"y": 2}}""").Put("c.json", """{"k": 3}""");

        Assert.Equal(
            "{\"x\":1,\"y\":2}\n",
            (await _folder.RunAsync("eval", "-d", "a.json", "-d", "b.json", "-f", "raw", "data.k")).Output);
        Assert.Contains(
            "c.json: load_error: merge error",
            (await _folder.RunAsync("eval", "-d", "a.json", "-d", "c.json", "-f", "raw", "data.k")).Errors,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Documents_in_the_way_of_rules_are_an_error()
    {
        _folder.Put("names.json", """{"authz": {"names": []}}""");
        var result = await _folder.RunAsync("eval", "-d", "p", "-d", "names.json", "-f", "raw", "data.authz");

        Assert.Contains("conflicting rule for data path authz/names found", result.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("eval")]
    [InlineData("eval --fail --fail-defined true")]
    [InlineData("eval --stdin true")]
    [InlineData("eval -I --stdin")]
    [InlineData("eval -f xml true")]
    [InlineData("eval --timeout soon true")]
    public async Task Mistakes_on_the_command_line_end_with_2(string line)
    {
        var result = await _folder.RunAsync(line.Split(' '));

        Assert.Equal((2, ""), (result.ExitCode, result.Output));
        Assert.NotEmpty(result.Errors);
    }

    [Fact]
    public async Task Long_query_ends_at_its_timeout()
    {
        var result = await _folder.RunAsync(
            "eval", "--timeout", "200ms",
            "count([x | x := numbers.range(1, 2000)[_]; numbers.range(1, 100000)[_] < 0])");

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("eval_cancel_error", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Explanation_profile_and_coverage_are_told()
    {
        var result = await _folder.RunAsync(
            "eval", "-d", "p", "-i", "in.json", "--explain", "full", "--coverage", "--profile", "data.authz.allow");

        var report = JsonNode.Parse(result.Output)!;
        Assert.Contains(
            report["explanation"]!.AsArray(),
            one => (string?)one!["op"] == "Exit" && (string?)one["node"] == "data.authz.allow");
        var covered = report["coverage"]!["files"]!["p/authz.rego"]!["covered"]!.AsArray();
        Assert.Contains(covered, range => (int)range!["start"]!["row"]! == 7 && (int)range["end"]!["row"]! == 9);
        Assert.Equal("data.authz.allow (p/authz.rego:7)", (string?)report["profile"]![0]!["rule"]);
        Assert.True((long)report["metrics"]!["timer_rego_query_eval_ns"]! > 0);
    }

    [Theory]
    [InlineData("notes", "t.rego:5             | Note hello\n")]
    public async Task Only_the_wanted_part_of_the_trace_is_shown(string mode, string line)
    {
        _folder.Put("t.rego", "package t\n\np if {\n\tq\n\ttrace(\"hello\")\n}\n\nq := 1\n");
        var result = await _folder.RunAsync("eval", "-d", "t.rego", "--explain", mode, "-f", "pretty", "data.t.p");

        Assert.Equal($"t.rego:3             Enter data.t.p\n{line}true\n", result.Output);
    }

    [Fact]
    public async Task Capabilities_bound_what_may_be_called()
    {
        _folder.Put("capabilities.json", """{"builtins": [{"name": "upper"}]}""");

        var may = await _folder.RunAsync("eval", "--capabilities", "capabilities.json", "upper(\"a\")");
        var mayNot = await _folder.RunAsync("eval", "--capabilities", "capabilities.json", "lower(\"a\")");
        Assert.Equal((0, 2), (may.ExitCode, mayNot.ExitCode));
    }
}
