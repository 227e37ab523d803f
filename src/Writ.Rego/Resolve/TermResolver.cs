using Writ.Rego.Compile;
using Writ.Rego.Syntax;
using Writ.Rego.Tree;

namespace Writ.Rego.Resolve;

/// <summary>Resolves terms and bodies in a scope, from the first expression to the last.</summary>
internal sealed class TermResolver(ModuleNames names, Diagnostics problems, bool isStrict, bool forbidsShadowing)
{
    /// <summary>What was called so far.</summary>
    public ResolvedCalls Calls { get; } = new();

    /// <summary>What <c>rego.metadata.chain</c> and <c>rego.metadata.rule</c> are in the rule at hand.</summary>
    public Func<string, Values.RegoValue?>? Metadata { get; set; }

    /// <summary>What <c>some x, y</c> declares is no expression any more.</summary>
    public Expression[] Body(Expression[] body, Scope scope)
    {
        var resolved = new Expression[body.Length];
        var count = 0;
        foreach (var expression in body)
        {
            if (Resolve(expression, scope) is { } line)
                resolved[count++] = line;
        }

        return count == body.Length ? resolved : resolved[..count];
    }

    public Term Resolve(Term term, Scope scope, bool isStatement = false)
    {
        switch (term)
        {
            case Term.Variable variable:
                return Variable(variable, scope);
            case Term.Reference reference:
                var head = Resolve(reference.Head, scope);
                var path = All(reference.Path, scope);
                return head is Term.Reference inner
                    ? new Term.Reference(inner.Head, [.. inner.Path, .. path], reference.Span)
                    : head == reference.Head && path == reference.Path ? reference
                    : new Term.Reference(head, path, reference.Span);
            case Term.Call call:
                return Call(call, scope, isStatement);
            case Term.Array array:
                var items = All(array.Items, scope);
                return items == array.Items ? array : new Term.Array(items, array.Span);
            case Term.Set set:
                var members = All(set.Items, scope);
                return members == set.Items ? set : new Term.Set(members, set.Span);
            case Term.Object map:
                return Object(map, scope);
            case Term.Comprehension comprehension:
                return Comprehension(comprehension, scope);
            case Term.Template template:
                return Template(template, scope);
            default:
                return term;
        }
    }

    /// <summary>
    /// The names of the variables that a pattern binds: not those in references, calls, sets and keys.
    /// </summary>
    public static void PatternNames(Term? pattern, ISet<string> found)
    {
        switch (pattern)
        {
            case Term.Variable variable:
                found.Add(variable.Name);
                break;
            case Term.Array array:
                foreach (var item in array.Items)
                {
                    PatternNames(item, found);
                }

                break;
            case Term.Object map:
                foreach (var item in map.Items)
                {
                    PatternNames(item.Value, found);
                }

                break;
        }
    }

    /// <summary>The same array when nothing in it has another meaning than its text.</summary>
    public Term[] All(Term[] terms, Scope scope)
    {
        var resolved = terms;
        for (var i = 0; i < terms.Length; i++)
        {
            var term = Resolve(terms[i], scope);
            if (term == terms[i])
                continue;
            if (resolved == terms)
                resolved = [.. terms];
            resolved[i] = term;
        }

        return resolved;
    }

    // What takes its scope along into a lambda is a method of its own: it is made where the method begins.
    private Term.Object Object(Term.Object map, Scope scope) => new(
        Array.ConvertAll(map.Items, item => KeyValuePair.Create(
            Resolve(item.Key, scope), Resolve(item.Value, scope))),
        map.Span);

    private Term.Template Template(Term.Template template, Scope scope) => new(
        Array.ConvertAll(template.Parts, part => part.Term is { } inner
            ? new TemplatePart(null, Captured(inner, scope, part.With), [])
            : part),
        template.IsRaw, template.Span);

    private static Term.Variable Local(Term.Variable variable, int id) => new(variable.Name, variable.Span, id);

