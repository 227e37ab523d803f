using Writ.Rego.Values;

namespace Writ.Rego.Builtins.GraphQl;

/// <summary>The rules that a document keeps against a schema (§5). Fails with the first that it breaks.</summary>
internal sealed class QueryCheck
{
    private const int MaxDepth = 300;

    private readonly GraphQlSchema _schema;
    private readonly Dictionary<string, RegoObject> _fragments = new(StringComparer.Ordinal);
    private readonly HashSet<string> _spread = new(StringComparer.Ordinal);
    private readonly HashSet<string> _acyclic = new(StringComparer.Ordinal);
    private readonly ArgumentCheck _arguments;

    private QueryCheck(GraphQlSchema schema)
    {
        _schema = schema;
        _arguments = new ArgumentCheck(schema);
    }

    public static void Run(GraphQlSchema schema, RegoObject document) => new QueryCheck(schema).Run(document);

    private void Run(RegoObject document)
    {
        foreach (var fragment in document.Children("Fragments"))
        {
            Demand(
                _fragments.TryAdd(fragment.Text("Name"), fragment),
                $"There can be only one fragment named \"{fragment.Text("Name")}\"");
        }

        var operations = document.Children("Operations").ToArray();
        CheckNames(operations);
        foreach (var fragment in _fragments.Values)
        {
            CheckFragment(fragment);
        }

        var merging = new OverlapCheck(_schema, _fragments);
        foreach (var operation in operations)
        {
            CheckOperation(operation, merging);
        }

        var unused = _fragments.Keys.FirstOrDefault(name => !_spread.Contains(name));
        Demand(unused is null, $"Fragment \"{unused}\" is never used");
    }

