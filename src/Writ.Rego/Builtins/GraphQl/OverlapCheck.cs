using Writ.Rego.Values;

namespace Writ.Rego.Builtins.GraphQl;

/// <summary>Whether all fields of one response name can be merged (§5.3.2).</summary>
internal sealed class OverlapCheck(GraphQlSchema schema, Dictionary<string, RegoObject> fragments)
{
    /// <summary>
    /// Selections that are collected, and pairs of fields. Fragments that spread fragments make small documents have
    /// very many; a thousand serve everybody else.
    /// </summary>
    private const int MaxSteps = 200_000;

    private int _steps;

    public void Run(IEnumerable<RegoObject> selections, GraphQlDefinition? parent) =>
        Check([(selections, parent)], 0);

    public HashSet<string> FieldNames(IEnumerable<RegoObject> selections, GraphQlDefinition? parent)
    {
        var fields = new List<(RegoObject Field, GraphQlDefinition? Parent)>();
        Collect(selections, parent, fields, []);
        return [.. fields.Select(field => field.Field.Text("Name"))];
    }

    private void Check(IEnumerable<(IEnumerable<RegoObject> Selections, GraphQlDefinition? Parent)> sets, int depth)
    {
        Step();
        QueryCheck.Demand(depth < 100, "nested too deeply");
        var fields = new List<(RegoObject Field, GraphQlDefinition? Parent)>();
        foreach (var (selections, parent) in sets)
        {
            Collect(selections, parent, fields, []);
        }

        foreach (var group in fields.GroupBy(field => field.Field.Text("Alias"), StringComparer.Ordinal))
        {
            var same = group.ToArray();
            foreach (var other in same.Skip(1))
            {
                Compare(same[0], other);
            }

            Check(same.Select(field => (field.Field.Children("SelectionSet"), ResultOf(field))), depth + 1);
        }
    }

    private void Compare(
        (RegoObject Field, GraphQlDefinition? Parent) left, (RegoObject Field, GraphQlDefinition? Parent) right)
    {
        Step();
        var name = left.Field.Text("Alias");
        var (a, b) = (TypeOf(left), TypeOf(right));
        QueryCheck.Demand(
            a is null || b is null || AreAlike(a, b),
            $"Fields \"{name}\" conflict because they return conflicting types {a} and {b}. Use different aliases on "
            + "the fields to fetch both if this was intentional");

        // Objects of two types are never the same object: what they say need not agree.
        var isExclusive = left.Parent is { Kind: "OBJECT" } && right.Parent is { Kind: "OBJECT" }
            && left.Parent.Name != right.Parent.Name;
        QueryCheck.Demand(
            isExclusive || left.Field.Text("Name") == right.Field.Text("Name"),
            $"Fields \"{name}\" conflict because \"{left.Field.Text("Name")}\" and \"{right.Field.Text("Name")}\" are "
            + "different fields. Use different aliases on the fields to fetch both if this was intentional");
        QueryCheck.Demand(
            isExclusive || Arguments(left.Field).Equals(Arguments(right.Field)),
            $"Fields \"{name}\" conflict because they have differing arguments. Use different aliases on the fields to "
            + "fetch both if this was intentional");
    }

    private void Step()
    {
        if (++_steps > MaxSteps)
        {
            throw BuiltinError.Limit("a document with too many fields, or too many of one name");
        }
    }

    private static RegoSet Arguments(RegoObject field) => RegoSet.Of([.. field.Children("Arguments")]);

    private static GraphQlType? TypeOf((RegoObject Field, GraphQlDefinition? Parent) field) =>
        field.Parent?.Field(field.Field.Text("Name"))?.Type();

    private GraphQlDefinition? ResultOf((RegoObject Field, GraphQlDefinition? Parent) field) =>
        TypeOf(field) is { } type ? schema.Find(type.Innermost) : null;

    private bool AreAlike(GraphQlType left, GraphQlType right)
    {
        if (left.IsNonNull != right.IsNonNull || (left.Element is null) != (right.Element is null))
        {
            return false;
        }

        if (left.Element is not null)
        {
            return AreAlike(left.Element, right.Element!);
        }

        var isLeaf = schema.Find(left.Name) is { IsLeaf: true } || schema.Find(right.Name) is { IsLeaf: true };
        return !isLeaf || left.Name == right.Name;
    }

    private void Collect(
        IEnumerable<RegoObject> selections,
        GraphQlDefinition? parent,
        List<(RegoObject Field, GraphQlDefinition? Parent)> fields,
        HashSet<string> visited)
    {
        Work.Enter();
        foreach (var selection in selections)
        {
            Step();
            if (QueryCheck.IsField(selection))
            {
                fields.Add((selection, parent));
            }
            else if (!QueryCheck.IsSpread(selection))
            {
                var condition = selection.Text("TypeCondition");
                Collect(
                    selection.Children("SelectionSet"), condition.Length == 0 ? parent : schema.Find(condition), fields,
                    visited);
            }
            else if (visited.Add(selection.Text("Name"))
                && fragments.TryGetValue(selection.Text("Name"), out var fragment))
            {
                Collect(
                    fragment.Children("SelectionSet"), schema.Find(fragment.Text("TypeCondition")), fields, visited);
            }
        }
    }
}
