using System.Text.Json;

namespace Writ.Rego.Tests.Builtins;

/// <summary>YAML (1.2 §10.3), JSON schemas (draft 7) and Go's templates.</summary>
public sealed class DocumentTests
{
    [Theory]
    [InlineData("a: 1\nb: [x, 2.5, null, ~]", """{"a":1,"b":["x",2.5,null,null]}""")]
    [InlineData("yes", "\"yes\"")]
    [InlineData("[True, FALSE, on, n]", """[true,false,"on","n"]""")]
    [InlineData("n: 1", """{"n":1}""")]
    [InlineData("[0x1F, 0o17, 017, 0b11, 1_000, +1, -0]", "[31,15,15,3,1000,1,0]")]
    [InlineData("- 2020-01-01\n- 190:20:30", """["2020-01-01","190:20:30"]""")]
    [InlineData("a: &x {b: 1}\nc: *x\nd: {<<: *x, e: 2}", """{"a":{"b":1},"c":{"b":1},"d":{"b":1,"e":2}}""")]
    [InlineData("a: |\n  x\n  y\nb: >-\n  x\n  y", """{"a":"x\ny\n","b":"x y"}""")]
    [InlineData("a: 1\na: 2", """{"a":2}""")]
    [InlineData("1: a\ntrue: b", """{"1":"a","true":"b"}""")]
    [InlineData("!!str 1", "\"1\"")]
    [InlineData("'1'", "\"1\"")]
    [InlineData("a\n---\nb", "\"a\"")]
    [InlineData("", "null")]
    public void Yaml_becomes_JSON(string yaml, string json) =>
        Assert.Equal(json, BuiltinCall.Show("yaml.unmarshal", JsonSerializer.Serialize(new[] { yaml })));

    [Theory]
    [InlineData("a: [")]
    [InlineData("a: b: c")]
    [InlineData("*x")]
    [InlineData("{[a]: 1}")]
    [InlineData("a\n---\n[")]
    [InlineData(".inf")]
    public void What_is_no_YAML_is_an_error(string yaml)
    {
        Assert.StartsWith("!", BuiltinCall.Show("yaml.unmarshal", JsonSerializer.Serialize(new[] { yaml })));
        Assert.Equal("false", BuiltinCall.Show("yaml.is_valid", JsonSerializer.Serialize(new[] { yaml })));
    }

    [Theory]
    [InlineData("""{"b": [1, "yes", "a: b"], "a": {}}""")]
    [InlineData("""["on", "1", "", " x", "x\ny", "é", null, true, 1.5, {"true": "n", "": []}]""")]
    [InlineData("\"- a\"")]
    public void What_is_written_is_read_back(string json)
    {
        var yaml = BuiltinCall.Show("yaml.marshal", $"[{json}]");
        using var wanted = JsonDocument.Parse(json);
        using var read = JsonDocument.Parse(BuiltinCall.Show("yaml.unmarshal", $"[{yaml}]"));
        Assert.True(JsonElement.DeepEquals(wanted.RootElement, read.RootElement), yaml);
    }

    [Theory]
    [InlineData("1", """{"type": "string"}""", "(root): Invalid type. Expected: string, given: integer")]
    [InlineData("{}", """{"required": ["a"]}""", "(root): a is required")]
    [InlineData("[1, 1]", """{"uniqueItems": true}""", "(root): array items[0,1] must be unique")]
    [InlineData("5", """{"maximum": 4}""", "(root): Must be less than or equal to 4")]
    [InlineData("\"ab\"", """{"pattern": "^a$"}""", "(root): Does not match pattern '^a$'")]
    [InlineData("""{"a": {"b": 1}}""", """{"properties": {"a": {"properties": {"b": {"type": "null"}}}}}""",
        "a.b: Invalid type. Expected: null, given: integer")]
    [InlineData("""{"x": 1}""", """{"additionalProperties": false}""",
        "(root): Additional property x is not allowed")]
    [InlineData("3", """{"enum": [1, 2]}""", "(root): (root) must be one of the following: 1, 2")]
    [InlineData("[1, 2]", """{"type": "array", "items": {"type": "integer"}}""", null)]
    [InlineData("1.0", """{"type": "integer"}""", null)]
    [InlineData(
        """{"a": {"a": {}}}""", """{"properties": {"a": {"$ref": "#"}}, "additionalProperties": false}""", null)]
    [InlineData("\"x\"", """{"if": {"type": "string"}, "then": {"minLength": 1}, "else": false}""", null)]
    public void Documents_are_held_against_schemas(string document, string schema, string? error)
    {
        using var result = JsonDocument.Parse(BuiltinCall.Show(
            "json.match_schema", $"[{JsonSerializer.Serialize(document)}, {schema}]"));
        Assert.Equal(error is null, result.RootElement[0].GetBoolean());
        Assert.Equal(
            error is null ? [] : [error],
            result.RootElement[1].EnumerateArray().Select(one => one.GetProperty("error").GetString()));
    }

    [Theory]
    [InlineData("""{"type": "strin"}""")]
    [InlineData("""{"$ref": "#/nowhere"}""")]
    [InlineData("""{"$ref": "https://example.org/schema"}""")]
    [InlineData("""{"required": "a"}""")]
    [InlineData("""{"pattern": "("}""")]
    public void Broken_schemas_are_told(string schema)
    {
        Assert.StartsWith("[false,\"jsonschema: ", BuiltinCall.Show("json.verify_schema", $"[{schema}]"));
        Assert.StartsWith("!", BuiltinCall.Show("json.match_schema", $"[\"1\", {schema}]"));
    }

    [Theory]
    [InlineData("hello {{.name}}", """{"name": "ann"}""", "hello ann")]
    [InlineData("{{range .xs}}<{{.}}>{{else}}none{{end}}", """{"xs": [1, "b"]}""", "<1><b>")]
    [InlineData("{{range .xs}}<{{.}}>{{else}}none{{end}}", """{"xs": []}""", "none")]
    [InlineData("{{range $i, $x := .xs}}{{if $i}}, {{end}}{{$x}}{{end}}", """{"xs": ["a", "b"]}""", "a, b")]
    [InlineData("{{with .a}}{{.b}}{{end}}", """{"a": {"b": true}}""", "true")]
    [InlineData("{{if and .a (not .b)}}x{{else if .b}}y{{end}}", """{"a": 1, "b": 0}""", "x")]
    [InlineData("{{printf \"%03d|%q\" 7 .s}}", """{"s": "a\"b"}""", "007|\"a\\\"b\"")]
    [InlineData("a {{- /* no */ -}} b", "{}", "ab")]
    [InlineData("{{len .xs}} {{index .xs 1}} {{eq .s \"x\"}}", """{"xs": [5, 6], "s": "x"}""", "2 6 true")]
    public void Templates_are_filled(string template, string values, string text) => Assert.Equal(
        JsonSerializer.Deserialize<string>(BuiltinCall.Show(
            "strings.render_template", $"[{JsonSerializer.Serialize(template)}, {values}]")), text);

    [Theory]
    [InlineData("{{.missing}}", "{}", "map has no entry for key \"missing\"")]
    [InlineData("{{", "{}", "unclosed action")]
    [InlineData("{{if}}", "{}", "missing value for if")]
    [InlineData("{{nope .}}", "{}", "function \"nope\" not defined")]
    public void Broken_templates_are_errors(string template, string values, string error)
    {
        var told = BuiltinCall.Show("strings.render_template", $"[{JsonSerializer.Serialize(template)}, {values}]");
        Assert.StartsWith("!template: ", told);
        Assert.Contains(error, told, StringComparison.Ordinal);
    }
}
