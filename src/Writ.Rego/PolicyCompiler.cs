using Writ.Rego.Compile;
using Writ.Rego.Syntax;
using Writ.Rego.Tree;

namespace Writ.Rego;

/// <summary>Takes modules and makes one policy of them.</summary>
public sealed class PolicyCompiler(PolicyOptions options)
{
    private readonly List<Module> _modules = [];

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
    public PolicyCompiler Add(string file, string text)
    {
        _modules.Add(Guard.Run(() => ModuleParser.Parse(new SourceText(file, text), options.Version)));
        return this;
    }

    /// <summary>Checks all modules against each other and makes the policy.</summary>
    /// <exception cref="RegoError">They do not compile; it tells of several mistakes at once.</exception>
    public CompiledPolicy Compile() => Guard.Run(() => new ModuleSet(_modules, options).Compile());
}
