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

    /// <summary>The annotations of all modules, which rules may ask for.</summary>
    public MetadataSet? Metadata { get; init; }


    /// <summary>A rule as several of one body each share nothing but their arguments' meaning.</summary>
    public ResolvedRule Resolve(Rule rule)
    {
        _terms.Metadata = name => name == "rego.metadata.chain"
            ? Metadata?.Chain(module!, rule)
            : Metadata?.OfRule(module!, rule);
        var head = rule.Head;
        var branches = new List<ResolvedBranch>();
        var path = head.Path;
        Term? element = null;
        var (argumentScope, arguments) = Arguments(head);
        var scope = new Scope(argumentScope, Mentions.Of(rule.Body, [.. head.Path, head.Element, head.Value]));
        var body = _terms.Body(rule.Body, scope);
        path = [.. head.Path.Select(term => _terms.Resolve(term, scope))];
        element = head.Element is null ? null : _terms.Resolve(head.Element, scope);
        branches.Add(new ResolvedBranch(arguments, body, Value(head.Value, scope), rule.Span));
        Finish(scope);
        foreach (var alternative in rule.Alternatives)
        {
            (argumentScope, arguments) = Arguments(head);
            scope = new Scope(argumentScope, Mentions.Of(alternative.Body, alternative.Value));
            body = _terms.Body(alternative.Body, scope);
            branches.Add(new ResolvedBranch(arguments, body, Value(alternative.Value, scope), alternative.Span));
            Finish(scope);
        }

        return new ResolvedRule(rule, module!, path, element, [.. branches]);
    }

    /// <summary>A query's body, and the names that its author gave to its variables.</summary>
    public (Expression[] Body, IReadOnlyCollection<string> Names) Resolve(Expression[] query)
    {
        var scope = new Scope(null, Mentions.Of(query));
        var body = _terms.Body(query, scope);
        Finish(scope);
        return (body, scope.Names);
    }

    private Term? Value(Term? value, Scope scope) => value is null ? null : _terms.Resolve(value, scope);

    private (Scope Scope, Term[]? Arguments) Arguments(RuleHead head)
    {
        if (head.Arguments is null)
            return (new Scope(null, []), null);
        var scope = new Scope(null, []);
        var variables = new HashSet<string>(StringComparer.Ordinal);
        foreach (var argument in head.Arguments)
        {
            TermResolver.PatternVariables(argument, variables);
        }

        foreach (var name in variables)
        {
            scope.DeclareArgument(name);
        }

        return (scope, [.. head.Arguments.Select(argument => _terms.Resolve(argument, scope))]);
    }

    private void Finish(Scope scope)
    {
        foreach (var (message, span) in scope.Unused(_isStrict))
        {
            problems.Add(span, ErrorCodes.Compile, message);
        }
    }
}
