using Writ.Rego.Syntax;
using Writ.Rego.Tree;
using Writ.Rego.Values;

namespace Writ.Rego.Resolve;

/// <summary>
/// What a name means in a module where no local variable bears it: a rule of its package, or an import.
/// </summary>
internal sealed class ModuleNames
{
    private readonly Dictionary<string, string[]> _globals = new(StringComparer.Ordinal);

    /// <summary>The names of one module.</summary>
    /// <param name="package">The package's path, without <c>data</c>.</param>
    /// <param name="rules">The names of all rules of the package, from all its modules.</param>
    /// <param name="imports">The module's imports.</param>
    /// <param name="isBuiltin">Whether a name is that of a built-in.</param>
    public ModuleNames(
        string[] package, IEnumerable<string> rules, IEnumerable<Import> imports, Func<string, bool> isBuiltin)
    {
        IsBuiltin = isBuiltin;
        foreach (var rule in rules)
        {
            _globals[rule] = ["data", .. package, rule];
        }

        foreach (var import in imports.Where(import => import.Root is "data" or "input"))
        {
            _globals[import.Name] = [import.Root, .. import.Path];
            Imported.Add(import.Name);
        }
    }

    public HashSet<string> Imported { get; } = new(StringComparer.Ordinal);

    public HashSet<string> Used { get; } = new(StringComparer.Ordinal);

    public Func<string, bool> IsBuiltin { get; }

    public static bool IsRoot(string name) => name is "data" or "input";

    public Term? Find(Term.Variable name)
    {
        if (IsRoot(name.Name))
            return name;
        if (!_globals.TryGetValue(name.Name, out var path))
            return null;
        Used.Add(name.Name);
        var root = new Term.Variable(path[0], name.Span);
        return path.Length == 1 ? root : new Term.Reference(root, [.. Words(path[1..], name.Span)], name.Span);
    }

    public static IEnumerable<Term> Words(IEnumerable<string> path, Span span) =>
        path.Select(word => new Term.Literal(RegoString.Of(word), span));
}
