using System.Text;
using System.Text.Json;
using Writ.Rego.Builtins;
using Writ.Rego.Values;

namespace Writ.Rego.Tests.Builtins;

/// <summary>
/// Operands that are made to take for ever, to fill the memory or the stack, or to make a library throw: a built-in
/// answers, fails in its own words, or ends the query.
/// </summary>
public class HostileOperandTests
{
    private const string Schema = "type Query { friend: Query name: String }";

    [Fact]
    public void Fragments_that_spread_fragments_twice_are_entered_once()
    {
        var query = new StringBuilder("{ ...f0 }");
        for (var i = 0; i < 60; i++)
        {
            query.Append($" fragment f{i} on Query {{ ...f{i + 1} ...f{i + 1} }}");
        }

        query.Append(" fragment f60 on Query { name }");
        Assert.Equal("true", BuiltinCall.Show("graphql.is_valid", Json(query.ToString(), Schema)));
    }

    [Fact]
    public void A_fragment_that_spreads_itself_in_the_end_is_not_valid() => Assert.Equal("false", BuiltinCall.Show(
        "graphql.is_valid",
        Json(
            "{ ...a } fragment a on Query { ...b ...c } fragment b on Query { ...c } fragment c on Query { ...a }",
            Schema)));

    [Fact]
    public void A_query_whose_fields_double_with_each_fragment_ends_at_a_limit()
    {
        var query = new StringBuilder("{ ...f0 }");
        for (var i = 0; i < 60; i++)
        {
            query.Append($" fragment f{i} on Query {{ a: friend {{ ...f{i + 1} }} b: friend {{ ...f{i + 1} }} }}");
        }

        query.Append(" fragment f60 on Query { name }");
        Assert.True(Fails("graphql.is_valid", Json(query.ToString(), Schema)).IsFatal);
    }

    [Fact]
    public void A_template_with_very_many_else_ifs_is_nested_too_deeply()
    {
        var text = "{{if .a}}" + string.Concat(Enumerable.Repeat("{{else if .a}}", 100_000)) + "{{end}}";
        Fails("strings.render_template", $"[{JsonSerializer.Serialize(text)}, {{\"a\": false}}]");
    }

    [Fact]
    public void A_template_prints_what_is_deep_and_what_is_wide() => Assert.Equal(
        "map[a:[1 2 map[b:x]]]",
        ((RegoString)BuiltinCall.Invoke("strings.render_template", """["{{.}}", {"a": [1, 2, {"b": "x"}]}]""")!).Value);

    [Theory]
    [InlineData("units.parse")]
    [InlineData("units.parse_bytes")]
    public void An_amount_of_very_many_exponents_is_no_number(string name) => Assert.StartsWith(
        "!", BuiltinCall.Show(name, Json(string.Concat(Enumerable.Repeat("1e1", 200_000)))));

    [Fact]
    public void A_query_with_one_name_very_often_is_read()
    {
        var read = BuiltinCall.Show(
            "urlquery.decode_object", Json(string.Concat(Enumerable.Repeat("a&", 200_000)) + "b=c"));
        Assert.EndsWith("\"\"],\"b\":[\"c\"]}", read);
    }

    [Fact]
    public void Very_many_objects_are_united()
    {
        var objects = string.Join(
            ',', Enumerable.Range(0, 100_000).Select(i => $"{{\"k{i}\": {i}, \"all\": {{\"k{i}\": 1}}}}"));
        Assert.NotNull(BuiltinCall.Invoke("object.union_n", $"[[{objects}]]"));
    }

    [Theory]
    [InlineData("[[]]", "{}")]
    [InlineData("""[[{"a": {"x": 1}}, {"a": 5}, {"a": {"y": 2}}]]""", """{"a":{"y":2}}""")]
    [InlineData("""[[{"a": {"x": 1, "z": {}}}, {"a": {"y": 2}}, {"a": {"x": {"b": 1}}, "c": 1}]]""",
        """{"a":{"x":{"b":1},"y":2,"z":{}},"c":1}""")]
    public void Of_several_objects_the_last_value_counts_unless_both_are_objects(string operands, string union) =>
        Assert.Equal(union, BuiltinCall.Show("object.union_n", operands));

