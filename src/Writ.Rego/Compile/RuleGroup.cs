using Writ.Rego.Resolve;
using Writ.Rego.Values;

namespace Writ.Rego.Compile;

/// <summary>All rules that make one document, or one function. Filled while compiling, only read afterwards.</summary>
internal sealed class RuleGroup(int id, RuleNode node)
{
    private string? _name;
    private RegoValue[]? _path;

    public int Id => id;

    public RuleNode Node => node;

    public RuleKind Kind { get; set; }

    public List<ResolvedRule> Sources { get; } = [];

    public string Name => _name ??= string.Join('.', node.Path.Prepend("data"));

    /// <summary>The path below <c>data</c>, as values.</summary>
    public RegoValue[] Path => _path ??= Array.ConvertAll(node.Path, RegoValue (word) => RegoString.Of(word));

    public int Arity { get; set; }

    public RuleProgram[] Programs { get; set; } = [];

    /// <summary>Finds the programs that can hold; null when there are few, or they have nothing in common.</summary>
    public Evaluate.RuleIndex? Index { get; set; }

    /// <summary>What speaks when no other rule does.</summary>
    public RuleProgram? Default { get; set; }

    /// <summary>Its value where that is a constant, and nobody traces how it came to be.</summary>
    public RegoValue? DefaultValue { get; set; }

    /// <summary>
    /// Of a set that is asked for single members: a function that runs what can yield the one that it is given.
    /// </summary>
    public RuleGroup? Members { get; set; }

    /// <summary>The value of every branch, when all have the same constant: one that holds is then enough.</summary>
    public RegoValue? OnlyValue { get; set; }
}
