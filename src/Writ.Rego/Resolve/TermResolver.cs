using Writ.Rego.Compile;
using Writ.Rego.Syntax;
using Writ.Rego.Tree;

namespace Writ.Rego.Resolve;

/// <summary>Resolves terms and bodies in a scope, from the first expression to the last.</summary>
internal sealed class TermResolver(ModuleNames names, Diagnostics problems, bool isStrict, bool forbidsShadowing)
{
    private int _parts;

    /// <summary>What <c>rego.metadata.chain</c> and <c>rego.metadata.rule</c> are in the rule at hand.</summary>
    public Func<string, Values.RegoValue?>? Metadata { get; set; }

    public Expression[] Body(Expression[] body, Scope scope) =>
        [.. body.Select(expression => Resolve(expression, scope)).OfType<Expression>()];

    public Term Resolve(Term term, Scope scope)
    {
        switch (term)
        {
            case Term.Variable variable:
                return Variable(variable, scope);
            case Term.Reference reference:
                var head = Resolve(reference.Head, scope);
                Term[] path = [.. reference.Path.Select(part => Resolve(part, scope))];
                return head is Term.Reference inner
                    ? new Term.Reference(inner.Head, [.. inner.Path, .. path], reference.Span)
                    : new Term.Reference(head, path, reference.Span);
            case Term.Call call:
                var function = Function(call.Function, scope);
                if (function is Term.Variable { Name: "print" })
                    return Print(call, function, scope);
                if (function is Term.Variable { Name: "rego.metadata.chain" or "rego.metadata.rule" } metadata
                    && call.Arguments.Length == 0 && Metadata?.Invoke(metadata.Name) is { } known)
                {
                    return new Term.Literal(known, call.Span);
                }

                return new Term.Call(
                    function, [.. call.Arguments.Select(argument => Resolve(argument, scope))], call.Sign, call.Span);
            case Term.Array array:
                return new Term.Array([.. array.Items.Select(item => Resolve(item, scope))], array.Span);
            case Term.Set set:
                return new Term.Set([.. set.Items.Select(item => Resolve(item, scope))], set.Span);
            case Term.Object map:
                return new Term.Object(
                    [.. map.Items.Select(item => KeyValuePair.Create(
                        Resolve(item.Key, scope), Resolve(item.Value, scope)))],
                    map.Span);
            case Term.Comprehension comprehension:
                return Comprehension(comprehension, scope);
            case Term.Template template:
                return new Term.Template(
                    [.. template.Parts.Select(part => part.Term is { } inner
                        ? new TemplatePart(null, Captured(inner, scope))
                        : part)],
                    template.IsRaw, template.Span);
            default:
                return term;
        }
    }

    /// <summary>The variables that a pattern binds: not those in references, calls, sets and keys.</summary>
    public static void PatternVariables(Term? pattern, ISet<string> found)
    {
        switch (pattern)
        {
            case Term.Variable variable:
                found.Add(variable.Name);
                break;
            case Term.Array array:
                foreach (var item in array.Items)
                {
                    PatternVariables(item, found);
                }

                break;
            case Term.Object map:
                foreach (var item in map.Items)
                {
                    PatternVariables(item.Value, found);
                }

                break;
        }
    }

    private Term Variable(Term.Variable variable, Scope scope)
    {
        if (variable.IsWildcard)
        {
            scope.Names.Add(variable.Name);
            return variable;
        }

        if (scope.FindDeclared(variable.Name) is { } declared)
            return new Term.Variable(declared, variable.Span);
        return names.Find(variable) ?? new Term.Variable(scope.Mention(variable.Name), variable.Span);
    }

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

