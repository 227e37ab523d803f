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
        var names = modules.ConvertAll(Names);
        var metadata = new MetadataSet(modules);
        for (var i = 0; i < modules.Count; i++)
        {
            var module = modules[i];
            ModuleChecks.Check(module, names[i], options, _problems);
            var resolver = new Resolver(module, names[i], _problems, options) { Metadata = metadata };
            tree.AddPackage(module.Package);
            foreach (var rule in module.Rules)
            {
                tree.Add(resolver.Resolve(rule));
            }

            if (options.IsStrict)
                ModuleChecks.CheckUnused(module, names[i], _problems);
        }

        tree.Check();
        _problems.ThrowIfAny();
        var calls = new FunctionTable(options.Builtins, tree.Root);
        var groups = tree.Groups.Distinct().ToArray();
        var check = new CallChecks(calls, tree.Root, _problems) { IsStrict = options.IsStrict };
        foreach (var rule in groups.SelectMany(group => group.Sources))
        {
            check.Check(rule);
        }

        _problems.ThrowIfAny();
        var lowering = new Lowering(tree.Root, calls, _problems, options.IsTraced);
        foreach (var group in groups)
        {
            lowering.Lower(group);
        }

        Recursion.Check(groups, lowering.Uses, _problems);
        _problems.ThrowIfAny();
        var types = new TypeCheck(calls, tree.Root, _problems);
        foreach (var rule in groups.SelectMany(group => group.Sources))
        {
            types.Check(rule);
        }

        _problems.ThrowIfAny();
        return new CompiledPolicy(tree, calls, options);
    }

    private ModuleNames Names(Module module) => new(
        module.Package,
        modules.Where(other => other.Package.SequenceEqual(module.Package))
            .SelectMany(other => other.Rules).Select(rule => rule.Head.Name.Name).Distinct(StringComparer.Ordinal),
        module.Imports,
        name => options.Builtins.TryGet(name, out _));
}
