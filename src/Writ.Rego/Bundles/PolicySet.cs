using Writ.Rego.Values;

namespace Writ.Rego.Bundles;

/// <summary>Modules and base documents that belong together.</summary>
/// <param name="Files">The modules.</param>
/// <param name="Data">The base documents below <c>data</c>.</param>
public sealed record PolicySet(IReadOnlyList<PolicyFile> Files, RegoObject Data)
{
    /// <summary>Parses, checks and compiles the modules, and holds them against the documents.</summary>
    /// <exception cref="RegoError">All mistakes of all modules that do not parse, or what does not compile.</exception>
    public CompiledPolicy Compile(PolicyOptions options)
    {
        var compiler = new PolicyCompiler(options);
        var problems = new List<RegoDiagnostic>();
        foreach (var file in Files)
        {
            try
            {
                compiler.Add(file.Name, file.Text, file.Version ?? options.Version);
            }
            catch (RegoError error)
            {
                problems.AddRange(error.Diagnostics);
            }
        }

        if (problems.Count > 0)
            throw new RegoError(problems);
        var policy = compiler.Compile();
        policy.CheckConflicts(Data);
        return policy;
    }
}
