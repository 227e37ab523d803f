using Writ.Rego.Syntax;
using Writ.Rego.Tree;

namespace Writ.Rego.Resolve;

/// <summary>
/// The variables of a rule's body, or of a comprehension in it. Each gets a number that is unique in the rule.
/// </summary>
internal sealed class Scope
{
    /// <summary>Up to so many names a walk over them is faster than an index.</summary>
    private const int Few = 16;

    private readonly Scope? _outer;
    private readonly Scope _root;
    private readonly List<Local> _locals = [];
    private Dictionary<string, Local>? _index;
    private List<int>? _captures;
    private HashSet<string>? _mentioned;
    private readonly List<string> _names; // the root's

    public Scope(Scope? outer)
    {
        _outer = outer;
        _root = outer?._root ?? this;
        _names = outer?._names ?? [];
    }

    private enum Kind
    {
        Mentioned,
        Argument,
        Declared,
        Assigned,
    }

    /// <summary>The expressions in here, and the terms that they are for.</summary>
    public Expression[] Body { get; init; } = [];

    public Term?[] Heads { get; init; } = [];

    /// <summary>Whether this is the inside of a comprehension or of <c>every</c>.</summary>
    public bool IsClosure { get; init; }

    /// <summary>The names of all variables of the rule, by their numbers.</summary>
    public List<string> Variables => _names;

    /// <summary>The variables of outer scopes that are named in here.</summary>
    public int[] Captures => _captures is null ? [] : [.. _captures];

    /// <summary>The variables that live here, but wildcards: the name that the author wrote, and the number.</summary>
    public IEnumerable<(string Name, int Id)> Named => _locals.Where(local => local.Id >= 0)
        .Select(local => (local.Name, local.Id));

    public int NewVariable(string name)
    {
        _names.Add(name[0] == '$' ? "_" : name);
        return _names.Count - 1;
    }

    public int? FindDeclared(string name)
    {
        for (var scope = this; scope is not null; scope = scope._outer)
        {
            if (scope.Find(name) is { Kind: not Kind.Mentioned } local)
            {
                local.Uses++;
                return Captured(local.Id, scope);
            }
        }

        return null;
    }

    /// <summary>An undeclared variable: the outermost body that names it directly is where it lives.</summary>
    public int Mention(string name)
    {
        var home = this;
        for (var scope = _outer; scope is not null; scope = scope._outer)
        {
            if (scope.Mentions(name))
                home = scope;
        }

        FindOrAdd(name).IsSeen = true;
        var local = home.FindOrAdd(name);
        if (local.Id < 0)
            local.Id = NewVariable(name);
        return Captured(local.Id, home);
    }

    /// <summary>Declares what an argument's pattern binds: not what references, calls, sets and keys name.</summary>
    public void DeclareArguments(Term pattern)
    {
        switch (pattern)
        {
            case Term.Variable { IsWildcard: false } variable when Find(variable.Name) is null:
                Add(variable.Name, Kind.Argument, default);
                break;
            case Term.Array array:
                Array.ForEach(array.Items, DeclareArguments);
                break;
            case Term.Object map:
                Array.ForEach(map.Items, item => DeclareArguments(item.Value));
                break;
        }
    }

    /// <summary>
    /// Declares by <c>some</c> or <c>:=</c>; null when the name cannot be declared here, with the reason.
    /// </summary>
    public int? Declare(string name, bool isAssigned, Span span, out string problem)
    {
        var known = Find(name);
        problem = known?.Kind switch
        {
            Kind.Argument => $"arg {name} redeclared",
            Kind.Declared => $"var {name} declared above",
            Kind.Assigned => $"var {name} assigned above",
            Kind.Mentioned when known.IsSeen => $"var {name} referenced above",
            _ => "",
        };
        return problem.Length > 0 ? null : Add(name, isAssigned ? Kind.Assigned : Kind.Declared, span);
    }

    /// <summary>What was declared (or, when asked for, assigned) and never named again.</summary>
    public void CheckUnused(bool isStrict, Compile.Diagnostics problems)
    {
        foreach (var local in _locals)
        {
            if (local.Uses > 0)
                continue;
            if (local.Kind == Kind.Declared)
                problems.Add(local.Span, ErrorCodes.Compile, $"declared var {local.Name} unused");
            else if (isStrict && local.Kind == Kind.Assigned)
                problems.Add(local.Span, ErrorCodes.Compile, $"assigned var {local.Name} unused");
        }
    }

    private bool Mentions(string name) => (_mentioned ??= Resolve.Mentions.Of(Body, Heads)).Contains(name);

    /// <summary>All closures between the variable's home and here take it from outside.</summary>
    private int Captured(int id, Scope home)
    {
        for (var scope = this; scope != home; scope = scope._outer!)
        {
            if (scope.IsClosure && scope._captures?.Contains(id) != true)
                (scope._captures ??= []).Add(id);
        }

        return id;
    }

    private int Add(string name, Kind kind, Span span)
    {
        var local = FindOrAdd(name);
        (local.Id, local.Kind, local.Span) = (NewVariable(name), kind, span);
        return local.Id;
    }

    private Local? Find(string name)
    {
        if (_index is not null)
            return _index.GetValueOrDefault(name);
        foreach (var local in _locals)
        {
            if (local.Name == name)
                return local;
        }

        return null;
    }

    private Local FindOrAdd(string name)
    {
        if (Find(name) is { } known)
            return known;
        var local = new Local(name);
        _locals.Add(local);
        if (_locals.Count > Few)
            _index ??= _locals.ToDictionary(one => one.Name, StringComparer.Ordinal);
        _index?.TryAdd(name, local);
        return local;
    }

    private sealed class Local(string name)
    {
        public string Name => name;

        public Kind Kind { get; set; }

        public int Id { get; set; } = -1;

        public Span Span { get; set; }

        public bool IsSeen { get; set; }

        public int Uses { get; set; }
    }
}
