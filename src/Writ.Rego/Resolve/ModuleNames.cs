using Writ.Rego.Builtins;
using Writ.Rego.Syntax;
using Writ.Rego.Tree;
using Writ.Rego.Values;

namespace Writ.Rego.Resolve;

/// <summary>
/// What a name means in a module where no local variable bears it: a rule of its package, or an import.
/// </summary>
internal sealed class ModuleNames
{
    private readonly string[] _package;
    private readonly HashSet<string> _rules;
    private readonly BuiltinRegistry _builtins;
    private readonly Dictionary<string, Import> _imports = new(StringComparer.Ordinal);
    private readonly Dictionary<string, RegoString> _words = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Term[]> _paths = new(StringComparer.Ordinal);

    /// <summary>The names of one module.</summary>
    /// <param name="package">The package's path, without <c>data</c>.</param>
    /// <param name="rules">The names of all rules of the package, from all its modules.</param>
    /// <param name="imports">The module's imports.</param>
    /// <param name="builtins">What can be called besides.</param>
    public ModuleNames(string[] package, HashSet<string> rules, Import[] imports, BuiltinRegistry builtins)
    {
        (_package, _rules, _builtins) = (package, rules, builtins);
        foreach (var import in imports)
        {
            if (import.Root is "data" or "input")
                _imports[import.Name] = import;
        }
    }

    private static Term.Variable Data { get; } = new("data", default);

    public HashSet<string> Used { get; } = new(StringComparer.Ordinal);

    public static bool IsRoot(string name) => name is "data" or "input";

    public Builtin? FindBuiltin(string name) => _builtins.TryGet(name, out var builtin) ? builtin : null;

    public Term? Find(Term.Variable name)
    {
        if (IsRoot(name.Name))
            return name;
        if (_imports.Count > 0 && _imports.TryGetValue(name.Name, out var import))
        {
            Used.Add(name.Name);
            return Imported(import, name.Span);
        }

        if (!_rules.Contains(name.Name))
            return null;
        return new Term.Reference(Data, PathOf(name.Name), name.Span);
    }

    /// <summary>A rule's path below <c>data</c>, made once: no error tells of its parts, which nobody wrote.</summary>
    private Term[] PathOf(string rule)
    {
        if (!_paths.TryGetValue(rule, out var path))
            _paths.Add(rule, path = [.. Words(_package.Append(rule), default)]);
        return path;
    }

    private Term Imported(Import import, Span span)
    {
        var root = new Term.Variable(import.Root, span);
        return import.Path.Length == 0
            ? root
            : new Term.Reference(root, Array.ConvertAll(import.Path, word => Word(word, span)), span);
    }

    public static IEnumerable<Term> Words(IEnumerable<string> path, Span span) =>
        path.Select(word => new Term.Literal(RegoString.Of(word), span));

    private Term Word(string word, Span span)
    {
        if (!_words.TryGetValue(word, out var text))
            _words.Add(word, text = RegoString.Of(word));
        return new Term.Literal(text, span);
    }
}