        var words = path.Select(part => part is Term.Literal { Value: Values.RegoString text } ? text.Value : "?");
        return new Term.Variable(string.Join('.', words.Prepend(root.Name)), function.Span);
    }

    private Term.Comprehension Comprehension(Term.Comprehension comprehension, Scope outer)
    {
        var scope = new Scope(outer, Mentions.Of(comprehension.Body, comprehension.Key, comprehension.Value));
        var body = Body(comprehension.Body, scope);
        var key = comprehension.Key is null ? null : Resolve(comprehension.Key, scope);
        var value = Resolve(comprehension.Value, scope);
        Finish(scope);
        return new Term.Comprehension(comprehension.Kind, key, value, body, comprehension.Span)
        {
            Locals = scope.Names,
        };
    }

    /// <summary>All that a term can be, none included: what templates and <c>print</c> show.</summary>
    private Term.Comprehension Captured(Term term, Scope outer)
    {
        var scope = new Scope(outer, Mentions.Of([], term));
        var value = new Term.Variable($"$part{++_parts}", term.Span);
        scope.Names.Add(value.Name);
        var body = new Expression.Unify(value, Resolve(term, scope), false, false, [], term.Span);
        return new Term.Comprehension(CollectionKind.Set, null, value, [body], term.Span) { Locals = scope.Names };
    }

    private Term.Call Print(Term.Call call, Term function, Scope scope) =>
        new(function, [.. call.Arguments.Select(argument => Captured(argument, scope))], call.Sign, call.Span);

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
            case Expression.Unify { IsAssignment: true } assign:
                return Assign(assign, scope);
            case Expression.Unify unify:
                var left = Resolve(unify.Left, scope);
                var right = Resolve(unify.Right, scope);
                return new Expression.Unify(
                    left, right, false, unify.IsNegated, With(unify.With, scope), unify.Span);
            default:
                var test = (Expression.Test)expression;
                var term = Resolve(test.Term, scope);
                return new Expression.Test(term, test.IsNegated, With(test.With, scope), test.Span);
        }
    }

    /// <summary>What <c>some … in</c> declares need not be named again.</summary>
    private static void UseAll(Expression.SomeIn some, Scope scope)
    {
        var declared = new HashSet<string>(StringComparer.Ordinal);
        PatternVariables(some.Key, declared);
        PatternVariables(some.Value, declared);
        foreach (var name in declared)
        {
            scope.FindDeclared(name);
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
        var scope = new Scope(outer, Mentions.Of(every.Body));
        var key = every.Head.Key is null ? null : Declare(every.Head.Key, false, scope, every.Span);
        var value = Declare(every.Head.Value, false, scope, every.Span);
        var body = Body(every.Body, scope);
        Finish(scope);
        return new Expression.Every(new EveryHead(key, value, domain), body, with, every.Span)
        {
            Locals = scope.Names,
        };
    }

    private WithModifier[] With(WithModifier[] modifiers, Scope scope) => modifiers.Length == 0 ? [] :
        [.. modifiers.Select(with => new WithModifier(
            Target(with.Target, scope), Builtin(with.Value, scope) ?? Resolve(with.Value, scope), with.Span))];

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

        return Function(value, scope) is Term.Variable name && names.IsBuiltin(name.Name)
            ? new Term.Call(name, [], "with", value.Span)
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
            ? new Term.Reference(root, [.. reference.Path.Select(part => Resolve(part, scope))], target.Span)
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
                return new Term.Array(
                    [.. array.Items.Select(item => DeclarePattern(item, isAssigned, scope))], pattern.Span);
            case Term.Object map:
                return new Term.Object(
                    [.. map.Items.Select(item => KeyValuePair.Create(
                        Resolve(item.Key, scope), DeclarePattern(item.Value, isAssigned, scope)))],
                    pattern.Span);
            case Term.Literal when !isAssigned:
                return pattern;
            default:
                if (isAssigned)
                    problems.Add(pattern.Span, ErrorCodes.Compile, $"cannot assign to {TermNames.Sort(pattern)}");
                return Resolve(pattern, scope);
        }
    }

    private Term.Variable Declare(Term.Variable variable, bool isAssigned, Scope scope, Span place)
    {
        if (variable.IsWildcard)
        {
            scope.Names.Add(variable.Name);
            return variable;
        }

        if (forbidsShadowing && ModuleNames.IsRoot(variable.Name))
        {
            problems.Add(
                place, ErrorCodes.Compile,
                $"variables must not shadow {variable.Name} (use a different variable name)");
        }

        if (scope.Declare(variable.Name, isAssigned, place, out var problem) is { } unique)
            return new Term.Variable(unique, variable.Span);
        problems.Add(variable.Span, ErrorCodes.Compile, problem);
        return new Term.Variable(scope.FindDeclared(variable.Name) ?? variable.Name, variable.Span);
    }

    private void Finish(Scope scope)
    {
        foreach (var (message, span) in scope.Unused(isStrict))
        {
            problems.Add(span, ErrorCodes.Compile, message);
        }
    }
}