    private Term Variable(Term.Variable variable, Scope scope)
    {
        if (variable.IsWildcard)
            return Local(variable, scope.NewVariable("$"));
        if (scope.FindDeclared(variable.Name) is { } declared)
            return Local(variable, declared);
        return names.Find(variable) ?? Local(variable, scope.Mention(variable.Name));
    }

    private Term Call(Term.Call call, Scope scope, bool isStatement)
    {
        // What is written as a sign is the built-in, whatever rules are named.
        var function = call.Sign is null ? Function(call.Function, scope) : call.Function;
        if (function is Term.Variable { Name: "rego.metadata.chain" or "rego.metadata.rule" } metadata
            && call.Arguments.Length == 0 && Metadata?.Invoke(metadata.Name) is { } known)
        {
            return new Term.Literal(known, call.Span);
        }

        var arguments = function is Term.Variable { Name: "print" }
            ? Captured(call.Arguments, scope)
            : All(call.Arguments, scope);
        var resolved = new Term.Call(function, arguments, call.Sign, call.Span)
        {
            Builtin = function is Term.Variable name ? names.FindBuiltin(name.Name) : null,
        };
        Calls.Calls.Add((resolved, isStatement));
        return resolved;
    }

    private Term[] Captured(Term[] terms, Scope scope) => Array.ConvertAll(terms, term => Captured(term, scope, []));

    private Term Function(Term function, Scope scope)
    {
        var root = function as Term.Variable ?? (Term.Variable)((Term.Reference)function).Head;
        if (root.Name.StartsWith("internal.", StringComparison.Ordinal))
            return function;
        if (!ModuleNames.IsRoot(root.Name) && scope.FindDeclared(root.Name) is not null)
            problems.Add(function.Span, ErrorCodes.Compile, $"called function {function.Span.Text} shadowed");
        var path = function is Term.Reference reference ? reference.Path : [];
        if (names.Find(root) is { } global)
        {
            return global is Term.Reference inner
                ? new Term.Reference(inner.Head, [.. inner.Path, .. path], function.Span)
                : new Term.Reference(global, path, function.Span);
        }

        if (path.Length == 0)
            return root;
        var words = path.Select(part => part is Term.Literal { Value: Values.RegoString text } ? text.Value : "?");
        return new Term.Variable(string.Join('.', words.Prepend(root.Name)), function.Span);
    }

    private Term.Comprehension Comprehension(Term.Comprehension comprehension, Scope outer)
    {
        var scope = new Scope(outer)
        {
            Body = comprehension.Body,
            Heads = [comprehension.Key, comprehension.Value],
            IsClosure = true,
        };
        var body = Body(comprehension.Body, scope);
        var key = comprehension.Key is null ? null : Resolve(comprehension.Key, scope);
        var value = Resolve(comprehension.Value, scope);
        Finish(scope);
        return new Term.Comprehension(comprehension.Kind, key, value, body, comprehension.Span)
        {
            Captures = scope.Captures,
        };
    }

    /// <summary>All that a term can be, none included: what templates and <c>print</c> show.</summary>
    private Term.Comprehension Captured(Term term, Scope outer, WithModifier[] with)
    {
        var scope = new Scope(outer) { Heads = [term], IsClosure = true };
        var value = new Term.Variable("$part", term.Span, scope.NewVariable("$"));
        var body = new Expression.Unify(value, Resolve(term, scope), false, false, With(with, scope), term.Span);
        return new Term.Comprehension(CollectionKind.Set, null, value, [body], term.Span)
        {
            Captures = scope.Captures,
        };
    }

