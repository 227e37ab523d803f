using Writ.Rego.Compile;
using Writ.Rego.Lower;
using Writ.Rego.Resolve;
using Writ.Rego.Syntax;

namespace Writ.Rego;

/// <summary>
/// Modules that were checked and turned into what can be evaluated. Immutable; safe to share among threads.
/// </summary>
public sealed class CompiledPolicy
{
    private readonly RuleTree _tree;
    private readonly FunctionTable _calls;
    private readonly PolicyOptions _options;

    internal CompiledPolicy(RuleTree tree, FunctionTable calls, PolicyOptions options) =>
        (_tree, _calls, _options) = (tree, calls, options);

    internal int Groups => _tree.Groups.Count;

    /// <summary>Compiles a query against the policy, to be run often.</summary>
    /// <param name="query">A body, as in <c>data.authz.allow = x</c>.</param>
    /// <exception cref="RegoError">It does not parse or compile.</exception>
    public PreparedQuery Prepare(string query) => Guard.Run(() => Compile(query));

    private PreparedQuery Compile(string text)
    {
        var problems = new Diagnostics();
        var names = new ModuleNames([], [], [], name => _options.Builtins.TryGet(name, out _));
        var parsed = ModuleParser.ParseQuery(new SourceText("", text), _options.Version);
        var (body, variables) = new Resolver([], names, problems, isStrict: false).Resolve(parsed);
        problems.ThrowIfAny();
        new CallChecks(_calls, _tree.Root, problems).Check(body);
        problems.ThrowIfAny();
        var lowering = new BodyLowering(new Lowering(_tree.Root, _calls, problems));
        var steps = new List<Evaluate.Step>();
        lowering.Lower(body, steps);
        problems.ThrowIfAny();
        var entry = BodyLowering.Link(steps, new Evaluate.Emit.Solution());
        var shown = variables.Where(name => name[0] != '$' && lowering.Variables.ContainsKey(name))
            .Select(name => KeyValuePair.Create(Scope.Original(name), lowering.Variables[name]));
        return new PreparedQuery(this, new RuleBody(entry, lowering.Slots), [.. shown]);
    }

}
