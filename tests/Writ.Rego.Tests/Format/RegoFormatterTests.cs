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
