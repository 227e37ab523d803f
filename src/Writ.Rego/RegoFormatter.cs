using Writ.Rego.Format;
using Writ.Rego.Syntax;

namespace Writ.Rego;

/// <summary>Writes modules in the one form that everybody's have, as <c>opa fmt</c> does.</summary>
public static class RegoFormatter
{
    /// <summary>Formats a module; its meaning and its comments stay.</summary>
    /// <param name="file">The name that errors give it.</param>
    /// <param name="text">The module.</param>
    /// <param name="version">The syntax that it is written in.</param>
    /// <exception cref="RegoError">It does not parse.</exception>
    public static string Format(string file, string text, RegoVersion version = RegoVersion.V1) => Guard.Run(
        () => new ModulePrinter(ModuleParser.Parse(new SourceText(file, text), version)).Print());
}
