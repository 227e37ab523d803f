using Writ.Rego.Builtins;

namespace Writ.Rego.Tests.Builtins;

public class UnforeseenTests
{
    [Fact]
    public void What_a_built_in_lets_through_fails_the_query_rather_than_the_rule()
    {
        var registry = BuiltinRegistry.Standard.With([new Builtin("test.broken", "(any) => any", (_, _) =>
            throw new FormatException("broken"))]);
        var value = new PolicyCompiler(new PolicyOptions { Builtins = registry })
            .Add("test.rego", "package test\np if not test.broken(1)").Compile().Prepare("data.test.p");
        var error = Assert.Throws<RegoError>(() => value.Run(new QueryInput()));
        Assert.Contains("test.broken: FormatException: broken", error.Message);
        Assert.IsType<FormatException>(error.InnerException);
    }
}
