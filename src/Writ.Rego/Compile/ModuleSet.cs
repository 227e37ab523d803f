using Writ.Rego.Lower;
using Writ.Rego.Resolve;
using Writ.Rego.Tree;

namespace Writ.Rego.Compile;

/// <summary>The road from parsed modules to a policy: resolve, place, check, lower.</summary>
internal sealed class ModuleSet(List<Module> modules, PolicyOptions options)
{
    private readonly Diagnostics _problems = new();

    public CompiledPolicy Compile()
    {
        var tree = new RuleTree(_problems);
        var rules = RuleNames(tree);
        var calls = new List<ResolvedCalls>(modules.Count);
        var metadata = new MetadataSet(modules);
        for (var i = 0; i < modules.Count; i++)
        {
            var module = modules[i];
            var names = new ModuleNames(
                module.Package, rules[tree.Package(module.Package)], module.Imports, options.Builtins);
            ModuleChecks.Check(module, names, options, _problems);
            var resolver = new Resolver(module, names, _problems, options) { Metadata = metadata };
            foreach (var rule in module.Rules)
            {
                tree.Add(resolver.Resolve(rule));
            }

            if (options.IsStrict)
                ModuleChecks.CheckUnused(module, names, _problems);
            calls.Add(resolver.Calls);
        }

        tree.Check();
        _problems.ThrowIfAny();
        return Finish(tree, calls);
    }

    private CompiledPolicy Finish(RuleTree tree, List<ResolvedCalls> resolved)
    {
        var calls = new FunctionTable(options.Builtins, tree.Root);
        var groups = tree.Groups.Distinct().ToArray();
        var check = new CallChecks(calls, tree.Root, _problems);
        for (var i = 0; i < modules.Count; i++)
        {
            check.Check(resolved[i], options.IsStrict || modules[i].Version == RegoVersion.V1);
        }

        _problems.ThrowIfAny();
        var lowering = new Lowering(tree.Root, calls, _problems, options.IsTraced);
        foreach (var group in groups)
        {
            lowering.Lower(group);
        }

        Recursion.Check(groups, lowering.Uses, _problems);
        _problems.ThrowIfAny();
        lowering.LowerMembers();
        var declared = options.Schemas is { } schemas
            ? new DeclaredTypes(schemas, new MetadataSet(modules), _problems)
            : null;
        var types = new TypeCheck(calls, tree.Root, _problems, declared);
        foreach (var group in groups)
        {
            types.Check(group);
        }

        _problems.ThrowIfAny();
        return new CompiledPolicy(tree, calls, options, lowering.InputPaths);
    }

    /// <summary>The names of each package's rules, from all its modules.</summary>
    private Dictionary<RuleNode, HashSet<string>> RuleNames(RuleTree tree)
    {
        var packages = new Dictionary<RuleNode, HashSet<string>>();
        foreach (var module in modules)
        {
            var package = tree.Package(module.Package);
            if (!packages.TryGetValue(package, out var names))
                packages.Add(package, names = new HashSet<string>(StringComparer.Ordinal));
            foreach (var rule in module.Rules)
            {
                names.Add(rule.Head.Name.Name);
            }
        }

        return packages;
    }
}
