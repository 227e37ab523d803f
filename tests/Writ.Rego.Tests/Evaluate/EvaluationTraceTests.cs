using Writ.Rego.Queries;
using Writ.Rego.Values;

namespace Writ.Rego.Tests.Evaluate;

public sealed class EvaluationTraceTests
{
    private const string Module = """
        package test
        default p := false
        p if {
            q
            input.role == "admin"
        }
        p if data.grants[input.user]
        q if input.user
        r if input.never
        """;

    private readonly EvaluationTrace _trace = new();

    public EvaluationTraceTests()
    {
        var policy = new PolicyCompiler(PolicyOptions.Default with { IsTraced = true }).Add("t.rego", Module).Compile();
        var value = policy.PrepareValue("data.test.p").Run(new QueryInput
        {
            Input = RegoValue.ParseJson("{\"user\": \"joe\", \"role\": \"guest\"}"),
            Data = (RegoObject)RegoValue.ParseJson("{\"grants\": {\"joe\": true}}"),
            Trace = _trace,
        });
        Assert.Equal(RegoBoolean.True, value);
    }

    [Fact]
    public void Trace_tells_why_a_rule_failed() =>
        Assert.Contains(
            _trace.Events, one => one is { Kind: TraceKind.Fail, Row: 5, Text: "input.role == \"admin\"" });

    [Fact]
    public void Lines_that_held_are_covered_and_others_are_not() =>
        Assert.Equal([4, 7, 8], _trace.CoveredLines.Select(line => line.Row).Order());

    [Fact]
    public void Facts_are_what_was_looked_at()
    {
        Assert.Equal(["data.grants", "input.role", "input.user"], _trace.Facts.Keys.Order(StringComparer.Ordinal));
        Assert.Equal("\"guest\"", _trace.Facts["input.role"]!.ToString());
    }

    [Fact]
    public void Profile_counts_each_rule() =>
        Assert.Equal(1, _trace.Profile["data.test.q (t.rego:8)"].Runs);
}