    private static void CheckNames(RegoObject[] operations)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var operation in operations)
        {
            var name = operation.Text("Name");
            Demand(
                name.Length > 0 || operations.Length == 1,
                "This anonymous operation must be the only defined operation");
            Demand(names.Add(name), $"There can be only one operation named \"{name}\"");
        }
    }

    private void CheckOperation(RegoObject operation, OverlapCheck merging)
    {
        var kind = operation.Text("Operation");
        var root = _schema.Roots.GetValueOrDefault(kind)
            ?? throw GraphQlTree.Invalid($"Schema does not support operation type \"{kind}\"");
        var selections = operation.Children("SelectionSet").ToArray();
        var variables = new VariableCheck(_schema, operation);
        _arguments.CheckDirectives(operation, kind.ToUpperInvariant());
        CheckSelections(selections, root, 0);
        variables.Run(new VariableUses(_schema, _fragments).Of(operation, root));
        merging.Run(selections, root);
        if (kind is "subscription")
        {
            var fields = merging.FieldNames(selections, root);
            Demand(
                fields.Count == 1 && !fields.Single().StartsWith("__", StringComparison.Ordinal),
                "Subscription must select only one top level field");
        }
    }

    private void CheckFragment(RegoObject fragment)
    {
        var (name, condition) = (fragment.Text("Name"), fragment.Text("TypeCondition"));
        var type = Composite(condition, $"Fragment \"{name}\" cannot condition on non composite type \"{condition}\"");
        _arguments.CheckDirectives(fragment, "FRAGMENT_DEFINITION");
        CheckCycles(fragment, [name]);
        CheckSelections(fragment.Children("SelectionSet"), type, 0);
    }

    /// <summary>Each fragment is entered once: those that spread two, which spread two, have many ways down.</summary>
    private void CheckCycles(RegoObject node, HashSet<string> path)
    {
        Work.Enter();
        foreach (var selection in node.Children("SelectionSet"))
        {
            if (!IsSpread(selection))
            {
                CheckCycles(selection, path);
            }
            else if (selection.Text("Name") is var name && !_acyclic.Contains(name)
                && _fragments.TryGetValue(name, out var fragment))
            {
                Demand(path.Add(name) && path.Count < MaxDepth, $"Cannot spread fragment \"{name}\" within itself");
                CheckCycles(fragment, path);
                path.Remove(name);
                _acyclic.Add(name);
            }
        }
    }

    private void CheckSelections(IEnumerable<RegoObject> selections, GraphQlDefinition parent, int depth)
    {
        Demand(depth < MaxDepth, "nested too deeply");
        foreach (var selection in selections)
        {
            if (IsField(selection))
            {
                CheckField(selection, parent, depth);
            }
            else if (IsSpread(selection))
            {
                CheckSpread(selection, parent);
            }
            else
            {
                CheckInline(selection, parent, depth);
            }
        }
    }

    private void CheckField(RegoObject field, GraphQlDefinition parent, int depth)
    {
        var name = field.Text("Name");
        _arguments.CheckDirectives(field, "FIELD");
        if (name is "__typename" && parent.IsComposite)
        {
            Demand(!field.Children("SelectionSet").Any(), "Field \"__typename\" must not have a selection");
            return;
        }

        var definition = parent.Kind is "UNION" ? null : parent.Field(name);
        Demand(definition is not null, $"Cannot query field \"{name}\" on type \"{parent.Name}\"");
        _arguments.Check($"Field \"{name}\"", field, definition!.Children("Arguments").ToArray());
        var type = definition!.Type();
        var result = _schema.Find(type.Innermost);
        var hasSelection = field.Children("SelectionSet").Any();
        Demand(
            !hasSelection || result is { IsLeaf: false },
            $"Field \"{name}\" must not have a selection since type \"{type}\" has no subfields");
        Demand(
            hasSelection || result is not { IsComposite: true },
            $"Field \"{name}\" of type \"{type}\" must have a selection of subfields");
        if (hasSelection && result is not null)
        {
            CheckSelections(field.Children("SelectionSet"), result, depth + 1);
        }
    }

    private void CheckSpread(RegoObject spread, GraphQlDefinition parent)
    {
        var name = spread.Text("Name");
        _arguments.CheckDirectives(spread, "FRAGMENT_SPREAD");
        var fragment = _fragments.GetValueOrDefault(name)
            ?? throw GraphQlTree.Invalid($"Unknown fragment \"{name}\"");
        _spread.Add(name);
        var condition = fragment.Text("TypeCondition");
        Demand(
            _schema.Find(condition) is not { } type || CanMeet(type, parent),
            $"Fragment \"{name}\" cannot be spread here as objects of type \"{parent.Name}\" can never be of type "
            + $"\"{condition}\"");
    }

    private void CheckInline(RegoObject inline, GraphQlDefinition parent, int depth)
    {
        _arguments.CheckDirectives(inline, "INLINE_FRAGMENT");
        var condition = inline.Text("TypeCondition");
        var type = condition.Length == 0
            ? parent
            : Composite(condition, $"Fragment cannot condition on non composite type \"{condition}\"");
        Demand(
            CanMeet(type, parent),
            $"Fragment cannot be spread here as objects of type \"{parent.Name}\" can never be of type "
            + $"\"{condition}\"");
        CheckSelections(inline.Children("SelectionSet"), type, depth + 1);
    }

    private bool CanMeet(GraphQlDefinition left, GraphQlDefinition right) =>
        left.Name == right.Name || _schema.Possible(left.Name).Overlaps(_schema.Possible(right.Name));

    private GraphQlDefinition Composite(string name, string message)
    {
        var type = _schema.Find(name) ?? throw GraphQlTree.Invalid($"Unknown type \"{name}\"");
        return type.IsComposite ? type : throw GraphQlTree.Invalid(message);
    }

    /// <summary>A field has an alias, a spread a name alone; an inline fragment has neither.</summary>
    internal static bool IsField(RegoObject selection) => selection.TryGet("Alias", out _);

    internal static bool IsSpread(RegoObject selection) => !IsField(selection) && selection.TryGet("Name", out _);

    internal static void Demand(bool holds, string message)
    {
        if (!holds)
        {
            throw GraphQlTree.Invalid(message);
        }
    }
}
