using Writ.Rego.Values;

namespace Writ.Rego.Builtins.Templates;

/// <summary>Go's text templates.</summary>
internal static class TemplateBuiltins
{
    public static IEnumerable<Builtin> All =>
    [
        new("strings.render_template", "(string, object[string: any]) => string", (c, a) =>
            RegoString.Of(new TemplateRun(c, TemplateParser.Parse(a.Text(0)), a.Object(1)).Execute())),
    ];
}
