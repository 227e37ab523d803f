using Writ.Rego.Syntax;

namespace Writ.Rego.Resolve;

/// <summary>
/// The variables of a rule's body, or of a comprehension in it. Each gets a name that is unique in the rule.
/// </summary>
internal sealed class Scope(Scope? outer, HashSet<string> mentioned)
{
    private readonly Dictionary<string, Local> _locals = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _implicit = new(StringComparer.Ordinal);
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private int _made;

    private enum Kind
    {
        Argument,
        Declared,
        Assigned,
    }

    /// <summary>The unique names that were made here.</summary>
    public HashSet<string> Names { get; } = new(StringComparer.Ordinal);

    /// <summary>The name that the author wrote.</summary>
    public static string Original(string unique)
    {
        var end = unique.IndexOf('#', StringComparison.Ordinal);
        var name = end < 0 ? unique : unique[..end];
        return name[0] == '$' ? "_" : name;
    }

    public string? FindDeclared(string name)
    {
        for (var scope = this; scope is not null; scope = scope.Outer)
        {
            if (scope._locals.TryGetValue(name, out var local))
            {
                local.Uses++;
                return local.Unique;
            }
        }

        return null;
    }

    /// <summary>An undeclared variable: the outermost body that names it directly is where it lives.</summary>
    public string Mention(string name)
    {
        var home = this;
        for (var scope = Outer; scope is not null; scope = scope.Outer)
        {
            if (scope.Mentioned.Contains(name))
                home = scope;
        }

        _seen.Add(name);
        if (home._implicit.TryGetValue(name, out var unique))
            return unique;
        unique = Unique(name);
        home._implicit.Add(name, unique);
        home.Names.Add(unique);
        return unique;
    }

    public string DeclareArgument(string name) => Add(name, Kind.Argument, default);

    /// <summary>
    /// Declares by <c>some</c> or <c>:=</c>; null when the name cannot be declared here, with the reason.
    /// </summary>
    public string? Declare(string name, bool isAssigned, Span span, out string problem)
    {
        problem = "";
        if (_locals.TryGetValue(name, out var known))
        {
            problem = known.Kind switch
            {
                Kind.Argument => $"arg {name} redeclared",
                Kind.Declared => $"var {name} declared above",
                _ => $"var {name} assigned above",
            };
            return null;
        }

        if (_seen.Contains(name))
        {
            problem = $"var {name} referenced above";
            return null;
        }

        return Add(name, isAssigned ? Kind.Assigned : Kind.Declared, span);
    }

    /// <summary>What was declared (or, when asked for, assigned) and never named again.</summary>
    public IEnumerable<(string Message, Span Span)> Unused(bool isStrict)
    {
        foreach (var (name, local) in _locals)
        {
            if (local.Uses > 0 || name[0] == '$')
                continue;
            if (local.Kind == Kind.Declared)
                yield return ($"declared var {name} unused", local.Span);
            else if (isStrict && local.Kind == Kind.Assigned)
                yield return ($"assigned var {name} unused", local.Span);
        }
    }

    private Scope? Outer => outer;

    private HashSet<string> Mentioned => mentioned;

    private string Add(string name, Kind kind, Span span)
    {
        var unique = Unique(name);
        _locals[name] = new Local(unique, kind, span);
        Names.Add(unique);
        return unique;
    }

    private string Unique(string name)
    {
        var root = this;
        while (root.Outer is not null)
        {
            root = root.Outer;
        }

        return name[0] == '$' ? name : $"{name}#{++root._made}";
    }

    private sealed class Local(string unique, Kind kind, Span span)
    {
        public string Unique => unique;

        public Kind Kind => kind;

        public Span Span => span;

        public int Uses { get; set; }
    }
}
