using Writ.Rego.Values;

namespace Writ.Rego.Builtins.GraphQl;

/// <summary>The rules that a type system keeps (§3.3 to §3.13).</summary>
internal sealed class SchemaCheck(GraphQlSchema schema)
{
    public void Run()
    {
        foreach (var definition in schema.Types.Values.OrderBy(type => type.Name, StringComparer.Ordinal))
        {
            Check(definition);
        }

        foreach (var directive in schema.Directives.Values)
        {
            CheckName(directive.Text("Name"));
            CheckArguments(directive.Children("Arguments"), directive.Text("Name"));
        }
    }

    private void Check(GraphQlDefinition definition)
    {
        var isInput = definition.Kind is "INPUT_OBJECT";
        foreach (var field in definition.Fields)
        {
            CheckName(field.Text("Name"));
            CheckType(field.Type());
            CheckArguments(field.Children("Arguments"), null);
            CheckDirectives(
                field.Children("Directives"), isInput ? "INPUT_FIELD_DEFINITION" : "FIELD_DEFINITION", null);
        }

        foreach (var name in definition.Types)
        {
            var type = schema.Find(name) ?? throw GraphQlTree.Invalid($"Undefined type \"{name}\".");
            Demand(type.Kind is "OBJECT", $"{definition.Kind} type \"{name}\" must be OBJECT.");
        }

        foreach (var name in definition.Interfaces)
        {
            new ImplementationCheck(schema, definition).Run(name);
        }

        CheckMembers(definition);
        var twice = definition.Fields.GroupBy(field => field.Text("Name"), StringComparer.Ordinal)
            .FirstOrDefault(group => group.Skip(1).Any());
        Demand(twice is null, $"Field {definition.Name}.{twice?.Key} can only be defined once.");
        if (!definition.IsBuiltIn)
        {
            CheckName(definition.Name);
        }

        CheckDirectives(definition.Directives, definition.Kind, null);
    }

    private void CheckMembers(GraphQlDefinition definition)
    {
        switch (definition.Kind)
        {
            case "OBJECT" or "INTERFACE":
                Demand(
                    definition.Fields.Count > 0,
                    $"{definition.Kind} {definition.Name}: must define one or more fields.");
                Demand(
                    definition.Fields.TrueForAll(field => schema.Find(field.Type().Innermost) is not
                    { Kind: "INPUT_OBJECT" }),
                    $"{definition.Kind} {definition.Name}: field must be one of "
                    + "SCALAR, OBJECT, INTERFACE, UNION, ENUM.");
                break;
            case "ENUM":
                Demand(
                    definition.EnumValues.Count > 0,
                    $"{definition.Kind} {definition.Name}: must define one or more unique enum values.");
                var wrong = definition.EnumValues.Find(value => value.Text("Name") is "true" or "false" or "null");
                Demand(wrong is null, $"{definition.Kind} {definition.Name}: non-enum value {wrong?.Text("Name")}.");
                break;
            case "INPUT_OBJECT":
                Demand(
                    definition.Fields.Count > 0,
                    $"{definition.Kind} {definition.Name}: must define one or more input fields.");
                var output = definition.Fields.Find(field =>
                    schema.Find(field.Type().Innermost) is { IsInput: false });
                Demand(output is null, $"{output?.Text("Name")}: field must be one of SCALAR, ENUM, INPUT_OBJECT.");
                break;
        }
    }

    private void CheckArguments(IEnumerable<RegoObject> arguments, string? directive)
    {
        foreach (var argument in arguments)
        {
            CheckName(argument.Text("Name"));
            var type = argument.Type();
            CheckType(type);
            var definition = schema.Find(type.Innermost)!;
            Demand(
                definition.IsInput,
                $"cannot use {type} as argument {argument.Text("Name")} because {definition.Kind} is not a valid input "
                + "type");
            CheckDirectives(argument.Children("Directives"), "ARGUMENT_DEFINITION", directive);
        }
    }

    private void CheckType(GraphQlType type) =>
        Demand(schema.Find(type.Innermost) is not null, $"Undefined type {type.Innermost}.");

    private void CheckDirectives(IEnumerable<RegoObject> directives, string location, string? current)
    {
        foreach (var directive in directives)
        {
            var name = directive.Text("Name");
            CheckName(name);
            Demand(name != current, $"Directive {name} cannot refer to itself.");
            var definition = schema.Directives.GetValueOrDefault(name)
                ?? throw GraphQlTree.Invalid($"Undefined directive {name}.");
            Demand(
                definition.Texts("Locations").Contains(location, StringComparer.Ordinal),
                $"Directive {name} is not applicable on {location}.");
        }
    }

    private static void CheckName(string name) => Demand(
        !name.StartsWith("__", StringComparison.Ordinal),
        $"Name \"{name}\" must not begin with \"__\", which is reserved by GraphQL introspection.");

    private static void Demand(bool holds, string message)
    {
        if (!holds)
        {
            throw GraphQlTree.Invalid(message);
        }
    }
}
