using Writ.Rego.Compile;
using Writ.Rego.Evaluate;
using Writ.Rego.Lower;
using Writ.Rego.Queries;
using Writ.Rego.Resolve;
using Writ.Rego.Syntax;
using Writ.Rego.Values;

namespace Writ.Rego;

/// <summary>
/// Modules that were checked and turned into what can be evaluated. Immutable; safe to share among threads.
/// </summary>
public sealed class CompiledPolicy
{
    private readonly RuleTree _tree;
    private readonly FunctionTable _calls;
    private readonly PolicyOptions _options;

    internal CompiledPolicy(RuleTree tree, FunctionTable calls, PolicyOptions options, InputPaths looked)
    {
        (_tree, _calls, _options) = (tree, calls, options);
        Sizes = new ScopeSizes(tree.Groups.Count, looked.Count);
        InputPaths = looked.Shortest();
    }

    internal ScopeSizes Sizes { get; }

    /// <summary>
    /// The paths below <c>input</c> that its rules may look at, none below another; an empty path is all of the input.
    /// Inputs that agree on them have the same answers, but for built-ins that look elsewhere (the time, the network).
    /// </summary>
    public IReadOnlyList<RegoArray> InputPaths { get; }

    /// <summary>Its rules, in the order of their modules.</summary>
    public IReadOnlyList<RuleDescription> Rules => [.. PolicyOutline.Rules(_tree)];

    /// <summary>Where its rules and expressions stand: what a run can cover.</summary>
    public IReadOnlySet<(string File, int Row)> Lines => PolicyOutline.Lines(_tree);

    /// <summary>Compiles a query against the policy, to be run often.</summary>
    /// <param name="query">A body, as in <c>data.authz.allow = x</c>.</param>
    /// <exception cref="RegoError">It does not parse or compile.</exception>
    public PreparedQuery Prepare(string query) => Guard.Run(() => Compile(query));

    /// <summary>Compiles a query of which every expression's value is wanted.</summary>
    /// <param name="query">A body, as in <c>x := 1; data.authz.allow</c>.</param>
    /// <param name="scope">Whose words it may use; none when null.</param>
    /// <exception cref="RegoError">It does not parse or compile.</exception>
    public PreparedExpressions PrepareExpressions(string query, QueryScope? scope = null) =>
        Guard.Run(() => CompileExpressions(query, scope ?? QueryScope.None));

    /// <summary>Checks that no base document lies where a rule makes its own.</summary>
    /// <param name="data">The base documents.</param>
    /// <exception cref="RegoError">Some do.</exception>
    public void CheckConflicts(RegoObject data) => PolicyOutline.CheckConflicts(_tree, data);

    /// <summary>Compiles a term with at most one value, as <c>data.authz.allow</c>: the fastest way to it.</summary>
    /// <param name="term">The term.</param>
    /// <exception cref="RegoError">It does not parse or compile, or may have several values.</exception>
    public PreparedValue PrepareValue(string term) => Guard.Run(() =>
    {
        var problems = new Diagnostics();
        var (body, scope) = Check(term, QueryScope.None, problems);
        if (body is not [Tree.Expression.Test { IsNegated: false, With: [] } test])
            throw new RegoError(new RegoDiagnostic(ErrorCodes.Compile, $"{term} is no term", "", 0, 0, ""));
        var lowering = NewLowering(scope, problems);
        var steps = new List<Step>();
        lowering.Check(test.Term);
        problems.ThrowIfAny();
        var node = lowering.Term(test.Term, steps);
        problems.ThrowIfAny();
        return steps.Count == 0
            ? new PreparedValue(this, node, lowering.Slots)
            : throw test.Span.Error(ErrorCodes.Compile, $"{term} may have several values");
    });

    private (Tree.Expression[] Body, Resolve.Scope Scope) Check(string text, QueryScope within, Diagnostics problems)
    {
        var names = PolicyOutline.Names(_tree, within, _options.Builtins);
        var parsed = ModuleParser.ParseQuery(new SourceText("", text), _options.Version);
        var resolver = new Resolver(null, names, problems, _options with { IsStrict = false });
        var resolved = resolver.Resolve(parsed);
        problems.ThrowIfAny();
        new CallChecks(_calls, _tree.Root, problems).Check(resolver.Calls, forbidsDeprecated: false);
        problems.ThrowIfAny();
        var declared = _options.Schemas is { } schemas
            ? new DeclaredTypes(schemas, new Resolve.MetadataSet([]), problems)
            : null;
        new TypeCheck(_calls, _tree.Root, problems, declared).Check(resolved.Body, resolved.Scope.Variables.Count);
        problems.ThrowIfAny();
        return resolved;
    }

    private PreparedQuery Compile(string text)
    {
        var problems = new Diagnostics();
        var (body, scope) = Check(text, QueryScope.None, problems);
        var lowering = NewLowering(scope, problems);
        var (steps, shown) = Lower(body, lowering, scope, problems);
        return new PreparedQuery(this, steps, shown);
    }

    private PreparedExpressions CompileExpressions(string text, QueryScope within)
    {
        var problems = new Diagnostics();
        var (body, scope) = Check(text, within, problems);
        var capture = new ExpressionCapture(_calls, scope);
        body = capture.Rewrite(body);
        var lowering = NewLowering(scope, problems);
        var (steps, shown) = Lower(body, lowering, scope, problems);
        var expressions = capture.Captured.Select(one => (
            one.Span, one.Variable is { } variable ? lowering.FindSlot(variable)!.Value : -1));
        return new PreparedExpressions(Sizes, steps, shown, [.. expressions]);
    }

    private BodyLowering NewLowering(Resolve.Scope scope, Diagnostics problems) =>
        new(new Lowering(_tree.Root, _calls, problems, _options.IsTraced), scope.Variables);

    /// <summary>A query's body, and the slots of the variables that its author named.</summary>
    private static (RuleBody Steps, KeyValuePair<string, int>[] Shown) Lower(
        Tree.Expression[] body, BodyLowering lowering, Resolve.Scope scope, Diagnostics problems)
    {
        var steps = new List<Step>();
        lowering.Lower(body, steps);
        problems.ThrowIfAny();
        var entry = BodyLowering.Link(steps, new Emit.Solution());
        var shown = scope.Named.Where(variable => lowering.FindSlot(variable.Id) is not null)
            .Select(variable => KeyValuePair.Create(variable.Name, lowering.FindSlot(variable.Id)!.Value));
        return (new RuleBody(entry, lowering.Slots), [.. shown]);
    }
}
