using Writ.Rego.Syntax;
using Writ.Rego.Tree;
using Writ.Rego.Values;

namespace Writ.Rego.Resolve;

/// <summary>All annotations of a policy's modules, as <c>rego.metadata.*</c> tell them.</summary>
internal sealed class MetadataSet(IReadOnlyList<Module> modules)
{
    private readonly Lazy<(Module Module, IReadOnlyList<Annotation> Annotations)[]> _all = new(
        () => [.. modules.Select(module => (module, Annotations.Read(module)))]);

    public RegoValue OfRule(Module module, Rule rule) => Annotation(module, rule)?.Fields ?? RegoObject.Empty;

    /// <summary>The rule's own first, then those of its document, its package, and the packages above.</summary>
    public RegoArray Chain(Module module, Rule rule)
    {
        string[] path = [.. module.Package, .. RulePath(rule)];
        var chain = new List<RegoValue> { Entry(path, Annotation(module, rule)?.Fields) };
        foreach (var (other, annotations) in _all.Value)
        {
            var documents = annotations.Where(annotation => annotation.Scope == "document"
                && other.Rules.FirstOrDefault(of => of.Span.Start == annotation.Target) is { } target
                && other.Package.Concat(RulePath(target)).SequenceEqual(path, StringComparer.Ordinal));
            chain.AddRange(documents.Select(annotation => Entry(path, annotation.Fields)));
        }

        chain.AddRange(Packages("package", module.Package));
        for (var length = module.Package.Length; length > 0; length--)
        {
            chain.AddRange(Packages("subpackages", module.Package[..length]));
        }

        return RegoArray.Of(chain);
    }

    private IEnumerable<RegoValue> Packages(string scope, string[] package) =>
        from module in _all.Value
        where module.Module.Package.SequenceEqual(package)
        from annotation in module.Annotations
        where annotation.Scope == scope
        select Entry(package, annotation.Fields);

    private Annotation? Annotation(Module module, Rule rule) => _all.Value
        .Where(known => known.Module == module).SelectMany(known => known.Annotations)
        .FirstOrDefault(annotation => annotation.Scope == "rule" && annotation.Target == rule.Span.Start);

    private static IEnumerable<string> RulePath(Rule rule) => rule.Head.Path
        .Select(part => (part as Term.Literal)?.Value).TakeWhile(value => value is RegoString)
        .Select(value => ((RegoString)value!).Value).Prepend(rule.Head.Name.Name);

    private static RegoValue Entry(IEnumerable<string> path, RegoObject? annotations)
    {
        var entry = new RegoObject.Builder();
        entry.Set("path", RegoArray.Of(path.Select(RegoValue (word) => RegoString.Of(word))));
        return annotations is null ? entry.Build() : entry.Set("annotations", annotations).Build();
    }
}