    private Expression? Resolve(Expression expression, Scope scope)
    {
        switch (expression)
        {
            case Expression.Some some:
                foreach (var name in some.Names)
                {
                    Declare(name, isAssigned: false, scope, some.Span);
                }

                return null;
            case Expression.SomeIn some:
                var collection = Resolve(some.Collection, scope);
                var with = With(some.With, scope);
                var key = some.Key is null ? null : DeclarePattern(some.Key, isAssigned: false, scope);
                var value = DeclarePattern(some.Value, isAssigned: false, scope);
                UseAll(some, scope);
                return new Expression.SomeIn(key, value, collection, with, some.Span);
            case Expression.Every every:
                return Every(every, scope);
            case Expression.Not not:
                var operand = Operand(not.Operand, scope, "negated expression");
                return new Expression.Not(operand, With(not.With, scope), not.Span);
            case Expression.Logical logical:
                return Logical(logical, scope);
            case Expression.Unify { IsAssignment: true } assign:
                return Assign(assign, scope);
            case Expression.Unify unify:
                var left = Resolve(unify.Left, scope);
                var right = Resolve(unify.Right, scope);
                return new Expression.Unify(
                    left, right, false, unify.IsNegated, With(unify.With, scope), unify.Span);
            default:
                var test = (Expression.Test)expression;
                var term = Resolve(test.Term, scope, isStatement: true);
                return term == test.Term && test.With.Length == 0
                    ? test
                    : new Expression.Test(term, test.IsNegated, With(test.With, scope), test.Span);
        }
    }

    /// <summary>What <c>some … in</c> declares need not be named again.</summary>
    private static void UseAll(Expression.SomeIn some, Scope scope)
    {
        UsePattern(some.Key, scope);
        UsePattern(some.Value, scope);
    }

    private static void UsePattern(Term? pattern, Scope scope)
    {
        switch (pattern)
        {
            case Term.Variable { IsWildcard: false } variable:
                scope.FindDeclared(variable.Name);
                break;
            case Term.Array array:
                foreach (var item in array.Items)
                {
                    UsePattern(item, scope);
                }

                break;
            case Term.Object map:
                foreach (var (_, value) in map.Items)
                {
                    UsePattern(value, scope);
                }

                break;
        }
    }

    private Expression.Unify Assign(Expression.Unify assign, Scope scope)
    {
        if (assign.IsNegated)
            problems.Add(assign.Span, ErrorCodes.Compile, "cannot assign vars inside negated expression");
        var right = Resolve(assign.Right, scope);
        var with = With(assign.With, scope);
        var left = DeclarePattern(assign.Left, isAssigned: true, scope);
        return new Expression.Unify(left, right, true, assign.IsNegated, with, assign.Span);
    }

    private Expression.Every Every(Expression.Every every, Scope outer)
    {
        var domain = Resolve(every.Head.Domain, outer);
        var with = With(every.With, outer);
        var scope = new Scope(outer) { Body = every.Body, IsClosure = true };
        var key = every.Head.Key is null ? null : Declare(every.Head.Key, false, scope, every.Span);
        var value = Declare(every.Head.Value, false, scope, every.Span);
        var body = Body(every.Body, scope);
        Finish(scope);
        return new Expression.Every(new EveryHead(key, value, domain), body, with, every.Span)
        {
            Captures = scope.Captures,
        };
    }

    private Expression.Logical Logical(Expression.Logical logical, Scope scope)
    {
        var place = logical.IsOr ? "implicit or operand" : "implicit and operand";
        var operands = Array.ConvertAll(logical.Operands, operand => Operand(operand, scope, place));
        return new Expression.Logical(logical.IsOr, operands, With(logical.With, scope), logical.Span);
    }

    /// <summary>Braces are a body with variables of its own; what has none binds and declares nothing.</summary>
    private Operand Operand(Operand operand, Scope outer, string place)
    {
        if (operand.IsExplicit)
        {
            var scope = new Scope(outer) { Body = operand.Body, IsClosure = true };
            var body = Body(operand.Body, scope);
            Finish(scope);
            return operand with { Body = body, Captures = scope.Captures };
        }

        foreach (var expression in operand.Body)
        {
            if (expression is Expression.Unify { IsAssignment: true })
                problems.Add(expression.Span, ErrorCodes.Compile, $"cannot assign vars inside {place}");
        }

        return operand with { Body = Body(operand.Body, outer) };
    }

