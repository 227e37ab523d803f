using Writ.Rego.Syntax;
using Writ.Rego.Tests.Conformance;
using Writ.Rego.Tests.Generated;

namespace Writ.Rego.Tests.Format;

public sealed class RegoFormatterTests
{
    [Theory]
    [InlineData("package a\np if { x }\n", "package a\n\np if {\n\tx\n}\n")]
    [InlineData("package a\np:=1", "package a\n\np := 1\n")]
    [InlineData("package a\nimport data.x\np:=1\nq:=2", "package a\n\nimport data.x\n\np := 1\nq := 2\n")]
    [InlineData("package a\np := (1+2)*3", "package a\n\np := (1 + 2) * 3\n")]
    [InlineData("package a\np := 1-(2-3)-4", "package a\n\np := 1 - (2 - 3) - 4\n")]
    [InlineData("package a\np := [\n1,2]", "package a\n\np := [\n\t1,\n\t2,\n]\n")]
    [InlineData("package a # b\n# c\np := 1 # d", "package a # b\n\n# c\np := 1 # d\n")]
    [InlineData("package a\np := {(x|y), z}", "package a\n\np := {(x | y), z}\n")]
    [InlineData("package a\np := x[\"y\"][\"z w\"][i]", "package a\n\np := x.y[\"z w\"][i]\n")]
    [InlineData("package a\np if { ({x} | y); z }", "package a\n\np if {\n\t({x} | y)\n\tz\n}\n")]
    [InlineData("package a\np if every x in y { x }", "package a\n\np if every x in y {\n\tx\n}\n")]
    [InlineData(
        "package a\nimport data.if.x\np := input.if[\"in\"][\"q\"]",
        "package a\n\nimport data.if.x\n\np := input.if[\"in\"].q\n")]
    [InlineData("package a\np := 1 - -x.y", "package a\n\np := 1 - -x.y\n")]
    [InlineData("package a\np := $\"{ 1 }\"", "package a\n\np := $\"{ 1 }\"\n")]
    [InlineData(
        "package a\nimport rego.v2\np if (a or b or c)and not {d;e} or not(f or g) with h as 1",
        "package a\n\nimport rego.v2\n\np if (a or b or c) and not {\n\td\n\te\n} or not (f or g) with h as 1\n")]
    [InlineData(
        "package a\nimport rego.v2\np if {a and\nb or\n{c}}",
        "package a\n\nimport rego.v2\n\np if {\n\ta and\n\t\tb or\n\t\t{ c }\n}\n")]
    [InlineData(
        "package a\nimport rego.v2\np if { ({1}) or (b with c as 1) }",
        "package a\n\nimport rego.v2\n\np if {\n\t({1}) or (b with c as 1)\n}\n")]
    public void Module_is_written_so(string text, string formatted) =>
        Assert.Equal(formatted, RegoFormatter.Format("a.rego", text));

    [Fact]
    public void Formatted_modules_mean_the_same_and_stay_as_they_are()
    {
        if (!Vectors.TryFind("opa/dev", out var folder))
            return;
        foreach (var one in ConformanceRun.Find(folder))
        {
            foreach (var text in one.Modules)
            {
                try
                {
                    ModuleParser.Parse(new SourceText("", text), one.Version);
                }
                catch (RegoError)
                {
                    continue;
                }

                KeepsItsMeaning(text, one.Version);
            }
        }
    }

    [Fact]
    [Trait("Soak", "rego")]
    public void Generated_modules_mean_the_same_and_stay_as_they_are()
    {
        for (ulong seed = 0; seed < (ulong)Soak.Rounds(300, 100_000); seed++)
        {
            foreach (var text in new PolicyGenerator(seed).Generate().Modules)
            {
                KeepsItsMeaning(text, RegoVersion.V1);
                var end = text.IndexOf('\n', StringComparison.Ordinal);
                KeepsItsMeaning($"{text[..end]}\nimport rego.v1{text[end..]}", RegoVersion.V0);
            }
        }
    }

    [Theory]
    [InlineData("p if { a or b and c; (a or b) and c; not (a and b) or c; not a and b }")]
    [InlineData("p if { {a; b} or {c} and d; not { a }; not {a; not {b; c}} }")]
    [InlineData("p if { ({a}) or b; not ({a | b}); { x := (a | b); x } and c }")]
    [InlineData("p if {\n\ta or\n\t\tb or # why\n\t\tc\n\td and {\n\t\te # e\n\t\tf\n\t} with g as 1\n}")]
    [InlineData("p := [x | some x in y; x or x == 1]\nq if (a with b as 1) and c\nelse if c or d")]
    public void Logic_means_the_same_and_stays_as_it_is(string body) =>
        KeepsItsMeaning("package a\nimport rego.v2\n" + body, RegoVersion.V1);

    private static void KeepsItsMeaning(string text, RegoVersion version)
    {
        var formatted = RegoFormatter.Format("a.rego", text, version);
        Assert.True(
            string.Equals(Tree(text, version), Tree(formatted, version), StringComparison.Ordinal),
            $"another meaning:\n{text}\nbecame\n{formatted}");
        Assert.Equal(formatted, RegoFormatter.Format("a.rego", formatted, version));
    }

    private static string Tree(string text, RegoVersion version)
    {
        try
        {
            return ModuleJson.Of(ModuleParser.Parse(new SourceText("f.rego", text), version)).ToJson();
        }
        catch (RegoError error)
        {
            Assert.Fail($"{error.Message}\nin\n{text}");
            return "";
        }
    }
}
