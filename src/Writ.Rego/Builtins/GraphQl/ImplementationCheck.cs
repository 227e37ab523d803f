using Writ.Rego.Values;

namespace Writ.Rego.Builtins.GraphQl;

/// <summary>Whether a type keeps the promises of an interface (§3.6, IsValidImplementation).</summary>
internal sealed class ImplementationCheck(GraphQlSchema schema, GraphQlDefinition definition)
{
    public void Run(string name)
    {
        var contract = schema.Find(name) ?? throw GraphQlTree.Invalid($"Undefined type \"{name}\".");
        if (contract.Kind is not "INTERFACE")
        {
            throw GraphQlTree.Invalid($"\"{name}\" is a non interface type {contract.Kind}.");
        }

        foreach (var required in contract.Fields)
        {
            Check(contract, required);
        }

        foreach (var wider in contract.Interfaces.Where(wider => !definition.Interfaces.Contains(wider)))
        {
            throw GraphQlTree.Invalid(wider == definition.Name
                ? $"Type {definition.Name} cannot implement {name} because it would create a circular reference."
                : $"Type {definition.Name} must implement {wider} because it is implemented by {name}.");
        }
    }

    private void Check(GraphQlDefinition contract, RegoObject required)
    {
        var field = required.Text("Name");
        var prefix = $"For {definition.Name} to implement {contract.Name}";
        var found = definition.Field(field)
            ?? throw GraphQlTree.Invalid($"{prefix} it must have a field called {field}.");
        if (!IsCovariant(required.Type(), found.Type()))
        {
            throw GraphQlTree.Invalid($"{prefix} the field {field} must have type {required.Type()}.");
        }

        foreach (var argument in required.Children("Arguments"))
        {
            var name = argument.Text("Name");
            var other = found.Children("Arguments").Named(name) ?? throw GraphQlTree.Invalid(
                $"{prefix} the field {field} must have the same arguments but it is missing {name}.");
            if (!argument.Type().FitsInto(other.Type()))
            {
                throw GraphQlTree.Invalid(
                    $"{prefix} the field {field} must have the same arguments but {name} has the wrong type.");
            }
        }

        var extra = found.Children("Arguments").FirstOrDefault(argument =>
            required.Children("Arguments").Named(argument.Text("Name")) is null
            && argument.Type().IsNonNull && argument.Child("DefaultValue") is null);
        if (extra is not null)
        {
            throw GraphQlTree.Invalid(
                $"{prefix} any additional arguments on {field} must be optional or have a default value but "
                + $"{extra.Text("Name")} is required.");
        }
    }

    private bool IsCovariant(GraphQlType required, GraphQlType actual)
    {
        if (required.IsNonNull && !actual.IsNonNull)
        {
            return false;
        }

        if (required.Element is null)
        {
            return required.Name == actual.Name || schema.Possible(required.Name).Contains(actual.Name);
        }

        return actual.Element is not null && IsCovariant(required.Element, actual.Element);
    }
}