    [Fact]
    public void A_range_of_very_long_numbers_ends_at_a_limit()
    {
        var zeros = new string('0', 19_000);
        Assert.True(Fails("numbers.range", $"[1{zeros}000000, 1{zeros}999999]").IsFatal);
    }

    [Fact]
    public void The_paths_of_a_value_that_is_deep_and_wide_end_at_a_limit()
    {
        var deep = $"{new string('[', 400)}{string.Concat(Enumerable.Repeat("0,", 200_000))}0{new string(']', 400)}";
        Assert.True(Fails("walk", $"[{deep}]").IsFatal);
    }

    [Fact]
    public void Errors_that_name_very_many_choices_end_at_a_limit()
    {
        var choices = string.Join(',', Enumerable.Range(0, 50_000));
        var document = $"[{string.Join(',', Enumerable.Repeat("\"x\"", 5_000))}]";
        var schema = $"{{\"items\": {{\"enum\": [{choices}]}}}}";
        Assert.True(Fails("json.match_schema", Json(document, schema)).IsFatal);
    }

    [Fact]
    public void A_text_of_very_many_beginnings_of_PEM_ends_at_a_limit() => Assert.True(Fails(
        "crypto.x509.parse_certificates",
        Json(string.Concat(Enumerable.Repeat("-----BEGIN A-----\n", 100_000)))).IsFatal);

    [Fact]
    public void Globs_of_very_many_states_end_at_a_limit()
    {
        var context = new BuiltinContext { MaxItems = 10_000 };
        var glob = string.Concat(Enumerable.Repeat("a*", 900));
        var error = Assert.Throws<BuiltinError>(() => BuiltinCall.Invoke(
            "regex.globs_match", Json(glob + "b", glob + "c"), context));
        Assert.True(error.IsFatal);
    }

    [Theory]
    [InlineData("yaml.unmarshal", "!<a%20b> x")]
    [InlineData("yaml.unmarshal", "%YAML 99999999999999.1\n---\na")]
    public void Broken_YAML_is_an_error_like_any_other(string name, string text) =>
        Assert.StartsWith("!yaml: ", BuiltinCall.Show(name, Json(text)));

    [Fact]
    public void A_tag_that_is_none_is_not_valid_YAML() =>
        Assert.Equal("false", BuiltinCall.Show("yaml.is_valid", Json("!<a%20b> x")));

    [Theory]
    [InlineData("""{"secret": "s", "time": 1e999}""", "token time constraint: must be a time")]
    [InlineData("""{"cert": "{\"kty\":\"RSA\",\"n\":\"\",\"e\":\"AQAB\"}"}""", "failed to parse a JWK key (set)")]
    public void A_broken_constraint_of_a_token_is_an_error_like_any_other(string constraints, string message) =>
        Assert.StartsWith("!" + message, BuiltinCall.Show("io.jwt.decode_verify", $"[\"e30.e30.\", {constraints}]"));

    [Fact]
    public void An_encrypted_token_is_not_taken_for_a_signed_one()
    {
        var header = Convert.ToBase64String("""{"alg":"HS256","enc":"A128GCM"}"""u8).TrimEnd('=');
        var decoded = BuiltinCall.Show("io.jwt.decode", Json($"{header}.e30.AA"));
        Assert.Equal("!JWT is a JWE object, which is not supported", decoded);
    }

    [Theory]
    [InlineData("10.0.0.0/8", "::ffff:10.0.0.0/8", "false")]
    [InlineData("10.0.0.0/8", "::ffff:10.0.0.0/104", "true")]
    [InlineData("10.0.0.0/8", "::ffff:10.0.0.1", "true")]
    [InlineData("::ffff:10.0.0.0/104", "10.1.0.0/16", "true")]
    [InlineData("::ffff:10.0.0.0/8", "10.1.0.0/16", "false")]
    [InlineData("::/0", "::ffff:10.0.0.0/90", "true")]
    public void Networks_of_mapped_addresses_count_all_128_bits(string network, string part, string contains) =>
        Assert.Equal(contains, BuiltinCall.Show("net.cidr_contains", Json(network, part)));

    private static BuiltinError Fails(string name, string operands) =>
        Assert.Throws<BuiltinError>(() => BuiltinCall.Invoke(name, operands));

    private static string Json(params string[] texts) => JsonSerializer.Serialize(texts);
}