    private WithModifier[] With(WithModifier[] modifiers, Scope scope) =>
        modifiers.Length == 0 ? modifiers : Replacements(modifiers, scope);

    private WithModifier[] Replacements(WithModifier[] modifiers, Scope scope)
    {
        var resolved = Array.ConvertAll(modifiers, with => new WithModifier(
            Target(with.Target, scope), Builtin(with.Value, scope) ?? Resolve(with.Value, scope), with.Span));
        Calls.Replacements.AddRange(resolved);
        return resolved;
    }

    /// <summary>A built-in's name in a value's place: it stands in for another function.</summary>
    private Term.Call? Builtin(Term value, Scope scope)
    {
        var root = value as Term.Variable ?? (value as Term.Reference)?.Head as Term.Variable;
        if (root is null or { IsWildcard: true }
            || scope.FindDeclared(root.Name) is not null
            || names.Find(root) is not null)
        {
            return null;
        }

        return Function(value, scope) is Term.Variable name && names.FindBuiltin(name.Name) is { } builtin
            ? new Term.Call(name, [], "with", value.Span) { Builtin = builtin }
            : null;
    }

    /// <summary><c>input</c> and <c>data</c> keep their meaning in a target, shadowed or not.</summary>
    private Term Target(Term target, Scope scope)
    {
        var root = target as Term.Variable ?? (target as Term.Reference)?.Head as Term.Variable;
        if (root is null)
            return target;
        if (!ModuleNames.IsRoot(root.Name))
            return Function(target, scope);
        return target is Term.Reference reference
            ? new Term.Reference(root, All(reference.Path, scope), target.Span)
            : target;
    }

    /// <summary>Declares a pattern's variables, left to right, and resolves it.</summary>
    private Term DeclarePattern(Term pattern, bool isAssigned, Scope scope)
    {
        switch (pattern)
        {
            case Term.Variable variable:
                return Declare(variable, isAssigned, scope, pattern.Span);
            case Term.Array array:
                return DeclareItems(array, isAssigned, scope);
            case Term.Object map:
                return DeclareValues(map, isAssigned, scope);
            case Term.Literal when !isAssigned:
                return pattern;
            default:
                if (isAssigned)
                    problems.Add(pattern.Span, ErrorCodes.Compile, $"cannot assign to {TermNames.Sort(pattern)}");
                return Resolve(pattern, scope);
        }
    }

    private Term.Array DeclareItems(Term.Array array, bool isAssigned, Scope scope) =>
        new(Array.ConvertAll(array.Items, item => DeclarePattern(item, isAssigned, scope)), array.Span);

    private Term.Object DeclareValues(Term.Object map, bool isAssigned, Scope scope) => new(
        Array.ConvertAll(map.Items, item => KeyValuePair.Create(
            Resolve(item.Key, scope), DeclarePattern(item.Value, isAssigned, scope))),
        map.Span);

    private Term.Variable Declare(Term.Variable variable, bool isAssigned, Scope scope, Span place)
    {
        if (variable.IsWildcard)
            return Local(variable, scope.NewVariable("$"));
        if (forbidsShadowing && ModuleNames.IsRoot(variable.Name))
        {
            problems.Add(
                place, ErrorCodes.Compile,
                $"variables must not shadow {variable.Name} (use a different variable name)");
        }

        if (scope.Declare(variable.Name, isAssigned, place, out var problem) is { } declared)
            return Local(variable, declared);
        problems.Add(variable.Span, ErrorCodes.Compile, problem);
        return Local(variable, scope.FindDeclared(variable.Name) ?? scope.Mention(variable.Name));
    }

    private void Finish(Scope scope) => scope.CheckUnused(isStrict, problems);
}
