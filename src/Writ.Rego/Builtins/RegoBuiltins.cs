using Writ.Rego.Syntax;
using Writ.Rego.Values;

namespace Writ.Rego.Builtins;

/// <summary>
/// What the language tells of itself. <c>rego.metadata.*</c> are constants of a rule: the compiler puts them in their
/// place, and a call is only left where no rule is.
/// </summary>
internal static class RegoBuiltins
{
    public static IReadOnlyList<Builtin> All { get; } =
    [
        new("rego.parse_module", "(string, string) => object[string: any]", (_, operands) => Parse(operands)),
        new("rego.metadata.chain", "() => array[any]", (_, _) => RegoArray.Empty),
        new("rego.metadata.rule", "() => any", (_, _) => RegoObject.Empty),
    ];

    private static RegoObject Parse(Operands operands)
    {
        try
        {
            var source = new SourceText(operands.Text(0), operands.Text(1));
            return ModuleJson.Of(ModuleParser.Parse(source, RegoVersion.V1));
        }
        catch (RegoError error)
        {
            throw BuiltinError.Failed(error.Message);
        }
    }
}
