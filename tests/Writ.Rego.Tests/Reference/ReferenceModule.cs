using Writ.Rego.Tree;

namespace Writ.Rego.Tests.Reference;

/// <summary>What the names of a module mean where no local variable bears them.</summary>
internal sealed class ReferenceModule
{
    private readonly Dictionary<string, string[]> _names = new(StringComparer.Ordinal)
    {
        ["input"] = ["input"],
        ["data"] = ["data"],
    };

    public ReferenceModule(Module module, IEnumerable<Module> all)
    {
        Package = module.Package;
        foreach (var rule in all.Where(other => other.Package.SequenceEqual(Package)).SelectMany(other => other.Rules))
        {
            _names[rule.Head.Name.Name] = ["data", .. Package, rule.Head.Name.Name];
        }

        foreach (var import in module.Imports.Where(import => import.Root is "data" or "input"))
        {
            _names[import.Name] = [import.Root, .. import.Path];
        }
    }

    public string[] Package { get; }

    /// <summary>The path from <c>data</c> or <c>input</c>; null for a name that is neither rule nor import.</summary>
    public string[]? Find(string name) => _names.GetValueOrDefault(name);
}
