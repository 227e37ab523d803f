using System.Diagnostics;
using Writ.Rego.Values;

namespace Writ.Rego.Tests.Evaluate;

/// <summary>
/// Policies whose author wants time or memory without end: each finishes, with a value or a <see cref="RegoError"/>,
/// soon after its wall time. One without that would run for hours or fill the machine.
/// </summary>
public sealed class HostilePolicyTests
{
    /// <summary>Far more than a slow machine needs; without limits none of them ends in an hour.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>Values of 61 levels whose parts are shared: written out, each of them has 2^60 items.</summary>
    private static readonly string Shared = string.Join('\n', Enumerable.Range(1, 60)
        .SelectMany(i => new[]
        {
            $"x{i} := [x{i - 1}, x{i - 1}]", $"y{i} := [y{i - 1}, y{i - 1}]",
            $"z{i} := {{\"a\": z{i - 1}, \"b\": z{i - 1}}}",
        })
        .Prepend("x0 := [input.x]\ny0 := [input.x]\nz0 := {\"a\": input.x}"));

    private static readonly string Doubled = string.Join('\n', Enumerable.Range(1, 40)
        .Select(i => $"d{i} := array.concat(d{i - 1}, d{i - 1})").Prepend("d0 := r"));

    [Theory]
    [InlineData("x60 == y60")]
    [InlineData("x60 < y60")]
    [InlineData("x60 in [y60]")]
    [InlineData("{x60, y60}")]
    [InlineData("sort([x60, y60])")]
    [InlineData("json.marshal(x60)")]
    [InlineData("json.marshal_with_options(x60, {\"pretty\": true})")]
    [InlineData("yaml.marshal(x60)")]
    [InlineData("sprintf(\"%v\", [x60])")]
    [InlineData("$\"{x60}\"")]
    [InlineData("[q | walk(x60, [q, _])]")]
    [InlineData("object.union(z60, z60)")]
    [InlineData("object.union(z60, {\"c\": z59})")]
    [InlineData("json.filter(z60, [\"a/a\"])")]
    [InlineData("json.patch(z60, [{\"op\": \"add\", \"path\": \"/a/b\", \"value\": x60}])")]
    [InlineData("object.subset(z60, object.union(z60, {\"a\": z59}))")]
    [InlineData("json.match_schema(z60, {\"type\": \"object\", \"additionalProperties\": {\"$ref\": \"#\"}})")]
    [InlineData("x60")]
    [InlineData("{x60: y60}")]
    [InlineData("crypto.sha256(json.marshal(x60))")]
    [InlineData("array.flatten(x60)")]
    [InlineData("count(union({{x60}, {y60}}))")]
    [InlineData("urlquery.encode_object({\"a\": json.marshal(z60)})")]
    [InlineData("graph.reachable({x60: [y60], \"a\": [x60]}, [\"a\"])")]
    [InlineData("io.jwt.encode_sign({\"alg\": \"HS256\"}, {\"a\": x60}, {\"kty\": \"oct\", \"k\": \"AAAA\"})")]
    [InlineData("strings.render_template(\"{{.a}}\", {\"a\": x60})")]
    public void A_small_value_that_stands_for_a_huge_one_costs_no_more_than_its_limit(string term) =>
        Finishes($"{Shared}\np := {term}");

    [Theory]
    [InlineData("x := 1e999999999 + 1")]
    [InlineData("x := 1e999999999 * 1e999999999")]
    [InlineData("x := round(1e999999)")]
    [InlineData("x := 1e-999999999 / 3")]
    [InlineData("x := format_int(1e19999, 2)")]
    [InlineData("x := bits.lsh(1, 1000000000)")]
    [InlineData("x := bits.lsh(bits.lsh(bits.lsh(1, 59000), 59000), 59000)")]
    [InlineData("x := numbers.range(1, 1000000000)")]
    [InlineData("x := numbers.range_step(1, 1e18, 1)")]
    [InlineData("x := product(numbers.range(1, 1000000))")]
    [InlineData("x := sum([1e19999 | some i in numbers.range(1, 100000)])")]
    [InlineData("x := sprintf(\"%1000000000d\", [1])")]
    [InlineData("x := sprintf(\"%.1000000000f\", [1.5])")]
    [InlineData("x := sprintf(\"%*d\", [1000000000, 1])")]
    [InlineData("x := to_number(concat(\"\", [\"1\" | some i in numbers.range(1, 500000)]))")]
    [InlineData("x := semver.compare(concat(\"\", [\"1\" | some i in numbers.range(1, 500000)]), \"1.0.0\")")]
    [InlineData("x := net.cidr_expand(\"::/0\")")]
    [InlineData("x := net.cidr_expand(\"10.0.0.0/8\")")]
    [InlineData("x := rand.intn(\"a\", 1e18)")]
    [InlineData("x := time.add_date(1e18, 100000, 1e9, 1e9)")]
    [InlineData("x := time.format([9e18, \"UTC\", concat(\"\", [\"2006\" | some i in numbers.range(1, 100000)])])")]
    [InlineData("x := json.unmarshal(concat(\"\", [\"[\" | some i in numbers.range(1, 900000)]))")]
    [InlineData("x := yaml.unmarshal(concat(\"\", [\"[\" | some i in numbers.range(1, 100000)]))")]
    [InlineData("x := yaml.unmarshal(concat(\"\", [\"- \" | some i in numbers.range(1, 100000)]))")]
    public void A_huge_number_costs_no_more_than_its_limit(string body) => Finishes($"p := x if {{ {body} }}");

