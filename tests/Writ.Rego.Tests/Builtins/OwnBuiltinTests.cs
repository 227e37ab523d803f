using Writ.Rego.Builtins;
using Writ.Rego.Values;

namespace Writ.Rego.Tests.Builtins;

/// <summary>What an embedder adds to the language's library.</summary>
public sealed class OwnBuiltinTests
{
    private int _calls;

    [Fact]
    public void A_policy_calls_it_by_its_name() => Assert.Equal("{\"n\": 3}", Evaluate(
        new Builtin("acme.measure", "(string) => object[string: number]", (_, operands) =>
            new RegoObject.Builder().Set("n", RegoNumber.Of(operands.Text(0).Length)).Build()),
        "p := acme.measure(\"abc\")"));

    [Fact]
    public void Null_is_undefined() => Assert.Null(Evaluate(
        new Builtin("acme.nothing", "(any) => any", (_, _) => null), "p := acme.nothing(1)"));

    [Fact]
    public void Its_type_is_held_against_what_it_is_called_with()
    {
        var error = Assert.Throws<RegoError>(() => Evaluate(
            new Builtin("acme.text", "(string) => string", (_, a) => a[0]), "p := acme.text(1)"));
        Assert.Equal("rego_type_error", error.Code);
    }

    [Fact]
    public void Its_error_is_undefined_unless_errors_are_strict()
    {
        var failing = new Builtin(
            "acme.fail", "() => any", (_, _) => throw new BuiltinError("eval_builtin_error", "no such table"));
        Assert.Equal("true", Evaluate(failing, "p if not acme.fail()"));
        var error = Assert.Throws<RegoError>(() => Evaluate(failing, "p if not acme.fail()", isStrict: true));
        Assert.Equal("eval_builtin_error", error.Code);
        Assert.Contains("acme.fail: no such table", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_relation_answers_with_each_of_its_results() => Assert.Equal("{1, 2}", Evaluate(
        new Builtin("acme.rows", "(any) => array<any, any>", (_, _) => RegoArray.Of(
            RegoArray.Of(RegoNumber.One, RegoString.Of("a")), RegoArray.Of(RegoNumber.Of(2), RegoString.Of("b"))))
        {
            IsRelation = true,
        },
        "p contains n if acme.rows(\"t\", [n, _])"));

    [Fact]
    public void With_puts_another_in_its_place() => Assert.Equal("7", Evaluate(
        new Builtin("acme.now", "() => number", (_, _) => RegoNumber.One) { IsDeterministic = false },
        "q := acme.now()\np := x if { x := q with acme.now as 7 }"));

    /// <summary>Rules are computed once in a query, so what is not deterministic is asked once for each.</summary>
    [Fact]
    public void One_that_is_not_deterministic_is_the_same_within_a_rule() => Assert.Equal("[1, 1, 2]", Evaluate(
        new Builtin("acme.count", "() => number", (_, _) => RegoNumber.Of(++_calls)) { IsDeterministic = false },
        "q := acme.count()\np := [q, q, acme.count()]"));

    [Fact]
    public void It_takes_the_place_of_one_of_the_library() => Assert.Equal("0", Evaluate(
        new Builtin("count", "(any) => number", (_, _) => RegoNumber.Zero), "p := count([1])"));

    [Fact]
    public void A_policy_that_calls_what_was_taken_away_does_not_compile()
    {
        var options = PolicyOptions.Default with { Builtins = BuiltinRegistry.Standard.Without("rand.intn") };
        var compiler = new PolicyCompiler(options).Add("a.rego", "package a\np := rand.intn(\"x\", 3)");
        var error = Assert.Throws<RegoError>(compiler.Compile);
        Assert.Contains("undefined function rand.intn", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void One_that_takes_long_ends_with_the_query()
    {
        var endless = new Builtin("acme.endless", "() => any", (context, _) =>
        {
            while (true)
            {
                context.CheckTime();
            }
        });
        var error = Assert.Throws<RegoError>(() => Evaluate(endless, "p := acme.endless()"));
        Assert.Equal("eval_cancel_error", error.Code);
    }

    private static string? Evaluate(Builtin builtin, string body, bool isStrict = false)
    {
        var options = PolicyOptions.Default with { Builtins = BuiltinRegistry.Standard.With(builtin) };
        var policy = new PolicyCompiler(options).Add("a.rego", $"package test\n{body}").Compile();
        var limits = EvaluationLimits.Default with { Time = TimeSpan.FromSeconds(1) };
        var run = new QueryInput { IsStrict = isStrict, Limits = limits };
        return policy.PrepareValue("data.test.p").Run(run)?.ToString();
    }
}
