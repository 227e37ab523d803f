using Writ.Rego.Builtins;
using Writ.Rego.Tree;
using Writ.Rego.Values;

namespace Writ.Rego.Compile;

/// <summary>What can be called: built-ins by name, and functions that rules define by path.</summary>
internal sealed class FunctionTable(BuiltinRegistry builtins, RuleNode root)
{
    public Builtin? FindBuiltin(Term function) =>
        function is Term.Variable name && builtins.TryGet(name.Name, out var builtin) ? builtin : null;

    public RuleGroup? FindFunction(Term function) =>
        FindNode(function)?.Group is { Kind: RuleKind.Function } group ? group : null;

    public RuleNode? FindNode(Term term)
    {
        if (term is not Term.Reference { Head: Term.Variable { Id: < 0, Name: "data" } } reference)
            return null;
        var node = root;
        foreach (var part in reference.Path)
        {
            if (part is not Term.Literal { Value: RegoString word }
                || !node.Children.TryGetValue(word.Value, out var child))
            {
                return null;
            }

            node = child;
        }

        return node;
    }

    /// <summary>
    /// How many arguments a function takes; null when there is no such function, or it takes any number.
    /// </summary>
    public int? Arity(Term.Call call) =>
        call.Builtin is { } builtin
            ? builtin.Type.Variadic is null ? builtin.Type.Arguments.Count : null
            : FindFunction(call.Function)?.Arity;

    /// <summary>Whether one argument more than the function takes stands for its result.</summary>
    public bool HasOutput(Term.Call call) => Arity(call) is { } arity && call.Arguments.Length == arity + 1;

    public bool IsKnown(Term.Call call) => call.Builtin is not null || FindFunction(call.Function) is not null;
}
