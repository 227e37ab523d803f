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

    /// <summary>Formats a module so that both syntaxes read it, and mean the same.</summary>
    /// <param name="file">The name that errors give it.</param>
    /// <param name="text">The module.</param>
    /// <param name="version">The syntax that it is written in.</param>
    /// <exception cref="RegoError">
    /// It does not parse, or there is no such form of it: it uses a word as a name that the newer syntax keeps.
    /// </exception>
    public static string FormatForBoth(string file, string text, RegoVersion version = RegoVersion.V0) => Guard.Run(
        () =>
        {
            var module = VersionBridge.Bridge(ModuleParser.Parse(new SourceText(file, text), version));
            var printed = new ModulePrinter(module).Print();
            _ = ModuleParser.Parse(new SourceText(file, printed), RegoVersion.V0);
            return printed;
        });
}
