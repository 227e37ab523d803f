using Writ.Rego.Values;

namespace Writ.Rego.Builtins.GraphQl;

/// <summary>The variables of an operation: input types, each declared once, all used, none unknown (§5.8).</summary>
internal sealed class VariableCheck
{
    private readonly Dictionary<string, RegoObject> _declared = new(StringComparer.Ordinal);
    private readonly string _operation;

    public VariableCheck(GraphQlSchema schema, RegoObject operation)
    {
        _operation = operation.Text("Name") is { Length: > 0 } name ? $" in operation \"{name}\"" : "";
        foreach (var variable in operation.Children("VariableDefinitions"))
        {
            var type = variable.Type();
            var definition = schema.Find(type.Innermost)
                ?? throw GraphQlTree.Invalid($"Unknown type \"{type.Innermost}\"");
            QueryCheck.Demand(
                definition.IsInput, $"Variable \"${variable.Text("Variable")}\" cannot be non-input type \"{type}\"");
            QueryCheck.Demand(
                _declared.TryAdd(variable.Text("Variable"), variable),
                $"There can be only one variable named \"${variable.Text("Variable")}\"");
            var arguments = new ArgumentCheck(schema);
            arguments.CheckDirectives(variable, "VARIABLE_DEFINITION");
            if (variable.Child("DefaultValue") is { } value)
            {
                arguments.CheckValue(value, type);
            }
        }
    }

    public void Run(List<VariableUse> uses)
    {
        foreach (var use in uses)
        {
            var variable = _declared.GetValueOrDefault(use.Name)
                ?? throw GraphQlTree.Invalid($"Variable \"${use.Name}\" is not defined{_operation}");
            QueryCheck.Demand(
                IsAllowed(variable, use),
                $"Variable \"${use.Name}\" of type \"{variable.Type()}\" used in position expecting type "
                + $"\"{use.Wanted}\"");
        }

        var unused = _declared.Keys.FirstOrDefault(name => uses.TrueForAll(use => use.Name != name));
        QueryCheck.Demand(unused is null, $"Variable \"${unused}\" is never used{_operation}");
    }

    /// <summary>A default, here or there, makes up for a type that may be null.</summary>
    private static bool IsAllowed(RegoObject variable, VariableUse use)
    {
        var (type, wanted) = (variable.Type(), use.Wanted);
        var hasDefault = use.HasDefault
            || (variable.Child("DefaultValue") is { } value && value.Kind() is not GraphQlKind.Null);
        return type.FitsInto(hasDefault && wanted.IsNonNull ? wanted with { IsNonNull = false } : wanted);
    }
}