    [Theory]
    [InlineData("contains(a, concat(\"\", [half, \"b\", half]))")]
    [InlineData("indexof(a, concat(\"\", [half, \"b\", half]))")]
    [InlineData("indexof_n(a, half)")]
    [InlineData("split(a, concat(\"\", [half, \"b\"]))")]
    [InlineData("split(a, \"\")")]
    [InlineData("strings.count(a, concat(\"\", [half, \"b\"]))")]
    [InlineData("replace(a, \"a\", a)")]
    [InlineData("strings.replace_n({\"a\": a}, a)")]
    [InlineData("strings.replace_n({k: \"b\" | some i in numbers.range(1, 300); k := sprintf(\"%s%d\", [half, i])}, "
        + "a)")]
    [InlineData("[concat(\"\", [a, sprintf(\"%d\", [i])]) | some i in numbers.range(1, 1000000)]")]
    [InlineData("[$\"{a}{i}\" | some i in numbers.range(1, 1000000)]")]
    [InlineData("[upper(a) | some i in numbers.range(1, 1000000)]")]
    [InlineData("[base64.encode(a) | some i in numbers.range(1, 1000000)]")]
    [InlineData("[split(a, \"\") | some i in numbers.range(1, 1000000)]")]
    [InlineData("regex.match(\"(a+a+)+b\", a)")]
    [InlineData("regex.match(\"((a{1,100}){1,100}){1,100}b\", a)")]
    [InlineData("regex.match(\"(a{1000}){1000}\", a)")]
    [InlineData("regex.match(\"(?:a?){1000}(?:a){1000}\", a)")]
    [InlineData("regex.find_all_string_submatch_n(\"a.*b|a\", a, -1)")]
    [InlineData("regex.find_n(\"(a*)*b|a\", a, -1)")]
    [InlineData("regex.replace(a, \"a\", half)")]
    [InlineData("regex.split(\"a.*b|a\", a)")]
    [InlineData("regex.globs_match(concat(\"\", [\"[a-z]*\" | some i in numbers.range(1, 300)]), "
        + "concat(\"\", [\"[a-z]*\" | some i in numbers.range(1, 300)]))")]
    [InlineData("regex.template_match(concat(\"\", [\"{a*}\" | some i in numbers.range(1, 3000)]), a, \"{\", \"}\")")]
    [InlineData("glob.match(concat(\"\", [\"*a\" | some i in numbers.range(1, 3000)]), [], concat(\"\", [a, \"b\"]))")]
    [InlineData("trim(a, a)")]
    [InlineData("strings.any_prefix_match([a | some i in numbers.range(1, 10000)], [concat(\"\", [half, "
        + "sprintf(\"%d\", [i])]) | some i in numbers.range(1, 10000)])")]
    [InlineData("sort([concat(\"\", [half, sprintf(\"%d\", [i])]) | some i in numbers.range(1, 2000)])")]
    [InlineData("[count(a) | some i in numbers.range(1, 1000000)]")]
    [InlineData("[json.marshal([a]) | some i in numbers.range(1, 1000000)]")]
    [InlineData("[urlquery.encode(a) | some i in numbers.range(1, 1000000)]")]
    [InlineData("[crypto.sha256(a) | some i in numbers.range(1, 1000000)]")]
    [InlineData("strings.render_template(\"{{range .a}}{{range $.a}}{{range $.a}}{{.}}{{end}}{{end}}{{end}}\", "
        + "{\"a\": numbers.range(1, 3000)})")]
    public void A_long_text_costs_no_more_than_its_limit(string term) => Finishes(
        $"""
        half := concat("", ["a" | some i in numbers.range(1, 400000)])
        a := concat("", [half, half])
        p := {term}
        """);

