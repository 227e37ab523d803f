using Writ.Rego.Compile;
using Writ.Rego.Tree;

namespace Writ.Rego.Resolve;

/// <summary>
/// Gives every name its meaning: locals get names unique in their rule, all else becomes a path below <c>data</c> or
/// <c>input</c>, or a built-in's full name.
/// </summary>
internal sealed class Resolver(Module? module, ModuleNames names, Diagnostics problems, PolicyOptions options)
{
    private readonly bool _isStrict = options.IsStrict;
    private readonly TermResolver _terms = new(
        names, problems, options.IsStrict, options.IsStrict || module?.Version == RegoVersion.V1);

    private Rule? _rule;

    /// <summary>The annotations of all modules, which rules may ask for.</summary>
    public MetadataSet? Metadata { get; init; }

    /// <summary>What was called so far.</summary>
    public ResolvedCalls Calls => _terms.Calls;

    /// <summary>A rule as several of one body each share nothing but their arguments' meaning.</summary>
    public ResolvedRule Resolve(Rule rule)
    {
        _rule = rule;
        _terms.Metadata ??= FindMetadata;
        var head = rule.Head;
        var branches = new ResolvedBranch[rule.Alternatives.Length + 1];
        var scope = Open(head, rule.Body, [.. head.Path, head.Element, head.Value], out var arguments);
        var body = _terms.Body(rule.Body, scope);
        var path = _terms.All(head.Path, scope);
        var element = head.Element is null ? null : _terms.Resolve(head.Element, scope);
        branches[0] = new ResolvedBranch(arguments, body, Value(head.Value, scope), rule.Span, scope.Variables);
        Finish(scope);
        for (var i = 0; i < rule.Alternatives.Length; i++)
        {
            var alternative = rule.Alternatives[i];
            scope = Open(head, alternative.Body, [alternative.Value], out arguments);
            body = _terms.Body(alternative.Body, scope);
            branches[i + 1] = new ResolvedBranch(
                arguments, body, Value(alternative.Value, scope), alternative.Span, scope.Variables);
            Finish(scope);
        }

        return new ResolvedRule(rule, module!, path, element, branches);
    }

    /// <summary>A query's body, and the scope of the variables to which its author gave names.</summary>
    public (Expression[] Body, Scope Scope) Resolve(Expression[] query)
    {
        var scope = new Scope(null) { Body = query };
        var body = _terms.Body(query, scope);
        Finish(scope);
        return (body, scope);
    }

    private Values.RegoValue? FindMetadata(string name) => name == "rego.metadata.chain"
        ? Metadata?.Chain(module!, _rule!)
        : Metadata?.OfRule(module!, _rule!);

    private Term? Value(Term? value, Scope scope) => value is null ? null : _terms.Resolve(value, scope);

    private Scope Open(RuleHead head, Expression[] body, Term?[] heads, out Term[]? arguments)
    {
        arguments = null;
        if (head.Arguments is null)
            return new Scope(null) { Body = body, Heads = heads };
        var scope = new Scope(null);
        Array.ForEach(head.Arguments, scope.DeclareArguments);

        arguments = _terms.All(head.Arguments, scope);
        return new Scope(scope) { Body = body, Heads = heads };
    }

    private void Finish(Scope scope) => scope.CheckUnused(_isStrict, problems);
}
