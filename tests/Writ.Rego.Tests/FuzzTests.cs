using Writ.Rego.Tests.Conformance;
using Writ.Rego.Values;

namespace Writ.Rego.Tests;

/// <summary>Whatever text comes: it parses, compiles and ends, or there is a <see cref="RegoError"/>.</summary>
public sealed class FuzzTests
{
    private static readonly string[] Words =
    [
        "package", "import", "data", "input", "some", "every", "in", "if", "contains", "else", "not", "with", "as",
        "default", "null", "true", "false", "{", "}", "[", "]", "(", ")", ":=", "=", "==", "!=", "<", "|", "&", "+",
        "-", "*", "/", "%", ".", ",", ";", ":", "\n", " ", "_", "x", "y", "p", "q", "f(", "count(", "set()", "1", "1e9",
        "-0.5", "\"a\"", "`r`", "$\"{", "$`", "\\u12", "# c\n", "rego.v1", "future.keywords", "data.test.p", "input[x]",
    ];

    private static readonly string[] Seeds =
    [
        "package test\np contains x if { some x in input.xs; x > 1 } \nq := {k: v | some k, v in p} with input as {}",
        "package test\nf(x, [y, z]) := x + y * z if { not x == 3 } else := 4\np := f(1, [2, 3]) | {$\"{input.a}\"}",
        "package test\nimport data.a.b as c\np[x].y := z if every x, z in c[_] { walk(x, [z, _]) }\ndefault q := [1]"
    ];

    [Fact]
    [Trait("Soak", "rego")]
    public void Mutated_policies_end_in_a_value_or_an_error()
    {
        var random = new Chance(20261122);
        var seeds = Material();
        var rounds = Soak.Rounds(2_000, 400_000);
        for (var i = 0; i < rounds; i++)
        {
            var text = Mutate(seeds[random.Below(seeds.Length)], random);
            Try(text, i % 2 == 0 ? RegoVersion.V1 : RegoVersion.V0);
        }
    }

    [Theory]
    [InlineData("[", "]")]
    [InlineData("{", "}")]
    [InlineData("(", ")")]
    [InlineData("f(", ")")]
    [InlineData("[x | x := ", "]")]
    [InlineData("[1 | ", ", 2]")]
    [InlineData("{1: ", "}")]
    [InlineData("- ", "")]
    [InlineData("1 + ", "")]
    [InlineData("x[", "]")]
    [InlineData("$\"{", "}\"")]
    [InlineData("not ", "")]
    public void Deep_nesting_is_an_error_and_no_crash(string open, string close)
    {
        foreach (var depth in new[] { 50, 300, 2_000, 50_000 })
        {
            var term = $"{Repeat(open, depth)}1{Repeat(close, depth)}";
            Try($"package test\np := {term}\nq if {{ {term} }}", RegoVersion.V1);
        }
    }

    [Fact]
    public void Deep_chains_of_rules_are_an_error_and_no_crash()
    {
        var rules = Enumerable.Range(0, 5_000).Select(i => $"p{i} := p{i + 1} + 1");
        var error = Policy.Error($"{string.Join('\n', rules)}\np5000 := 1\np := p0");
        Assert.Equal("eval_cancel_error", error.Code);
    }

    [Fact]
    public void Endless_work_ends_at_its_limit()
    {
        var policy = new PolicyCompiler().Add(
            "a.rego",
            "package test\nr := numbers.range(1, 10000)\np := count([1 | some i in r; some j in r; i == 0 - j])");
        var limits = EvaluationLimits.Default with { Steps = 100_000 };
        var query = policy.Compile().Prepare("x := data.test.p");
        Assert.Throws<RegoError>(() => query.Run(new QueryInput { Limits = limits }));
    }

    private static void Try(string text, RegoVersion version)
    {
        try
        {
            var compiler = new PolicyCompiler(PolicyOptions.Default with { Version = version });
            var policy = compiler.Add("f.rego", text).Compile();
            var limits = new EvaluationLimits { Steps = 20_000, Items = 20_000, Time = TimeSpan.FromSeconds(1) };
            var input = RegoValue.ParseJson("{\"xs\": [1, 2, 3], \"a\": {\"b\": \"c\"}}");
            policy.Prepare("x := data").Run(new QueryInput { Input = input, Limits = limits });
        }
        catch (RegoError)
        {
            // What a policy may do.
        }
        catch (Exception error)
        {
            Assert.Fail($"{error}\nfor\n{text[..Math.Min(text.Length, 2_000)]}");
        }
    }

    private static string Repeat(string text, int count) => string.Concat(Enumerable.Repeat(text, count));

    private static string[] Material() => Vectors.TryFind("opa/dev", out var folder)
        ? [.. Seeds, .. ConformanceRun.Find(folder).SelectMany(one => one.Modules).Where(text => text.Length < 4_000)]
        : Seeds;

    private static string Mutate(string text, Chance random)
    {
        for (var i = random.Below(6); i >= 0; i--)
        {
            var at = random.Below(text.Length + 1);
            var length = Math.Min(random.Below(12), text.Length - at);
            var word = Words[random.Below(Words.Length)];
            text = random.Below(4) switch
            {
                0 => text[..at] + word + text[at..],
                1 => text[..at] + text[(at + length)..],
                2 => text[..at] + word + text[(at + length)..],
                _ => text[..at] + text.AsSpan(at, length).ToString() + text[at..],
            };
        }

        return text;
    }
}