    [Theory]
    [InlineData("count([1 | some i in r; some j in r; some k in r; i == 0 - j])")]
    [InlineData("[r | some i in r; some j in r]")]
    [InlineData("[array.concat(r, [i]) | some i in r; some j in r]")]
    [InlineData("d40")]
    [InlineData("[t | some i in r; some j in r; t := s | {i}]")]
    [InlineData("{f(i) | some i in r; some j in r}")]
    [InlineData("sort([numbers.range(0 - i, 100000) | some i in numbers.range(1, 200)])")]
    [InlineData("[sort(r) | some i in r]")]
    [InlineData("object.union_n([{sprintf(\"%d\", [i]): i} | some i in r])")]
    [InlineData("json.patch([], [{\"op\": \"add\", \"path\": \"0\", \"value\": i} | some i in r])")]
    [InlineData("json.patch({}, [{\"op\": \"add\", \"path\": [i], \"value\": i} | some i in r])")]
    [InlineData("object.subset([0 | some i in r], array.concat([0 | some i in numbers.range(1, 50000)], [1]))")]
    [InlineData("net.cidr_contains_matches(c, c)")]
    [InlineData("graph.reachable_paths({i: r | some i in numbers.range(1, 2000)}, [1])")]
    [InlineData("intersection({numbers_set(i) | some i in r})")]
    [InlineData("print_all")]
    [InlineData("all_differ")]
    [InlineData("{[i, j]: k | some i in r; some j in r; some k in r}")]
    [InlineData("[d | some i in r; some j in r; d := data.other]")]
    [InlineData("[y | some i in r; some j in r; y := i with input.x as j]")]
    [InlineData("json.match_schema({\"a\": r}, {\"properties\": {\"a\": {\"uniqueItems\": true, \"items\": {\"anyOf\": "
        + "[{\"enum\": r}, {\"enum\": r}]}}}})")]
    public void Many_items_cost_no_more_than_their_limit(string term) => Finishes(
        $$"""
        r := numbers.range(1, 100000)
        s := {i | some i in r}
        c := [sprintf("10.%d.%d.0/24", [floor(i / 256), i % 256]) | some i in numbers.range(1, 60000)]
        f(x) := [x, r]
        {{Doubled}}
        numbers_set(x) := {y | some y in numbers.range(x, 100000)}
        all_differ if { every i in r { every j in r { i != 0 - j } } }
        print_all if { print({i | some i in r}[_], {i | some i in r}[_], {i | some i in r}[_]) }
        p := {{term}}
        """);

    [Fact]
    public void A_cancelled_run_ends()
    {
        using var source = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        var query = new PolicyCompiler().Add("a.rego", "package test\nr := numbers.range(1, 100000)\n"
            + "p := [1 | some i in r; some j in r; i == 0 - j]").Compile().PrepareValue("data.test.p");
        var limits = new EvaluationLimits { Steps = long.MaxValue, Time = TimeSpan.FromHours(1) };
        var error = Assert.Throws<RegoError>(() => query.Run(
            new QueryInput { Cancellation = source.Token, Limits = limits }));
        Assert.Equal("eval_cancel_error", error.Code);
        Assert.Contains("cancelled", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Each_limit_has_a_finite_default_and_ends_the_run()
    {
        var limits = EvaluationLimits.Default;
        Assert.InRange(limits.Steps, 1, 1_000_000_000);
        Assert.InRange(limits.Time, TimeSpan.Zero, TimeSpan.FromMinutes(1));
        AssertEnds("steps", limits with { Steps = 1_000 });
        AssertEnds("items", limits with { Items = 1_000 });
        AssertEnds("deep", limits with { Depth = 2 });
        AssertEnds("longer than", limits with { Time = TimeSpan.Zero });
        AssertEnds("bytes", limits with { Bytes = 10_000 });
        AssertEnds("parts", limits with { ResultParts = 5_000 });
    }

    private static void AssertEnds(string words, EvaluationLimits limits)
    {
        var query = new PolicyCompiler().Add("a.rego", "package test\nf(x) := [x | g(x)]\ng(x) if h(x)\nh(x) if x > 0\n"
            + "p := [[f(i), 1] | some i in numbers.range(1, 5000)]").Compile().PrepareValue("data.test.p");
        var error = Assert.Throws<RegoError>(() => query.Run(new QueryInput { Limits = limits }));
        Assert.Equal("eval_cancel_error", error.Code);
        Assert.Contains(words, error.Message, StringComparison.Ordinal);
    }

    private static void Finishes(string module)
    {
        var clock = Stopwatch.StartNew();
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            var limits = EvaluationLimits.Default with { Time = TimeSpan.FromMilliseconds(100) };
            var run = new QueryInput { Input = RegoValue.ParseJson("{\"x\": 1}"), Limits = limits, Print = _ => { } };
            var policy = new PolicyCompiler().Add("a.rego", $"package test\n{module}").Compile();
            policy.PrepareValue("data.test.p").Run(run);
        }
        catch (RegoError error) when (error.Code.StartsWith("eval_", StringComparison.Ordinal))
        {
            // As it should be.
        }

        Assert.InRange(clock.Elapsed, TimeSpan.Zero, Patience);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2L << 30);
    }
}
