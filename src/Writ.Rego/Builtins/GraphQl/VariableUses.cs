using Writ.Rego.Values;

namespace Writ.Rego.Builtins.GraphQl;

/// <summary>Where an operation, with all fragments that it reaches, uses variables.</summary>
internal sealed class VariableUses(GraphQlSchema schema, Dictionary<string, RegoObject> fragments)
{
    private readonly List<VariableUse> _uses = [];
    private readonly HashSet<string> _visited = new(StringComparer.Ordinal);

    public List<VariableUse> Of(RegoObject operation, GraphQlDefinition root)
    {
        AddDirectives(operation);
        AddSelections(operation, root);
        return _uses;
    }

    private void AddSelections(RegoObject node, GraphQlDefinition? parent)
    {
        Work.Enter();
        foreach (var selection in node.Children("SelectionSet"))
        {
            AddDirectives(selection);
            if (QueryCheck.IsField(selection))
            {
                var field = parent?.Field(selection.Text("Name"));
                AddArguments(selection, field?.Children("Arguments").ToArray() ?? []);
                AddSelections(selection, field is null ? null : schema.Find(field.Type().Innermost));
            }
            else if (QueryCheck.IsSpread(selection))
            {
                if (_visited.Add(selection.Text("Name"))
                    && fragments.TryGetValue(selection.Text("Name"), out var fragment))
                {
                    AddDirectives(fragment);
                    AddSelections(fragment, schema.Find(fragment.Text("TypeCondition")));
                }
            }
            else
            {
                var condition = selection.Text("TypeCondition");
                AddSelections(selection, condition.Length == 0 ? parent : schema.Find(condition));
            }
        }
    }

    private void AddDirectives(RegoObject node)
    {
        foreach (var directive in node.Children("Directives"))
        {
            var definition = schema.Directives.GetValueOrDefault(directive.Text("Name"));
            AddArguments(directive, definition?.Children("Arguments").ToArray() ?? []);
        }
    }

    private void AddArguments(RegoObject node, RegoObject[] declared)
    {
        foreach (var argument in node.Children("Arguments"))
        {
            if (declared.Named(argument.Text("Name")) is { } definition && argument.Child("Value") is { } value)
            {
                AddValue(value, definition.Type(), definition.Child("DefaultValue") is not null);
            }
        }
    }

    private void AddValue(RegoObject value, GraphQlType type, bool hasDefault)
    {
        Work.Enter();
        switch (value.Kind())
        {
            case GraphQlKind.Variable:
                _uses.Add(new VariableUse(value.Text("Raw"), type, hasDefault));
                break;
            case GraphQlKind.List:
                foreach (var child in value.Children("Children"))
                {
                    if (child.Child("Value") is { } item)
                    {
                        AddValue(item, type.Element ?? type, hasDefault: false);
                    }
                }

                break;
            case GraphQlKind.Object:
                foreach (var child in value.Children("Children"))
                {
                    if (schema.Find(type.Innermost)?.Field(child.Text("Name")) is { } field
                        && child.Child("Value") is { } member)
                    {
                        AddValue(member, field.Type(), field.Child("DefaultValue") is not null);
                    }
                }

                break;
        }
    }
}
