using Writ.Rego.Builtins;
using Writ.Rego.Tree;

namespace Writ.Rego.Tests.Reference;

/// <summary>Which names a body declares, which it mentions itself, and which it takes from around it.</summary>
internal static class ReferenceNames
{
    public static IEnumerable<string> Declared(IEnumerable<Expression> body) => body.SelectMany(expression =>
        expression switch
        {
            Expression.Some some => some.Names.Select(name => name.Name),
            Expression.SomeIn some => OfPattern(some.Key).Concat(OfPattern(some.Value)),
            Expression.Unify { IsAssignment: true } unify => OfPattern(unify.Left),
            _ => [],
        });

    /// <summary>The names in a body; when asked for, those too that the bodies within take from it.</summary>
    public static IEnumerable<string> Of(IEnumerable<Expression> body, bool deep) => body.SelectMany(expression =>
        expression.With.SelectMany(with => IsBuiltin(with.Value) ? [] : Of(with.Value, deep)).Concat(expression switch
        {
            Expression.Test test => Of(test.Term, deep),
            Expression.Unify unify => Of(unify.Left, deep).Concat(Of(unify.Right, deep)),
            Expression.SomeIn some => Of(some.Key, deep).Concat(Of(some.Value, deep)).Concat(Of(some.Collection, deep)),
            Expression.Every every => Of(every.Head.Domain, deep).Concat(deep ? Taken(every) : []),
            _ => [],
        }));

    public static IEnumerable<string> Of(Term? term, bool deep) => term switch
    {
        Term.Variable variable => [variable.Name],
        Term.Reference reference => Of(reference.Head, deep).Concat(reference.Path.SelectMany(key => Of(key, deep))),
        Term.Call call => call.Arguments.SelectMany(argument => Of(argument, deep)),
        Term.Array array => array.Items.SelectMany(item => Of(item, deep)),
        Term.Set set => set.Items.SelectMany(item => Of(item, deep)),
        Term.Object map => map.Items.SelectMany(item => Of(item.Key, deep).Concat(Of(item.Value, deep))),
        Term.Comprehension comprehension when deep => Taken(comprehension),
        Term.Template template when deep => template.Parts.SelectMany(part => Of(part.Term, deep)),
        _ => [],
    };

    /// <summary>What a pattern binds: variables in arrays and in the values of objects.</summary>
    public static IEnumerable<string> OfPattern(Term? term) => term switch
    {
        Term.Variable variable => [variable.Name],
        Term.Array array => array.Items.SelectMany(OfPattern),
        Term.Object map => map.Items.SelectMany(item => OfPattern(item.Value)),
        _ => [],
    };

    private static bool IsBuiltin(Term value) =>
        value is Term.Variable name && BuiltinRegistry.Standard.TryGet(name.Name, out _);

    private static IEnumerable<string> Taken(Term.Comprehension inner) =>
        Of(inner.Body, true).Concat(Of(inner.Key, true)).Concat(Of(inner.Value, true)).Except(Declared(inner.Body));

    private static IEnumerable<string> Taken(Expression.Every every) =>
        Of(every.Body, true).Except(Declared(every.Body))
            .Except(OfPattern(every.Head.Key).Concat(OfPattern(every.Head.Value)));
}
