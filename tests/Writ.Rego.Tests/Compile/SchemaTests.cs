using Writ.Rego.Types;
using Writ.Rego.Values;

namespace Writ.Rego.Tests.Compile;

/// <summary>Policies checked by JSON schemas of the input and of data, with OPA's words for what is wrong.</summary>
public sealed class SchemaTests
{
    private const string Review = """
        {
          "type": "object",
          "properties": {
            "user": {"type": "string"},
            "age": {"type": "integer"},
            "tags": {"type": "array", "items": {"type": "string"}},
            "request": {"$ref": "#/definitions/request"},
            "either": {"anyOf": [{"properties": {"a": {}}}, {"type": "object", "properties": {"b": {}}}]},
            "both": {"allOf": [{"properties": {"a": {"type": "number"}}}, {"properties": {"b": {"type": "boolean"}}}]},
            "tree": {"$ref": "#"},
            "free": {"type": "object"},
            "whatever": {"description": "no type"}
          },
          "definitions": {"request": {"type": "object", "properties": {"kind": {"type": "string"}, "version": {}}}}
        }
        """;

    private static readonly RegoValue ReviewSchema = RegoValue.ParseJson(Review);
    private static readonly SchemaSet OfInput = SchemaSet.Empty.WithInput(ReviewSchema);

    private static readonly SchemaSet Named = SchemaSet.Empty
        .With(["review"], ReviewSchema)
        .With(["acl", "users-v1"], RegoValue.ParseJson(
            """{"type": "object", "additionalProperties": false, "properties": {"ann": {"type": "array"}}}"""));

    [Theory]
    [InlineData("input.user == \"ann\"")]
    [InlineData("some tag in input.tags; startswith(tag, \"a\")")]
    [InlineData("input.request[_] == \"x\"")]
    [InlineData("input.either.a; input.either.b")]
    [InlineData("input.both.a + 1 > 2; input.both.b")]
    [InlineData("input.free.x.y; input.whatever.x + 1 > 2")]
    [InlineData("input.tree.user == \"x\"; input.tree.tree.any")]
    [InlineData("input[x]; x == \"user\"")]
    [InlineData("input.usr with input as {\"usr\": 1}")]
    [InlineData("data.x.y.z == input.user")]
    public void What_the_schema_allows_compiles(string body) => Assert.NotNull(Compile(OfInput, $"p if {{ {body} }}"));

    [Theory]
    [InlineData("input.usr", "undefined ref: input.usr\n\tinput.usr\n\t      ^\n\thave: \"usr\"\n\twant (one of): "
        + "[\"age\" \"both\" \"either\" \"free\" \"request\" \"tags\" \"tree\" \"user\" \"whatever\"]")]
    [InlineData("input.request.kinds", "undefined ref: input.request.kinds\n\tinput.request.kinds\n\t              ^"
        + "\n\thave: \"kinds\"\n\twant (one of): [\"kind\" \"version\"]")]
    [InlineData("input.user.name", "undefined ref: input.user.name\n\tinput.user.name\n\t^^^^^^^^^^\n\thave: string")]
    [InlineData("input.tags.x", "undefined ref: input.tags.x\n\tinput.tags.x\n\t           ^\n\thave: \"x\"\n\t"
        + "want (type): number")]
    [InlineData("input.either.c", "want (one of): [\"a\" \"b\"]")]
    [InlineData("input.both.c", "want (one of): [\"a\" \"b\"]")]
    [InlineData("input.user = 1", "match error\n\tleft  : string\n\tright : number")]
    [InlineData("some tag in input.tags; tag + 1 == 2", "plus: invalid argument(s)\n\thave: (string, number")]
    [InlineData("x := input; x.usr", "undefined ref: x.usr")]
    public void What_it_does_not_is_told(string body, string message) =>
        Told(message, () => Compile(OfInput, $"p if {{ {body} }}"));

    [Fact]
    public void Queries_are_checked_too()
    {
        var policy = Compile(OfInput, "p := 1");
        Assert.NotNull(policy.Prepare("input.user"));
        Told("undefined ref: input.usr", () => policy.Prepare("input.usr"));
    }

    [Theory]
    [InlineData("# METADATA\n# schemas:\n#   - input: schema.review\np if input.usr", "undefined ref: input.usr")]
    [InlineData("# METADATA\n# schemas:\n#   - input.deep.er: schema.review\np if input.deep.er.usr", "undefined ref")]
    [InlineData("# METADATA\n# schemas:\n#   - data.acl: schema.acl[\"users-v1\"]\np if data.acl.bob", "[\"ann\"]")]
    [InlineData(
        "# METADATA\n# schemas:\n#   - input: {type: object, properties: {a: {type: string}}}\np if input.b",
        "[\"a\"]")]
    [InlineData(
        "# METADATA\n# scope: document\n# schemas:\n#   - input: schema.review\np if false\n\np if input.usr",
        "input.usr")]
    [InlineData("# METADATA\n# schemas:\n#   - input: schema.nope\np if input.usr", "undefined schema: schema.nope")]
    public void Annotations_say_what_is_of_which_schema(string rules, string message) =>
        Told(message, () => Compile(Named, rules));

    [Theory]
    [InlineData("# METADATA\n# schemas:\n#   - input: schema.review\np if input.user\n\nq if input.usr")]
    [InlineData(
        "# METADATA\n# schemas:\n#   - input: schema.review\n#   - input.user: {type: object}\np if input.user.x")]
    [InlineData("# METADATA\n# schemas:\n#   - data.acl: schema.acl[\"users-v1\"]\np if data.acl.ann[_] == 1")]
    public void They_speak_of_their_rules_alone_and_the_longest_path_counts(string rules) =>
        Assert.NotNull(Compile(Named, rules));

    [Fact]
    public void Annotations_of_a_package_hold_for_all_its_rules() => Told(
        "undefined ref: input.usr",
        () => new PolicyCompiler(PolicyOptions.Default with { Schemas = Named })
            .Add("a.rego", "# METADATA\n# schemas:\n#   - input: schema.review\npackage a\n\nq if input.user")
            .Add("b.rego", "package a\n\np if input.usr").Compile());

    [Fact]
    public void Without_schemas_annotations_are_not_looked_at() =>
        Assert.NotNull(Compile(null, "# METADATA\n# schemas:\n#   - input: schema.review\np if input.usr"));

    [Theory]
    [InlineData("""{"type": "nonsense"}""")]
    [InlineData("""{"$ref": "https://example.org/x"}""")]
    public void Broken_schema_is_refused(string schema) =>
        Assert.Throws<RegoError>(() => SchemaSet.Empty.WithInput(RegoValue.ParseJson(schema)));

    [Fact]
    public void Schemas_that_cannot_be_one_are_told() => Told(
        "unable to merge these schemas",
        () => Compile(
            SchemaSet.Empty.WithInput(RegoValue.ParseJson("""{"allOf": [{"type": "string"}, {"type": "number"}]}""")),
            "p if input.x"));

    private static void Told(string message, Action act)
    {
        var error = Assert.Throws<RegoError>(act);
        Assert.Equal(ErrorCodes.Type, error.Diagnostics[0].Code);
        Assert.Contains(message, error.Diagnostics[0].Message, StringComparison.Ordinal);
    }

    private static CompiledPolicy Compile(SchemaSet? schemas, string rules) =>
        new PolicyCompiler(PolicyOptions.Default with { Schemas = schemas })
            .Add("test.rego", $"package test\n\n{rules}\n").Compile();
}
