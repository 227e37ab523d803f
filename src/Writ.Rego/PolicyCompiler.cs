using Writ.Rego.Compile;
using Writ.Rego.Queries;
using Writ.Rego.Syntax;
using Writ.Rego.Tree;

namespace Writ.Rego;

/// <summary>Takes modules and makes one policy of them.</summary>
public sealed class PolicyCompiler(PolicyOptions options)
{
    private readonly List<Module> _modules = [];
    private readonly WordTable _words = new();

    /// <summary>A compiler with the usual options.</summary>
    public PolicyCompiler()
        : this(PolicyOptions.Default)
    {
    }

    /// <summary>Parses a module.</summary>
    /// <param name="file">The name that errors give it.</param>
    /// <param name="text">The module.</param>
    /// <returns>This compiler.</returns>
    /// <exception cref="RegoError">It does not parse.</exception>
    public PolicyCompiler Add(string file, string text) => Add(file, text, options.Version);

    /// <summary>Parses a module in a syntax of its own.</summary>
    /// <param name="file">The name that errors give it.</param>
    /// <param name="text">The module.</param>
    /// <param name="version">Its syntax, unless it says so itself.</param>
    /// <returns>This compiler.</returns>
    /// <exception cref="RegoError">It does not parse.</exception>
    public PolicyCompiler Add(string file, string text, RegoVersion version)
    {
        _modules.Add(Guard.Run(() => ModuleParser.Parse(new SourceText(file, text), version, _words)));
        return this;
    }

    /// <summary>Checks all modules against each other and makes the policy.</summary>
    /// <exception cref="RegoError">They do not compile; it tells of several mistakes at once.</exception>
    public CompiledPolicy Compile() => Guard.Run(() =>
        new ModuleSet(options.SeparatesTests ? TestRules.Separate(_modules) : _modules, options).Compile());
}
