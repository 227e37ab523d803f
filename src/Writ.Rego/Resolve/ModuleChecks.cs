using Writ.Rego.Compile;
using Writ.Rego.Syntax;
using Writ.Rego.Tree;

namespace Writ.Rego.Resolve;

/// <summary>What is wrong with a module by itself: names that hide others, imports that nobody uses.</summary>
internal static class ModuleChecks
{
    public static void Check(Module module, ModuleNames names, PolicyOptions options, Diagnostics problems)
    {
        var isStrict = options.IsStrict || module.Version == RegoVersion.V1;
        if (!isStrict)
            return;
        Shadowing(module, problems);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var import in module.Imports.Where(import => import.Root is "data" or "input"))
        {
            if (!seen.Add(import.Name))
            {
                problems.Add(
                    import.Span, ErrorCodes.Compile, $"import must not shadow {import.Span.Text}");
            }
        }
    }

    public static void CheckUnused(Module module, ModuleNames names, Diagnostics problems)
    {
        foreach (var import in module.Imports.Where(import => import.Root is "data" or "input"))
        {
            if (!names.Used.Contains(import.Name))
                problems.Add(import.Span, ErrorCodes.Compile, $"{import.Span.Text} unused");
        }
    }

    private static void Shadowing(Module module, Diagnostics problems)
    {
        foreach (var rule in module.Rules)
        {
            if (ModuleNames.IsRoot(rule.Head.Name.Name))
            {
                problems.Add(
                    rule.Span, ErrorCodes.Compile,
                    $"rules must not shadow {rule.Head.Name.Name} (use a different rule name)");
            }

            if (rule.Head.Arguments is not { Length: > 0 } patterns)
                continue;
            var arguments = new HashSet<string>(StringComparer.Ordinal);
            foreach (var argument in patterns)
            {
                TermResolver.PatternNames(argument, arguments);
            }

            Shadowing(arguments, rule.Span, problems);
        }
    }

    private static void Shadowing(HashSet<string> names, Span span, Diagnostics problems)
    {
        foreach (var name in names.Where(ModuleNames.IsRoot))
        {
            problems.Add(
                span, ErrorCodes.Compile, $"variables must not shadow {name} (use a different variable name)");
        }
    }
}
